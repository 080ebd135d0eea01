"""Every address × method × role × {own, another store's, absent}: the walk in all its ways."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from conftest import Cast, person
from customers.models import Company, Customer, Household, Identity, MergeSuggestion
from staff.models import Region, Role, Team, User
from staff.permissions import roles_with
from tests.footprint import footprint
from tests.test_walk import PEOPLE, ROUTES, WAYS, Way, _in_that_house, arguments, cast, folder  # noqa: F401 — fixtures
from touchpoints.models import Visit

pytestmark = pytest.mark.django_db
# Addresses that take both; all others show (GET, HEAD) or act (POST), as their way says.
BOTH = {
    "staff:sign_in", "staff:code", "staff:api_clients", "webhooks:index", "customers:merge_with",
    "imports:new", "imports:map", "imports:run",
}  # fmt: skip
WITHOUT_HEAD = {"staff:sign_in", "staff:code", "staff:api_clients", "webhooks:index"}
# What is shown to whoever comes, whatever stands in the address.
NO_OBJECT = {"counter:code", "staff:end_session", "staff:problem"}
HTMX = {"HX-Request": "true"}
PAGES = [name for name in sorted(ROUTES) if hasattr(ROUTES[name].callback, "door")]
GUARDED = [name for name in PAGES if ROUTES[name].callback.door != "anyone"]
# What belongs to the brand is nobody's own: whoever holds the permission may open it.
OF_THE_BRAND = {"scripts:show", "scripts:turn", "knowledge:show", "knowledge:write", "knowledge:turn",
                "knowledge:vote", "segments:show", "segments:check",
                "journeys:package", "journeys:playbook", "journeys:try_playbook", "journeys:ways",
                "journeys:map", "journeys:map_point", "journeys:content", "journeys:guide",
                "journeys:pilot", "journeys:decide_pilot",
                "journeys:ask_pilot", "journeys:answer_pilot"}  # fmt: skip
OF_A_THING = [name for name in GUARDED if WAYS[name].arguments and name not in NO_OBJECT | OF_THE_BRAND]
# Fetched by a page that is open: in place of what went out of sight it says so, as of what never was.
SAYS_IT_LEFT = {"tickets:show", "tickets:here"}
# Pages of the brand's own site ask these, and their browsers ask first.
CROSS_SITE = {"talks:chat_start", "talks:chat_send", "talks:chat_messages", "talks:chat_file", "talks:site_seen",
              "journeys:guide_start", "journeys:guide_answer", "journeys:guide_open", "journeys:guide_coupon",
              "journeys:guide_talk"}  # fmt: skip
ABSENT = {"number": "99999999", "code": "no-such-code", "name": "matters", "key": str(uuid.UUID(int=9))}


def methods(name: str) -> set[str]:
    way = WAYS[name]
    shows = way.post is None or way.shows or name in BOTH
    acts = way.post is not None or name in BOTH
    looks = {"GET"} if name in WITHOUT_HEAD else {"GET", "HEAD"}
    return (looks if shows else set()) | ({"POST"} if acts else set())


def address(name: str, given: dict[str, str]) -> str:
    return reverse(name, kwargs={key: given.get(value, value) for key, value in WAYS[name].arguments.items()})


def nowhere(name: str) -> str:
    return reverse(name, kwargs={key: ABSENT.get(key, "999999999") for key in WAYS[name].arguments})


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class Browser:
    """A signed-in browser that forgets what one request did to its cookies."""

    def __init__(self, user: User) -> None:
        self.user, self.client = user, Client(raise_request_exception=False)
        self.client.force_login(user)
        self.key = self.client.session.session_key

    def ask(self, method: str, path: str, way: Way, *, htmx: bool = False) -> HttpResponse:
        from django.conf import settings

        self.client.cookies.clear()
        self.client.cookies[settings.SESSION_COOKIE_NAME] = self.key
        data = way.post if method == "POST" else {}
        return self.client.generic(
            method, path, "&".join(f"{name}={value}" for name, value in (data or {}).items()),
            "application/x-www-form-urlencoded", headers=HTMX if htmx else {},
        )  # fmt: skip


def body(answer: HttpResponse) -> tuple[int, str, str]:
    """Status, kind and text of an answer without its own number."""
    number = answer.headers.get("X-Request-Number", "-")
    text = answer.content.decode().replace(number, "") if not answer.streaming else "a file"
    text = re.sub(r'csrfmiddlewaretoken" value="\w+"|X-CSRFToken": "\w+"', "", text)
    return answer.status_code, answer.headers.get("Content-Type", ""), text


@pytest.fixture(scope="module")
def staff(cast: Cast) -> list[tuple[str, Browser]]:  # noqa: F811
    """One of each role, at their browser: signed in once, a session lasts longer than the walk."""
    return [(role, Browser(getattr(cast, name))) for name, role in PEOPLE.items()]


@pytest.fixture(scope="module")
def outsiders(cast: Cast) -> list[tuple[str, Browser]]:  # noqa: F811
    """One of each role of the floor, elsewhere."""
    north = Region.objects.create(code="north", name={"en": "North"})
    desk = Team.objects.create(code="desk-north", name={"en": "North desk"}, region=north)
    people = [
        (Role.ASSOCIATE, cast.zhao),
        (Role.ADVISOR, person("bo.an", Role.ADVISOR, store=cast.jingan)),
        (Role.LEAD, person("wei.su", Role.LEAD, store=cast.jingan)),
        (Role.AGENT, person("jia.ou", Role.AGENT, team=desk)),
    ]
    return [(role, Browser(user)) for role, user in people]


@pytest.fixture(scope="module")
def before(arguments, staff, outsiders) -> dict[str, tuple[int, str]]:  # noqa: F811
    """What the house holds before anybody has asked for anything."""
    return footprint()


@pytest.mark.parametrize("name", PAGES)
def test_no_other_method_gets_in(name: str, arguments, staff, before, client: Client) -> None:  # noqa: F811
    path, permission = address(name, arguments), ROUTES[name].callback.door

    inside = next((one for one in staff if permission == "anyone" or one[1].user.may(permission)), staff[-1])
    for role, browser in (("nobody", None), inside):
        for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
            answer = browser.ask(method, path, WAYS[name]) if browser else client.generic(method, path)
            if method == "OPTIONS" and name in CROSS_SITE:
                assert (answer.status_code, answer.content) == (204, b"")
                assert "Access-Control-Allow-Origin" not in answer.headers  # nobody listed asks here
                continue
            assert answer.status_code == 405, f"{method} {path} as {role}: {answer.status_code}"
            assert set(answer["Allow"].split(", ")) <= {"GET", "HEAD", "POST"} | (
                {"OPTIONS"} if name in CROSS_SITE else set()
            )
        if browser is None or (permission != "anyone" and not browser.user.may(permission)):
            continue
        for method in {"GET", "HEAD"} - methods(name):
            assert browser.ask(method, path, WAYS[name]).status_code == 405, f"{method} {path} as {role}"
        if "POST" not in methods(name):  # a page that only shows takes a POST for a look
            with undone():
                assert browser.ask("POST", path, WAYS[name]).status_code in (200, 204, 302, 404, 405, 422)
    assert footprint() == before


@pytest.mark.parametrize("name", GUARDED)
def test_each_role_by_each_method_with_and_without_script(name: str, arguments, staff) -> None:  # noqa: F811
    path, permission = address(name, arguments), ROUTES[name].callback.door
    for role, browser in staff:
        allowed = permission == "self.manage" or role in roles_with(permission)
        for method in sorted(methods(name)):
            for htmx in (False, True) if allowed and method != "HEAD" else (False,):
                with undone():
                    answer = browser.ask(method, path, WAYS[name], htmx=htmx)
                said = f"{method} {path} as {role}, htmx {htmx}: {answer.status_code}"
                assert answer.status_code < 500, said
                assert (answer.status_code != 403) == allowed, said
                if allowed and method == "POST":
                    assert answer.status_code in (200, 204, 302, 404, 422, 429), said
                elif allowed:
                    assert answer.status_code in (200, 204, 302, 404, 422), said
        if "HEAD" in methods(name) and allowed and role in (Role.LEAD, Role.OPERATOR):
            with undone():
                look, head = browser.ask("GET", path, WAYS[name]), browser.ask("HEAD", path, WAYS[name])
            assert (head.status_code, head.headers.get("Content-Type")) == (
                look.status_code, look.headers.get("Content-Type"),
            )  # fmt: skip
            assert head.streaming or not head.content


@pytest.mark.parametrize("name", OF_A_THING)
def test_what_one_may_not_see_is_like_what_is_not_there(
    name: str,
    arguments,  # noqa: F811
    outsiders,
    staff,
    before,
    mei,
) -> None:
    path, permission = address(name, arguments), ROUTES[name].callback.door

    for role, browser in outsiders:
        expected = 404 if role in roles_with(permission) else 403
        for method in sorted(methods(name) - {"HEAD"}):
            for htmx in (False, True) if role == Role.LEAD else (False,):
                if expected == 403:
                    assert browser.ask(method, path, WAYS[name], htmx=htmx).status_code == 403
                    continue
                theirs = browser.ask(method, path, WAYS[name], htmx=htmx)
                absent = browser.ask(method, nowhere(name), WAYS[name], htmx=htmx)
                left = htmx and method == "GET" and name in SAYS_IT_LEFT
                assert theirs.status_code == (200 if left else expected), (
                    f"{method} {path} as {role} elsewhere: {theirs.status_code}"
                )
                assert body(theirs) == body(absent)
                assert mei.number not in theirs.content.decode()
    for role, browser in staff:
        for method in sorted(methods(name) - {"HEAD"}) if role in (Role.LEAD, Role.OPERATOR) else ():
            wanted = 404 if role in roles_with(permission) else 403
            assert browser.ask(method, nowhere(name), WAYS[name]).status_code == wanted

    assert footprint() == before


@pytest.mark.parametrize(
    "name",
    sorted(
        {name for name in OF_A_THING if len(WAYS[name].arguments) > 1}
        - {
            "customers:panel",
            "loyalty:use_privilege",
            "customers:new_record",
            "customers:open_record",
            "journeys:early_tell",
        }
    ),
)
def test_a_thing_of_another_under_ones_own(name: str, arguments, outsiders, jingan, mei, ke) -> None:  # noqa: F811
    """The first id of the address is the caller's own, the second is Mei's: nested ids are checked together.

    The names of panels and privileges are nobody's, and new goods are the brand's.
    """
    own = Customer.objects.create(number="OWN-1", display_name="Own", home_store=jingan)
    household = Household.objects.create(name="Own")
    household.take_in(own, part="user")
    company = Company.objects.create(name="Own company")
    company.name_person(own, part="buyer")
    mixed = {**arguments, "COMPANY": str(company.pk), mei.number: own.number}
    before = footprint()

    for role, browser in outsiders:
        expected = 404 if role in roles_with(ROUTES[name].callback.door) else 403
        for method in sorted(methods(name)):
            answer = browser.ask(method, address(name, mixed), WAYS[name])
            assert answer.status_code == expected, f"{method} {name} as {role}: {answer.status_code}"
            assert "梅雨晴" not in answer.content.decode()

    assert footprint() == before


@pytest.mark.parametrize("name", [name for name in ROUTES if name.partition(":")[0].endswith("_api")])
def test_the_api_takes_its_methods_and_no_other(name: str, arguments, staff, client: Client) -> None:  # noqa: F811
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
        for _role, browser in [("nobody", None), *staff]:
            path = address(name, arguments)
            answer = browser.ask(method, path, Way()) if browser else client.generic(method, path)
            assert answer.status_code in (401, 405), f"{method} {name}: {answer.status_code}"
            assert "sessionid" not in answer.cookies


def test_lists_hold_nothing_of_another_store(arguments, outsiders, mei, he, west_lake) -> None:  # noqa: F811
    """Each address without an object in it, as each outsider: Mei's name and number are in none."""
    Visit.objects.filter(customer=mei).update(left_at=None)
    assert MergeSuggestion.objects.filter(first=mei).exists()
    assert Identity.objects.filter(customer=mei).exists()
    for _role, browser in outsiders:
        for name in GUARDED:
            if WAYS[name].arguments or "GET" not in methods(name):
                continue
            answer = browser.ask("GET", address(name, arguments), WAYS[name])
            text = answer.content.decode() if not answer.streaming else ""
            assert mei.number not in text, name
            assert mei.display_name not in text, name
            assert "Lanfeng" not in text, name
        for words in (mei.display_name, "梅雨", "1234", "20418"):
            found: Any = browser.client.post("/customers/search/", {"q": words})
            assert mei.number not in found.content.decode(), words
