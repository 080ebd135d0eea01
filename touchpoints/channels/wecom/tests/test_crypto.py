"""WeCom's envelope: four known ones open, everything else is the same no."""

import base64

import pytest

from touchpoints.channels.protocol import Forged
from touchpoints.channels.wecom.crypto import Envelope, page_signature

OFFICIAL = Envelope("QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "wx5823bf96d3bd56c7")
OFFICIAL_TEXT = "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="
OFFICIAL_MARK = "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3"
OTHER = Envelope("123456", "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR", "wx49f0ab532d5d035a")
OURS = Envelope("scrmtoken01", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "ww0123456789abcdef")
SALT = b"0123456789abcdef"


@pytest.mark.parametrize(("envelope", "mark", "stamp", "nonce", "sealed", "message"), [
    (OFFICIAL, OFFICIAL_MARK, "1409659589", "263014780", OFFICIAL_TEXT, "1616140317555161061"),
    (OTHER, "dd6b9c95b495b3f7e2901bfbc76c664930ffdb96", "1411443780", "437374425",
     "4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q==", "5927782489442352469"),
    (OURS, "6a42b245bcd749087b72bec4faedb51d958e862d", "1766300000", "nonce123",
     "4j/AuRx71kQlxVlzbpsMWN+/9gnjq76PgkaD8Ai+nOed7SF1OAQwgQdDXSrjavOEZXkShfMaGYV3+rsBUfVuDw==", "4711081523421234567"),
    (OURS, "3ee9050771b6a22435bd7bf6485c45b3c86892f1", "1766300000", "nonce123",
     "4j/AuRx71kQlxVlzbpsMWCrwLlonbbYF2/TaT+yttjJ5PzTNLEtOeJYyrBXaNmMmqH637tIjpxW6M5Z0PEqknkfhCpTyWT6eoMd42c2Ni5K2mTMA7wrZMHAwKdg64iTx",
     "<xml><Event><![CDATA[kf_msg_or_event]]></Event></xml>"),
])  # fmt: skip
def test_a_known_envelope_opens(envelope, mark, stamp, nonce, sealed, message) -> None:
    assert envelope.signature(stamp, nonce, sealed) == mark
    assert envelope.opened(mark, stamp, nonce, sealed) == message.encode()


@pytest.mark.parametrize("message", ["4711081523421234567", "<xml><Event><![CDATA[kf_msg_or_event]]></Event></xml>"])
def test_ours_seals_to_the_known_bytes(message: str) -> None:
    sealed = OURS.sealed(message.encode(), salt=SALT)

    assert OURS.signature("1766300000", "nonce123", sealed) in {
        "6a42b245bcd749087b72bec4faedb51d958e862d", "3ee9050771b6a22435bd7bf6485c45b3c86892f1",
    }  # fmt: skip


def test_the_example_event_seals_to_its_known_signature() -> None:
    event = (
        "<xml><ToUserName><![CDATA[ww0123456789abcdef]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName>"
        "<CreateTime>1766300000</CreateTime><MsgType><![CDATA[event]]></MsgType>"
        "<Event><![CDATA[change_external_contact]]></Event><ChangeType><![CDATA[add_external_contact]]></ChangeType>"
        "<UserID><![CDATA[meiling]]></UserID><ExternalUserID><![CDATA[wmTEST0001]]></ExternalUserID>"
        "<State><![CDATA[store-001]]></State><WelcomeCode><![CDATA[WC1]]></WelcomeCode></xml>"
    )

    sealed = OURS.sealed(event.encode(), salt=SALT)

    assert OURS.signature("1766300000", "nonce123", sealed) == "a67015402f107086a6de389a3903caedbf5c3f27"


@pytest.mark.parametrize("size", range(0, 70))
def test_every_length_comes_back_also_where_a_whole_block_is_pad(size: int) -> None:
    sealed = OURS.sealed(b"x" * size)

    assert OURS.opened(OURS.signature("1", "n", sealed), "1", "n", sealed) == b"x" * size
    if size == 26:
        assert len(base64.b64decode(OURS.sealed(b"x" * 26))) == 96


@pytest.mark.parametrize(("stamp", "nonce", "text", "mark"), [
    ("1411443780", "437374424", "4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q==",
     "dd6b9c95b495b3f7e2901bfbc76c664930ffdb96"),
    ("1411443781", "437374425", "4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q==",
     "dd6b9c95b495b3f7e2901bfbc76c664930ffdb96"),
    ("1411443780", "437374425", "4ByGGj sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1 bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p Q==",
     "dd6b9c95b495b3f7e2901bfbc76c664930ffdb96"),
    ("1411443780", "437374425", "", "dd6b9c95b495b3f7e2901bfbc76c664930ffdb96"),
    ("1411443780", "437374425", "林", "dd6b9c95b495b3f7e2901bfbc76c664930ffdb96"),
    ("1411443780", "437374425", "4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q==", "林"),
    ("1411443780", "437374425", "4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q==", ""),
])  # fmt: skip
def test_another_nonce_time_text_or_signature_is_refused(stamp, nonce, text, mark) -> None:
    with pytest.raises(Forged):
        OTHER.opened(mark, stamp, nonce, text)


def test_what_the_signature_fits_and_the_inside_does_not_is_refused() -> None:
    def refused(text: str) -> None:
        with pytest.raises(Forged):
            OURS.opened(OURS.signature("1", "n", text), "1", "n", text)

    of_another_company = Envelope(OURS.token, OURS.aes_key, "ww_other").sealed(b"hello")
    whole = base64.b64decode(OURS.sealed(b"hello"))
    refused(of_another_company)
    refused(base64.b64encode(whole[:-1]).decode())
    refused(base64.b64encode(whole[:-32]).decode())
    refused(base64.b64encode(whole[:-1] + bytes([whole[-1] ^ 1])).decode())
    refused(base64.b64encode(b"\0" * 32).decode())
    refused(OURS.sealed(b"x").replace("=", "") + " ")


def test_each_pad_byte_is_looked_at() -> None:
    cipher = OURS._cipher().encryptor()
    inner = SALT + (5).to_bytes(4, "big") + b"hello" + OURS.receiver.encode()
    pad = 32 - len(inner) % 32
    bad = inner + bytes([pad ^ 1]) + bytes([pad]) * (pad - 1)

    sealed = base64.b64encode(cipher.update(bad) + cipher.finalize()).decode()

    with pytest.raises(Forged):
        OURS.opened(OURS.signature("1", "n", sealed), "1", "n", sealed)


@pytest.mark.parametrize("key", ["", "short", "A" * 44, "!" * 43])
def test_a_bad_key_opens_nothing(key: str) -> None:
    sealed = OURS.sealed(b"hello")
    bad = Envelope(OURS.token, key, OURS.receiver)

    with pytest.raises(Forged):
        bad.opened(bad.signature("1", "n", sealed), "1", "n", sealed)


def test_a_page_of_ours_is_signed_for_the_client() -> None:
    assert page_signature(
        ticket="sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg",
        nonce="Wm3WZYTPz0wzccnW", timestamp="1414587457", url="http://mp.weixin.qq.com?params=value",
    ) == "0f9de62fce790f9a083d5c99e95740ceb90c27ed"  # fmt: skip
    assert page_signature(
        ticket="TICKET_T1", nonce="Nonce1", timestamp="1766300000", url="https://scrm.example.com/wecom/sidebar?x=1#top"
    ) == "6858473c05c8851943b49b711f62a2c80ff31097"  # fmt: skip
