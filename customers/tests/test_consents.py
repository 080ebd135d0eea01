"""What a customer allows: the last word counts, rows stay, nothing said is no; the customer's own page and the way out."""

import threading
from datetime import timedelta

import pytest
from django.db import Error, connections, transaction
from django.test import Client
from django.utils import timezone

from customers import preferences
from customers.loading.engine import Load, kind_called, run_for
from customers.merging import merge, unmerge
from customers.models import Consent, ConsentText, Customer, Event, Fact, Preference, Wakeup
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import words

say = Consent.objects.say


@pytest.fixture(autouse=True)
def text(db) -> ConsentText:
    return ConsentText.objects.get_or_create(
        purpose="marketing", version=1, defaults={"words": words("好", "好", "Yes")}
    )[0]


def allows(mei: Customer, purpose: str = "marketing", channel: str = "sms") -> bool:
    return Consent.objects.allows(mei, purpose, channel)


def test_nothing_said_is_no_and_the_last_word_counts(mei, ke, text) -> None:
    assert not allows(mei)

    given = say(mei, "marketing", "sms", given=True, origin="staff", by=ke)
    assert (allows(mei), given.text, allows(mei, channel="mail")) == (True, text, False)
    assert say(mei, "marketing", "sms", given=True, origin="centre") == given
    say(mei, "marketing", "sms", given=False, origin="centre")

    assert not allows(mei)
    assert Consent.objects.count() == 2
    kinds = Event.objects.filter(customer=mei, kind__startswith="consent").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["consent.given", "consent.withdrawn"]


@pytest.mark.parametrize(
    ("purpose", "channel"), [("marketing", ""), ("marketing", "pos"), ("profiling", "sms"), ("x", "")]
)
def test_what_is_not_asked_cannot_be_said(mei, purpose: str, channel: str) -> None:
    with pytest.raises(TransitionRefused):
        say(mei, purpose, channel, given=True, origin="staff")
    with pytest.raises(Error), transaction.atomic():
        Consent.objects.create(customer=mei, purpose="profiling", channel="sms", given=True, origin="api")


def test_a_row_never_changes_and_never_goes(mei) -> None:
    row = say(mei, "profiling", given=True, origin="staff")

    with pytest.raises(Error), transaction.atomic():
        Consent.objects.filter(pk=row.pk).update(given=False)
    with pytest.raises(Error), transaction.atomic():
        row.delete()


def test_of_two_records_the_last_word_counts_and_each_keeps_its_own(mei, gu, west_lake) -> None:
    other = Customer.objects.create(number="B", display_name="B", home_store=west_lake)
    say(mei, "marketing", "sms", given=True, origin="centre")
    say(other, "marketing", "sms", given=False, origin="centre")

    done = merge(mei, other, by=gu, reason="same")
    assert not allows(mei)
    unmerge(done, by=gu, reason="not the same")

    assert allows(mei)
    assert not allows(other)


