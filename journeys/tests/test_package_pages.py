"""The pages of packages and the block on a customer: what is shown, done, and refused, and to whom."""

import pytest
from django.test import Client
from django.urls import reverse

from conftest import person
from journeys import packages
from journeys.models import EntitlementUse, HeldPackage, ServicePackage
from journeys.packages.drafting import put_line
from journeys.tests.test_packages import VISIT, a_package
from scrm.kernel.words import words
from staff.models import Role

HTMX = {"HX-Request": "true"}


def test_an_operator_makes_fills_and_publishes_a_package(cast, gu, client: Client) -> None:
    client.force_login(gu)

    made = client.post("/packages/new/", {"code": "calm", "name_en": "Calm"})
    assert made.url == "/packages/calm/edit/"
    assert client.post("/packages/new/", {"code": "calm", "name_en": "Calm"}).status_code == 422
    edit = "/packages/calm/edit/"
    assert client.post(edit, {"do": "line", "scene": "odd", "kind": "service", "en": "Visit"}).status_code == 422
    assert client.post(edit, {"do": "odd"}).status_code == 422
    assert client.post(edit, {"do": "remove", "key": "gone"}).status_code == 422
    refused = client.post(edit, {"do": "line", "scene": "after", "kind": "service", "en": "Typed once", "quota": "0"})
    assert refused.status_code == 422
    assert "Typed once" in refused.content.decode()
    line = {"do": "line", "scene": "after", "kind": "service", "en": "Visit at home", "quota": "2", "minutes": "30"}
    assert client.post(edit, line).status_code == 302
    assert client.post(edit, {"do": "terms", "first": "30", "cells": ["high.personal"]}).status_code == 302
    assert "Visit at home" in client.get(edit).content.decode()

    assert client.post("/packages/calm/publish/", {"number": "1", "instead_of": "0"}).status_code == 302
    assert client.post("/packages/calm/publish/", {"number": "1", "instead_of": "0"}).status_code == 422
    page = client.get("/packages/").content.decode()
    assert "Calm" in page
    assert "5 cells without a package" in page
    assert client.post("/packages/calm/retire/").status_code == 302
    assert client.post("/packages/calm/retire/").status_code == 422


def test_the_pages_ask_little(mei, gu, ruoan, client: Client, django_assert_max_num_queries) -> None:
    for code in ("one", "two", "three"):
        packages.give(mei, a_package(code), by=ruoan, why="Because")
    put_line(ServicePackage.objects.get(code="one"), "", VISIT)
    client.force_login(gu)

    for path, most in (("/packages/", 12), ("/packages/one/", 14), ("/packages/one/edit/", 14)):
        client.get(path)
        with django_assert_max_num_queries(most):
            assert client.get(path).status_code == 200


def test_a_benefit_is_used_at_the_customer_and_undone(mei, ruoan, client: Client) -> None:
    held = packages.give(mei, a_package(first=30), by=ruoan, why="Best client")
    key = held.version.lines[0]["key"]
    client.force_login(ruoan)
    use = reverse("journeys:use_benefit", args=[mei.number, held.pk])

    page = client.post(use, {"line": key, "once": "a1"}, headers=HTMX).content.decode()
    client.post(use, {"line": key, "once": "a1"}, headers=HTMX)

    assert "1 of 2 used this year" in page
    assert "Best client" in page
    assert EntitlementUse.objects.count() == 1
    assert client.post(use, {"line": key, "once": "?"}).status_code == 400
    client.post(use, {"line": key, "once": "a2", "note": "a\0b"}, headers=HTMX)
    assert client.post(use, {"line": key, "once": "a3"}, headers=HTMX).status_code == 422
    back = reverse("journeys:take_back_use", args=[mei.number, EntitlementUse.objects.latest("pk").pk])
    assert "1 of 2 used" in client.post(back, headers=HTMX).content.decode()
    assert client.post(back, headers=HTMX).status_code == 422


def test_a_package_is_given_with_a_reason_and_ended(mei, ruoan, client: Client) -> None:
    a_package()
    client.force_login(ruoan)
    give = reverse("journeys:give_package", args=[mei.number])

    assert client.post(give, {"code": "care", "why": ""}, headers=HTMX).status_code == 422
    assert client.post(give, {"code": "care", "why": "x", "until": "2020-01-01"}, headers=HTMX).status_code == 422
    assert client.post(give, {"code": "none", "why": "x"}, headers=HTMX).status_code == 404
    assert client.post(give, {"code": "care", "why": "Asked"}, headers=HTMX).status_code == 200
    assert client.post(give, {"code": "care", "why": "Asked"}, headers=HTMX).status_code == 422
    end = reverse("journeys:end_package", args=[mei.number, HeldPackage.objects.get().pk])
    assert "No package" in client.post(end, headers=HTMX).content.decode()
    assert client.post(end, headers=HTMX).status_code == 422


def test_who_may_give_finds_only_customers_of_the_own_stores(mei, ruoan, cast, client: Client) -> None:
    held = packages.give(mei, a_package(), by=ruoan, why="Because")
    client.force_login(person("elsewhere", Role.LEAD, store=cast.jingan, hans="远", hant="遠", en="Elsewhere"))

    given = client.post(reverse("journeys:give_package", args=[mei.number]), {"code": "care", "why": "x"})
    ended = client.post(reverse("journeys:end_package", args=[mei.number, held.pk]))

    assert (given.status_code, ended.status_code) == (404, 404)
    held.refresh_from_db()
    assert held.ended_at is None


def test_outsiders_find_nothing(mei, ruoan, ke, zhao, client: Client) -> None:
    held = packages.give(mei, a_package(), by=ruoan, why="Because")
    used = EntitlementUse.use(held, held.version.lines[0]["key"], by=ruoan, key="one")
    client.force_login(zhao)

    assert client.get(reverse("journeys:packages_of", args=[mei.number])).status_code == 404
    assert client.post(reverse("journeys:use_benefit", args=[mei.number, held.pk]), {"once": "a"}).status_code == 404
    assert client.post(reverse("journeys:take_back_use", args=[mei.number, used.pk])).status_code == 404
    client.force_login(ke)
    for name, args in (
        ("journeys:give_package", [mei.number]), ("journeys:end_package", [mei.number, held.pk]),
        ("journeys:publish_package", ["care"]), ("journeys:retire_package", ["care"]),
    ):  # fmt: skip
        assert client.post(reverse(name, args=args)).status_code == 403
    for path in ("/packages/", "/packages/new/", "/packages/care/", "/packages/care/edit/"):
        assert client.get(path).status_code == 403


@pytest.mark.parametrize("path", ["/packages/care/", "/packages/"])
def test_an_advisor_sees_own_clients_and_no_counts(mei, ruoan, client: Client, path: str) -> None:
    package = a_package()
    packages.give(mei, package, by=ruoan, why="Because")
    client.force_login(ruoan)

    page = client.get(path).content.decode()

    assert str(words("照顾", "照顧", "Care").in_language("en")) in page
    assert "Share used" not in page
    assert (str(mei.number) in page) == (path != "/packages/")
