"""Contacts, remarks, tags, live codes and handing over, against a server that keeps friends and quotas."""

import pytest

from touchpoints.channels.protocol import Refusal, Refused, Sent, Unknown
from touchpoints.channels.wecom.adapter import Adapter
from touchpoints.channels.wecom.contacts import Contact, Contacts, LiveCode, Transfer
from touchpoints.channels.wecom.tests.server import WeCom


@pytest.fixture(autouse=True)
def _friends(wecom: WeCom) -> None:
    for number in range(1, 4):
        wecom.friends[f"wm{number}"] = {"name": f"晴{number}", "unionid": f"u{number}"}
        wecom.followers.add(("meiling", f"wm{number}"))
    wecom.followers |= {("junwei", "wm1"), ("xiaotao", "wm1")}


def test_a_contact_comes_with_all_followers_over_all_pages(adapter: Adapter) -> None:
    contact = adapter.contacts.contact("wm1")

    assert isinstance(contact, Contact)
    assert (contact.name, contact.union) == ("晴1", "u1")
    assert [one.colleague for one in contact.followers] == ["junwei", "meiling", "xiaotao"]
    assert contact.followers[0].state == "s1"


def test_a_stranger_is_not_reachable(adapter: Adapter) -> None:
    assert adapter.contacts.contact("wm9") == Refused(Refusal.NOT_REACHABLE, "40096")


def test_rows_of_colleagues_come_page_by_page(adapter: Adapter, monkeypatch) -> None:
    monkeypatch.setitem(__import__("touchpoints.channels.wecom.contacts", fromlist=["MOST"]).MOST, "customers", 2)
    rows, cursor = [], ""
    for _page in range(5):
        page = adapter.contacts.contacts(["meiling", "junwei"], cursor)
        assert isinstance(page, Contacts)
        rows += [(one.followers[0].colleague, one.external, list(one.followers[0].tags)) for one in page.rows]
        cursor = page.cursor
        if not cursor:
            break

    assert rows == [("junwei", "wm1", ["t1"]), ("meiling", "wm1", ["t1"]), ("meiling", "wm2", ["t1"]),
                    ("meiling", "wm3", ["t1"])]  # fmt: skip


def test_colleagues_out_of_range_are_a_matter_of_the_setup(adapter: Adapter, wecom: WeCom) -> None:
    wecom.not_in_range.add("xiaotao")

    assert adapter.contacts.contacts(["xiaotao"]) == Refused(Refusal.FIX_SETUP, "60011")
    assert adapter.contacts.contacts(["x"] * 101) == Refused(Refusal.NEVER, "too_many")


def test_a_remark_changes_what_is_given_in_plain_utf8(adapter: Adapter, wecom: WeCom) -> None:
    assert adapter.contacts.remark("meiling", "wm1", remark="林小姐", phones=["1"]) == Sent()
    assert adapter.contacts.remark("meiling", "wm1", description='喜欢 "棉"') == Sent()

    assert wecom.remarks["meiling", "wm1"] == {"remark": "林小姐", "remark_mobiles": ["1"], "description": '喜欢 "棉"'}
    assert adapter.contacts.remark("meiling", "wm1", remark="长" * 21) == Refused(Refusal.NEVER, "too_long")
    assert adapter.contacts.remark("junwei", "wm2", remark="x") == Refused(Refusal.NOT_REACHABLE, "84061")


def test_tags_are_added_and_taken(adapter: Adapter, wecom: WeCom) -> None:
    assert adapter.contacts.mark_tag("meiling", "wm1", add=["a", "b"]) == Sent()
    assert adapter.contacts.mark_tag("meiling", "wm1", add=["c"], remove=["a"]) == Sent()

    assert wecom.tags["meiling", "wm1"] == {"b", "c"}
    assert adapter.contacts.mark_tag("junwei", "wm2", add=["a"]) == Refused(Refusal.NOT_REACHABLE, "84061")


def test_a_live_code_brings_its_key(adapter: Adapter, wecom: WeCom) -> None:
    code = adapter.contacts.live_code(state="tok1", staff=["meiling", "junwei"], remark="West Lake")

    assert code == LiveCode("config1", "https://wework.qpic.cn/config1")
    assert wecom.codes["config1"]["type"] == 2
    assert wecom.codes["config1"]["state"] == "tok1"


def test_a_live_code_that_cannot_be(adapter: Adapter, wecom: WeCom) -> None:
    wecom.code_quota, wecom.unnamed = 0, {"xiaotao"}
    make = adapter.contacts.live_code

    assert make(state="x", staff=["meiling"]) == Refused(Refusal.FIX_SETUP, "41045")
    wecom.code_quota = 9
    assert make(state="x", staff=["xiaotao"]) == Refused(Refusal.FIX_SETUP, "41054")
    assert make(state="x" * 31, staff=["meiling"]) == Refused(Refusal.NEVER, "too_long")
    assert make(state="x", staff=[]) == Refused(Refusal.NEVER, "too_many")
    assert make(state="x", staff=["a"] * 101) == Refused(Refusal.NEVER, "too_many")
    wecom.faults = ["drop"]
    assert isinstance(make(state="x", staff=["meiling"]), Unknown), "it may exist: never simply make another"


def test_handing_over_starts_and_is_done_a_day_later(adapter: Adapter, wecom: WeCom) -> None:
    started = adapter.contacts.transfer("meiling", "junwei", ["wm1", "wm2", "wm9"], text="Junwei 接着为您服务")

    assert started == Transfer({
        "wm1": "started", "wm2": "started", "wm9": Refused(Refusal.NOT_REACHABLE, "40096"),
    })  # fmt: skip
    wecom.moves["meiling", "junwei", "wm2"] = (wecom.now, 3)
    early = adapter.contacts.transfer_result("meiling", "junwei")
    wecom.now += 86400
    late = adapter.contacts.transfer_result("meiling", "junwei")
    assert isinstance(early, Transfer)
    assert isinstance(late, Transfer)
    assert dict(early.rows) == {"wm1": "waiting", "wm2": "waiting"}
    assert dict(late.rows) == {"wm1": "done", "wm2": "refused"}


def test_handing_over_that_is_refused(adapter: Adapter, wecom: WeCom) -> None:
    def one(giver: str, taker: str, who: str) -> object:
        answer = adapter.contacts.transfer(giver, taker, [who])
        return answer.rows[who] if isinstance(answer, Transfer) else answer

    assert one("meiling", "meiling", "wm1") == Refused(Refusal.NEVER, "40130")
    assert one("junwei", "meiling", "wm2") == Refused(Refusal.NOT_REACHABLE, "40131")
    assert one("meiling", "junwei", "wm3") == "started"
    assert one("meiling", "junwei", "wm3") == Refused(Refusal.NEVER, "40129")
    wecom.moved["wm1"] = 2
    assert one("meiling", "junwei", "wm1") == Refused(Refusal.NEVER, "40128")
    assert adapter.contacts.transfer("a", "b", []) == Refused(Refusal.NEVER, "too_many")
    assert adapter.contacts.transfer("a", "b", ["c"], text="x" * 201) == Refused(Refusal.NEVER, "too_long")


def test_a_colleague_who_left_is_handed_over_without_a_message(adapter: Adapter, wecom: WeCom) -> None:
    adapter.contacts.transfer("meiling", "junwei", ["wm1"], text="hello", giver_left=True)

    assert wecom.calls[-1].path == "/cgi-bin/externalcontact/resigned/transfer_customer"
    assert "transfer_success_msg" not in wecom.calls[-1].json()
