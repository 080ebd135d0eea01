"""The pages of pairs and merges: who may, what a refusal shows, where open pages of a joined record lead."""

import pytest
from django.test import Client
from django.urls import reverse

from conftest import person
from customers.actions import add_identity
from customers.merging import merge
from customers.models import Customer, MergeOperation, MergeSuggestion
from staff.models import AuditEntry, Role


@pytest.fixture
def miss_mei(west_lake) -> Customer:
    customer = Customer.objects.create(number="30077120", display_name="梅小姐", home_store=west_lake)
    add_identity(customer, kind="mail", value="mei@example.com")
    return customer


@pytest.fixture
def pair(mei, miss_mei) -> MergeSuggestion:
    reasons = [{"code": "phone.same", "weight": 9.0, "verified": True}, {"code": "family.same", "weight": 2.0}]
    return MergeSuggestion.objects.create(first=mei, second=miss_mei, score=0.94, reasons=reasons)


def join(client: Client, pair: MergeSuggestion, **said: str):
    return client.post(reverse("customers:merge_pair", args=[pair.pk]), {"keep": "20418837", "reason": "same", **said})


def test_the_operator_joins_a_pair_and_takes_it_apart(client: Client, pair, mei, miss_mei, gu) -> None:
    client.force_login(gu)
    assert "94" in client.get(reverse("customers:pairs")).content.decode()
    shown = client.get(reverse("customers:pair", args=[pair.pk])).content.decode()
    assert "Same phone, verified on both sides" in shown
    assert "m***@example.com" in shown

    answer = join(client, pair)

    operation = MergeOperation.objects.get()
    assert answer.url == reverse("customers:merge", args=[operation.pk])
    assert (operation.survivor, operation.loser, operation.evidence["score"]) == (mei, miss_mei, 0.94)
    assert AuditEntry.objects.filter(what="customer.merged", who=gu).count() == 1

    page = client.post(reverse("customers:unmerge", args=[operation.pk]), {"reason": "her sister"}, follow=True)
    assert page.status_code == 200
    miss_mei.refresh_from_db()
    assert miss_mei.merged_into is None
    assert client.post(reverse("customers:unmerge", args=[operation.pk]), {"reason": "again"}).status_code == 422


def test_after_a_merge_the_next_pair_offers_the_way_back(client: Client, pair, miss_mei, west_lake, gu) -> None:
    further = Customer.objects.create(number="N1", home_store=west_lake)
    following = MergeSuggestion.objects.create(first=pair.first, second=further, score=0.6)
    client.force_login(gu)

    answer = join(client, pair)

    assert answer.url.startswith(reverse("customers:pair", args=[following.pk]) + "?done=")
    assert (
        reverse("customers:unmerge", args=[MergeOperation.objects.get().pk]) in client.get(answer.url).content.decode()
    )


def test_without_a_reason_nothing_is_joined_and_the_page_says_so(client: Client, pair, gu) -> None:
    client.force_login(gu)

    answer = join(client, pair, reason=" ")

    assert answer.status_code == 422
    assert "Give a reason. It is needed to unmerge." in answer.content.decode()
    assert not MergeOperation.objects.exists()


def test_a_second_click_finds_the_pair_gone(client: Client, pair, gu) -> None:
    client.force_login(gu)
    join(client, pair)

    assert join(client, pair).status_code == 404
    assert MergeOperation.objects.count() == 1


@pytest.mark.parametrize("keep", ["30077120", "nobody", "20418837' OR 1=1", ""])
def test_only_one_of_the_two_can_stay(client: Client, pair, gu, keep) -> None:
    client.force_login(gu)

    answer = join(client, pair, keep=keep)

    assert (answer.status_code == 302) == (keep == "30077120")
    assert MergeOperation.objects.count() == (keep == "30077120")


def test_two_people_are_not_proposed_again(client: Client, pair, gu) -> None:
    client.force_login(gu)

    client.post(reverse("customers:pair_decision", args=[pair.pk]), {"decision": "different"})

    pair.refresh_from_db()
    assert (pair.state, pair.decided_by) == ("different", gu)
    assert client.get(reverse("customers:pair", args=[pair.pk])).status_code == 404
    assert client.post(reverse("customers:pair_decision", args=[pair.pk]), {"decision": "later"}).status_code == 404