@pytest.mark.django_db(transaction=True)
def test_of_twenty_presses_one_row(mei) -> None:
    gate = threading.Barrier(20)

    def press() -> None:
        gate.wait(30)
        say(mei, "profiling", given=True, origin="centre")
        connections.close_all()

    threads = [threading.Thread(target=press) for _n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert Consent.objects.count() == 1


def test_staff_write_down_what_was_said_and_hand_over_the_page(mei, ke, west_lake) -> None:
    client = Client()
    client.force_login(ke)
    path = f"/customers/{mei.number}/consents/"

    said = client.post(
        f"{path}new/", {"purpose": "marketing", "channel": "wecom", "given": "1"}, headers={"HX-Request": "true"}
    )
    assert said.status_code == 200
    row = Consent.objects.get()
    assert (row.by, row.store, row.origin) == (ke, west_lake, "staff")
    assert client.post(f"{path}new/", {"purpose": "all", "given": "1"}).status_code == 422
    link = client.post(f"{path}link/").content.decode()
    assert "/preferences/" in link
    assert "<svg" in link


def test_the_customer_turns_switches_and_forgets_what_was_told(mei, ke) -> None:
    fact = Fact.objects.hear(mei, "sizes", "上衣 M", by=ke, channel="store", concern="sizes")
    hidden = Fact.objects.hear(
        Customer.objects.create(number="O", display_name="O"), "sizes", "XXL", by=ke, channel="store"
    )
    client = Client(enforce_csrf_checks=True)
    path = f"/c/{preferences.make_link(mei, by=ke)}/preferences/"

    page = client.get(path)
    assert page.status_code == 200
    assert (page["Cache-Control"], page["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert "上衣 M" in page.content.decode()
    assert not Consent.objects.exists()
    assert client.post(path, {"purpose": "marketing", "channel": "mail", "given": "1"}).status_code == 200
    assert allows(mei, channel="mail")
    assert client.post(path, {"purpose": "marketing", "channel": "mail", "given": "0"}).status_code == 200
    assert not allows(mei, channel="mail")
    assert Consent.objects.latest("pk").origin == "centre"
    for body in ({"purpose": "everything", "given": "1"}, {"fact": "' OR 1=1"}, {"fact": "9" * 30}, {"quiet_from": "25"},
                 {"quiet_from": "9"}, {"way": "pigeon"}, {"remember": str(fact.pk)}, {"fact": str(hidden.pk)}):  # fmt: skip
        assert client.post(path, body).status_code == 422
    assert client.post(path, {"fact": str(fact.pk)}).status_code == 200
    assert "上衣 M" not in client.get(path).content.decode()
    assert not Fact.objects.live().filter(customer=mei).exists()
    hidden.refresh_from_db()
    assert hidden.value == "XXL"


def test_a_slip_is_undone_within_a_minute_and_then_nothing_is_left(mei, ke) -> None:
    fact = Fact.objects.hear(mei, "sizes", "上衣 M", by=ke, channel="store", concern="sizes")
    client, path = Client(), f"/c/{preferences.make_link(mei, by=ke)}/preferences/"

    client.post(path, {"fact": str(fact.pk)})
    assert Fact.objects.wipe_forgotten() == 0
    assert client.post(path, {"remember": str(fact.pk)}).status_code == 200
    assert Fact.objects.live().get(customer=mei).value == "上衣 M"
    client.post(path, {"fact": str(fact.pk)})
    Fact.objects.update(forgotten_at=timezone.now() - timedelta(minutes=2))
    assert client.post(path, {"remember": str(fact.pk)}).status_code == 422
    assert Fact.objects.wipe_forgotten() == 1
    fact.refresh_from_db()
    assert fact.value == ""


def test_quiet_a_pause_and_a_link_that_went_astray(mei, ke) -> None:
    client, path = Client(), f"/c/{preferences.make_link(mei, by=ke)}/preferences/"

    assert client.post(path, {"quiet_from": "21", "quiet_to": "8"}).status_code == 200
    assert client.post(path, {"pause": "1"}).status_code == 200
    said = Preference.objects.get(customer=mei)
    assert (said.quiet_from.hour, said.quiet_to.hour) == (21, 8)
    assert said.paused_until > timezone.now() + timedelta(days=29)
    client.post(path, {"pause": "0"})
    client.post(path, {"quiet_from": "", "quiet_to": ""})
    said.refresh_from_db()
    assert (said.paused_until, said.quiet_from) == (None, None)
    assert client.post(path, {"not_mine": "1"}).status_code == 404
    assert client.get(path).status_code == 404


def test_the_way_out_of_mails_takes_a_post_without_anything_and_a_look_does_nothing(mei) -> None:
    say(mei, "marketing", "mail", given=True, origin="centre")
    say(mei, "marketing", "sms", given=True, origin="centre")
    token = preferences.make_way_out(mei)
    client = Client(enforce_csrf_checks=True)

    assert client.get(f"/c/{token}/unsubscribe/").status_code == 200
    assert allows(mei, channel="mail")
    for _twice in range(2):
        answer = client.post(
            f"/c/{token}/unsubscribe/", "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
        )
        assert answer.status_code == 200
    assert (allows(mei, channel="mail"), allows(mei)) == (False, True)
    assert client.get(f"/c/{token}/preferences/").status_code == 404  # it leads nowhere else
    assert client.post(f"/c/{preferences.make_link(mei, by=None)}/unsubscribe/").status_code == 404
    assert client.get("/c/" + "x" * 32 + "/preferences/").status_code == 404


def test_a_file_of_words_goes_in_once_and_wakes_nobody(mei, tmp_path) -> None:
    path = tmp_path / "consents.csv"
    path.write_text(
        "who,what,how,said,when\n20418837,marketing,sms,yes,2026-01-02 10:00\n20418837,marketing,sms,no,2026-03-02 10:00\n"
        "20418837,profiling,sms,yes,2026-01-02 10:00\n20418837,all,,yes,2026-01-02 10:00\nnobody,profiling,,yes,2026-01-02\n"
        "20418837,profiling,,yes,2026-01-02 10:00\n"
    )
    fields = {
        "customer": {"column": "who", "by": "member_no"},
        "purpose": "what",
        "channel": "how",
        "given": "said",
        "at": "when",
    }
    mapping = {"fields": fields}

    def load() -> dict[str, int]:
        return Load(run_for(kind_called("consents"), path, source="crm", mapping=mapping)).go().counts()

    first, second = load(), load()
    assert (first["created"], first["failed"], second["created"], second["unchanged"]) == (3, 3, 0, 3)
    assert not allows(mei)
    assert allows(mei, "profiling", "")
    assert Event.objects.filter(customer=mei, kind__startswith="consent.").count() == 3
    assert not Wakeup.objects.exists()
