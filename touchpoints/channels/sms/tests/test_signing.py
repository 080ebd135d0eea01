"""Known signatures of both providers."""

import pytest

from touchpoints.channels.sms.signing import (
    query_of,
    rpc_signature,
    twilio_signature,
    v3_headers,
    v3_request_hash,
    v3_signature,
    with_and_without_port,
)

RPC_A = {
    "AccessKeyId": "testId", "Action": "SendSms", "Format": "XML", "OutId": "123", "PhoneNumbers": "15300000001",
    "RegionId": "cn-hangzhou", "SignName": "阿里云短信测试专用", "SignatureMethod": "HMAC-SHA1",
    "SignatureNonce": "45e25e9b-0a6f-4070-8c85-2956eda1b466", "SignatureVersion": "1.0",
    "TemplateCode": "SMS_71390007", "TemplateParam": '{"customer":"test"}', "Timestamp": "2017-07-12T02:42:19Z",
    "Version": "2017-05-25",
}  # fmt: skip
RPC_B = {
    "AccessKeyId": "testId", "Action": "SendSms", "Format": "JSON", "OutId": "out-1", "PhoneNumbers": "13800001234",
    "RegionId": "cn-hangzhou", "SignName": "示例品牌", "SignatureMethod": "HMAC-SHA1", "SignatureNonce": "n-0001",
    "SignatureVersion": "1.0", "TemplateCode": "SMS_100001", "TemplateParam": '{"name":"林小姐","code":"8 8*8~8"}',
    "Timestamp": "2026-01-02T03:04:05Z", "Version": "2017-05-25",
}  # fmt: skip


@pytest.mark.parametrize(("method", "values", "mark"), [
    ("GET", RPC_A, "zJDF+Lrzhj/ThnlvIToysFRq6t4="), ("POST", RPC_B, "2Jkof0dBvk4zg/S1gIydqrB82iw="),
])  # fmt: skip
def test_the_older_way(method, values, mark) -> None:
    assert rpc_signature(method, values, "testSecret") == mark


@pytest.mark.parametrize(("query", "values", "secret", "request_hash", "mark"), [
    ({"ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd", "RegionId": "cn-shanghai"},
     {"host": "ecs.cn-shanghai.aliyuncs.com", "action": "RunInstances", "version": "2014-05-26",
      "date": "2023-10-26T10:22:32Z", "nonce": "3156853299f313e23d1673dc12e1703d"}, "YourAccessKeySecret",
     "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259",
     "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"),
    ({"OutId": "out-1", "PhoneNumbers": "13800001234", "SignName": "示例品牌", "TemplateCode": "SMS_100001",
      "TemplateParam": '{"code":"8888"}'},
     {"host": "dysmsapi.aliyuncs.com", "action": "SendSms", "version": "2017-05-25", "date": "2026-01-02T03:04:05Z",
      "nonce": "n-0001"}, "testSecret",
     "f22eeb9980bd955eedf502b638c5bf3a1e3df9e5b30aad4cb81c08390eb8b1ba",
     "26980f047e958dea6a2eb2cefae46714335d6deca6292b6a0bfb63b898ad2670"),
])  # fmt: skip
def test_the_way_of_today(query, values, secret, request_hash, mark) -> None:
    headers = v3_headers("POST", query, key="id", secret=secret, **values)

    found, signed = v3_request_hash("POST", query, headers, b"")
    assert found == request_hash
    assert v3_signature(found, secret) == mark
    assert headers["Authorization"] == f"ACS3-HMAC-SHA256 Credential=id,SignedHeaders={signed},Signature={mark}"


def test_blanks_stars_and_tildes_in_a_query() -> None:
    assert query_of({"b": "8 8*8~8", "a": "/+"}) == "a=%2F%2B&b=8%208%2A8~8"


VOICE = [("CallSid", "CA1234567890ABCDE"), ("Digits", "1234"), ("From", "+14158675309"), ("To", "+18005551212"),
         ("Caller", "+14158675309")]  # fmt: skip
BASE = "https://mycompany.com/myapp.php?foo=1&bar=2"


@pytest.mark.parametrize(("url", "parameters", "mark"), [
    (BASE, VOICE, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    (BASE.replace(".com/", ".com:443/"), VOICE, "kvajT1Ptam85bY51eRf/AJRuM3w="),
    (BASE, [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234")],
     "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
    (f"{BASE}&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620", [],
     "a9nBmqA0ju/hNViExpshrM61xv4="),
    ("https://scrm.example.com/hooks/twilio/status",
     [("MessageSid", "SM0001"), ("MessageStatus", "delivered"), ("To", "+15005550006"), ("From", "+15005550001"),
      ("AccountSid", "AC0001")], "j2JoyK3Kg5FCwsLuqHNJYPFhg7U="),
])  # fmt: skip
def test_twilios(url, parameters, mark) -> None:
    assert twilio_signature(url, parameters, "12345") == mark
    assert twilio_signature(url, [*parameters, *parameters][::-1], "12345") == mark


def test_an_address_with_and_without_its_standard_port() -> None:
    assert with_and_without_port(BASE) == [BASE, BASE.replace(".com/", ".com:443/")]
    assert with_and_without_port(BASE.replace(".com/", ".com:443/"))[1] == BASE
