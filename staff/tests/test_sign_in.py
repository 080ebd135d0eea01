"""The door: who gets in, who does not, and what ends a session."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from conftest import PASSWORD
from staff.models import AuditEntry, SignInLock, StaffSession, User

DOOR = "/sign-in/"


def come_in(client: Client, name: str, password: str = PASSWORD, **more):
    return client.post(DOOR, {"username": name, "password": password, **more})


def test_by_name_and_by_mail(ke: User) -> None:
    assert come_in(Client(), "ke.chen").status_code == 302
    assert come_in(Client(), "KE.CHEN@example.com").status_code == 302


def test_wrong_name_and_wrong_password_read_the_same(ke: User, client: Client) -> None:
    wrong_password = come_in(client, "ke.chen", "not-the-password")
    wrong_name = come_in(client, "nobody", "not-the-password")

    assert wrong_password.status_code == wrong_name.status_code == 422
    assert wrong_password.context["trouble"] == wrong_name.context["trouble"]


def test_a_disabled_colleague_stays_outside(ke: User, client: Client) -> None:
    User.objects.update(is_active=False)

    assert come_in(client, "ke.chen").status_code == 422


def test_six_wrong_tries_rest_the_account_even_for_the_right_password(ke: User, client: Client) -> None:
    for _try in range(5):
        come_in(client, "ke.chen", "wrong")

    assert come_in(client, "ke.chen").status_code == 429

    SignInLock.objects.update(first_at=timezone.now() - timedelta(minutes=16))
    assert come_in(client, "ke.chen").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_fifty_wrong_passwords_at_once_stay_within_the_limit(ke: User, monkeypatch) -> None:
    looked_at = []
    monkeypatch.setattr(User, "check_password", lambda self, raw: looked_at.append(raw) or False)

    def guess(number: int) -> int:
        try:
            return come_in(Client(), "ke.chen", f"guess-{number}").status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as crowd:
        answers = list(crowd.map(guess, range(50)))

    assert len(looked_at) == 5
    assert sorted(set(answers)) == [422, 429]


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_next_leads_nowhere_else(ke: User, client: Client, wanted: str) -> None:
    assert come_in(client, "ke.chen", next=wanted).url == "/"


def test_next_leads_within_the_house(ke: User, client: Client) -> None:
    assert come_in(client, "ke.chen", next="/counter/").url == "/counter/"


@pytest.mark.parametrize(
    ("person", "home"),
    [
        ("ke", "/counter/"),
        ("ruoan", "/clients/"),
        ("lin", "/inbox/"),
        ("he", "/board/"),
        ("gu", "/admin/"),
        ("lu", "/audit/"),
    ],
)
def test_each_role_has_its_own_home(person: str, home: str, request, client: Client) -> None:
    client.force_login(request.getfixturevalue(person))

    assert client.get("/").url == home
    assert client.get(home).status_code == 200


def test_a_person_between_two_posts_has_their_own_page(db, client: Client) -> None:
    user = User.objects.create_user("new.one", password=PASSWORD)
    client.force_login(user)

    assert client.get("/").url == "/me/"
    assert client.get("/me/").status_code == 200


def test_the_session_changes_its_key_at_sign_in(ke: User, client: Client) -> None:
    client.get(DOOR)
    client.session["before"] = 1
    client.session.save()
    before = client.session.session_key

    come_in(client, "ke.chen")

    assert client.session.session_key != before


def test_an_idle_browser_is_asked_again(ke: User, client: Client, settings) -> None:
    come_in(client, "ke.chen")
    client.get("/counter/")
    session = client.session
    session["seen"] -= settings.IDLE_MINUTES * 60 + 1
    session.save()

    assert client.get("/counter/").status_code == 302


def test_news_that_a_page_fetches_by_itself_keeps_nobody_signed_in(ke: User, client: Client, settings) -> None:
    come_in(client, "ke.chen")
    client.get("/counter/")
    session = client.session
    session["seen"] -= 120
    session.save()

    assert client.get("/counter/", headers={"X-By-Itself": "1"}).status_code == 200
    assert client.session["seen"] == session["seen"]
    assert client.get("/counter/").status_code == 200
    assert client.session["seen"] > session["seen"]


def test_a_changed_password_ends_every_other_session(ke: User, client: Client) -> None:
    elsewhere = Client()
    come_in(elsewhere, "ke.chen")
    come_in(client, "ke.chen")

    client.post(reverse("staff:password"), {"old": PASSWORD, "new": "another-long-password"})

    assert client.get("/counter/").status_code == 200
    assert elsewhere.get("/counter/").status_code == 302


@pytest.mark.parametrize(
    ("old", "new"), [("wrong", "another-long-password"), (PASSWORD, "short"), (PASSWORD, "password1234")]
)
def test_a_poor_new_password_is_refused(ke: User, client: Client, old: str, new: str) -> None:
    client.force_login(ke)

    answer = client.post(reverse("staff:password"), {"old": old, "new": new})

    assert answer.status_code == 422
    ke.refresh_from_db()
    assert ke.check_password(PASSWORD)


def test_another_session_is_ended_by_its_mark(ke: User, zhao: User, client: Client) -> None:
    elsewhere, stranger = Client(), Client()
    come_in(elsewhere, "ke.chen")
    come_in(stranger, "qi.zhao")
    come_in(client, "ke.chen")
    marks = {
        session.user_id: session.mark
        for session in StaffSession.objects.exclude(session_key=client.session.session_key)
    }

    client.post(reverse("staff:end_session", args=[marks[zhao.pk]]))
    client.post(reverse("staff:end_session", args=[marks[ke.pk]]))

    assert elsewhere.get("/counter/").status_code == 302
    assert stranger.get("/counter/").status_code == 200


def test_disabling_ends_the_session_at_once(ke: User, client: Client) -> None:
    come_in(client, "ke.chen")
    User.objects.filter(pk=ke.pk).update(is_active=False)

    assert client.get("/counter/").status_code == 302


def test_the_second_factor_stands_between_password_and_pages(ke: User, client: Client, settings) -> None:
    settings.SECOND_FACTOR = True
    come_in(client, "ke.chen")

    assert client.get("/counter/").url.startswith("/sign-in/code/")
    client.get("/sign-in/code/")
    device = TOTPDevice.objects.get(user=ke)
    assert client.post("/sign-in/code/", {"code": "000000"}).status_code == 422

    device.refresh_from_db()
    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    client.post("/sign-in/code/", {"code": f"{totp(device.bin_key):06}"})

    assert client.get("/counter/").status_code == 200


def test_the_admin_asks_for_the_second_factor_too(gu: User, client: Client, settings) -> None:
    settings.SECOND_FACTOR = True
    come_in(client, "yan.gu")

    assert client.get("/admin/").status_code == 302


def test_comings_and_goings_are_written_down(ke: User, client: Client) -> None:
    come_in(client, "ke.chen", "wrong")
    come_in(client, "ke.chen")
    client.post("/sign-out/")

    assert list(AuditEntry.objects.order_by("pk").values_list("what", flat=True)) == [
        "signin.failed", "signin.in", "signin.out",
    ]  # fmt: skip


def test_an_audit_row_cannot_be_changed(ke: User) -> None:
    from django.db import DatabaseError, transaction

    come_in(Client(), "ke.chen")

    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEntry.objects.update(what="nothing")
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEntry.objects.all().delete()


def test_the_language_is_kept_on_the_person(ke: User, client: Client) -> None:
    client.force_login(ke)

    client.post("/language/", {"language": "zh-hant", "next": "/counter/"})

    ke.refresh_from_db()
    assert ke.language == "zh-hant"
    assert 'lang="zh-Hant"' in client.get("/counter/").content.decode()