def test_many_pairs_at_once_say_what_did_not_go(client: Client, pair, mei, miss_mei, west_lake, gu) -> None:
    third = Customer.objects.create(number="N1", home_store=west_lake)
    pairs = [pair, *(MergeSuggestion.objects.create(first=one, second=third, score=0.9) for one in (mei, miss_mei))]
    client.force_login(gu)

    answer = client.post(
        reverse("customers:merge_many"), {"pairs": [one.pk for one in pairs], "reason": "same"}, follow=True
    )

    # The third pair's two are one person by then.
    said = answer.content.decode()
    assert "2 pairs joined." in said
    assert "1 not" in said
    assert Customer.objects.living().count() == 1


def test_ticking_nothing_joins_nothing(client: Client, pair, gu) -> None:
    client.force_login(gu)

    answer = client.post(reverse("customers:merge_many"), {"reason": "same"})

    assert answer.status_code == 422
    assert not MergeOperation.objects.exists()


def test_a_lead_of_elsewhere_sees_neither_pair_nor_merge(client: Client, pair, mei, miss_mei, jingan, he) -> None:
    outsider = person("elsewhere", Role.LEAD, store=jingan)
    client.force_login(outsider)
    assert client.get(reverse("customers:pair", args=[pair.pk])).status_code == 404
    assert join(client, pair).status_code == 404
    assert client.get(reverse("customers:merge_with", args=[mei.number])).status_code == 404
    operation = merge(mei, miss_mei, by=he, reason="same")
    assert client.get(reverse("customers:merge", args=[operation.pk])).status_code == 404
    assert client.post(reverse("customers:unmerge", args=[operation.pk]), {"reason": "x"}).status_code == 404
    answer = client.post(reverse("customers:merge_many"), {"pairs": [pair.pk], "reason": "same"})
    assert answer.status_code == 422

    client.force_login(he)
    assert client.get(reverse("customers:merge", args=[operation.pk])).status_code == 200


def test_one_side_out_of_scope_is_no_pair(client: Client, mei, jingan, he) -> None:
    stranger = Customer.objects.create(number="S1", display_name="梅", home_store=jingan)
    pair = MergeSuggestion.objects.create(first=mei, second=stranger, score=0.9)
    client.force_login(he)

    assert client.get(reverse("customers:pair", args=[pair.pk])).status_code == 404
    assert client.post(reverse("customers:merge_with", args=[mei.number]), {"other": "S1"}).status_code == 404


def test_a_colleague_names_a_second_record(client: Client, mei, miss_mei, he) -> None:
    client.force_login(he)
    address = reverse("customers:merge_with", args=[mei.number])
    assert "梅小姐" in client.post(address, {"q": "梅小"}).content.decode()

    answer = client.post(address, {"other": miss_mei.number}, follow=True)

    assert MergeSuggestion.objects.get().source == "person"
    assert answer.status_code == 200
    assert client.post(address, {"other": mei.number}).status_code == 422


def test_open_pages_of_a_joined_record_lead_to_the_one_that_stands(client: Client, mei, miss_mei, gu, ke, zhao) -> None:
    identity = miss_mei.identities.get()
    merge(mei, miss_mei, by=gu, reason="same")
    client.force_login(ke)

    for name in ("customers:show", "customers:timeline", "counter:show"):
        assert client.get(reverse(name, args=[miss_mei.number])).url == reverse(name, args=[mei.number])
    part = client.get(reverse("customers:moved", args=[miss_mei.number]), headers={"HX-Request": "true"})
    assert part["HX-Redirect"] == reverse("customers:show", args=[mei.number])
    deed = client.post(reverse("customers:reveal", args=[miss_mei.number, identity.pk]), headers={"HX-Request": "true"})
    assert deed["HX-Redirect"] == reverse("customers:show", args=[mei.number])
    assert not AuditEntry.objects.filter(what="customer.revealed").exists()

    client.force_login(zhao)
    assert client.get(reverse("customers:show", args=[miss_mei.number])).status_code == 404


@pytest.mark.parametrize("name", ["customers:pairs", "customers:pair", "customers:merge_with"])
def test_the_pages_ask_few_questions(
    client: Client, pair, mei, west_lake, gu, name, django_assert_max_num_queries
) -> None:
    for place in range(30):
        other = Customer.objects.create(number=f"Q{place}", home_store=west_lake)
        MergeSuggestion.objects.create(first=mei, second=other, score=0.7)
    client.force_login(gu)
    arguments = {"customers:pairs": [], "customers:pair": [pair.pk], "customers:merge_with": [mei.number]}[name]
    client.get(reverse(name, args=arguments))

    with django_assert_max_num_queries(14):
        assert client.get(reverse(name, args=arguments)).status_code == 200
