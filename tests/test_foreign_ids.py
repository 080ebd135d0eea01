"""Every id in a form or a body, swapped for one out of scope: refused, and nothing in the house has changed."""

import importlib
import json
import pkgutil
from collections.abc import Callable
from typing import Any

import pytest
from django import forms
from django.test import Client
from django.urls import reverse
from rest_framework import serializers

import commerce
import customers
import journeys
import loyalty
import staff
import tickets
import touchpoints
from conftest import person
from customers.models import Company, Customer, Household, MergeSuggestion
from staff.models import ApiClient, Role
from tests.footprint import footprint

NOTHING = ""  # holds no name of a thing that somebody may not see

# Form or body → the fields in it that name a thing, as tried below; a class that is not here fails.
NAMES: dict[str, str] = {
    "customers.circle_forms.WithCustomer": "number",
    "customers.circle_forms.NewMember": "number",
    "customers.circle_forms.NewPerson": "number",
    "customers.circle_forms.NewHousehold": NOTHING,
    "customers.circle_forms.CompanyForm": NOTHING,
    "customers.circle_forms.SignalForm": "company",
    "customers.segment_forms.SegmentForm": NOTHING,
    "customers.segment_forms.WhoForm": "number",  # tried in customers/tests/test_segment_pages.py
    "customers.segment_forms.HandForm": "number",  # the same: whoever pins sees the whole brand
    "customers.fact_forms.FactForm": NOTHING,
    "customers.step_forms.NeedForm": NOTHING,  # scenes and needs are the brand's
    "customers.step_forms.TaskForm": "owner",  # tried in customers/tests/test_steps.py
    "customers.import_forms.UploadForm": NOTHING,
    "customers.import_forms.MapForm": NOTHING,
    "customers.merge_forms.MergePair": "keep",
    "customers.merge_forms.MergeMany": "pairs",
    "customers.merge_forms.Unmerge": NOTHING,
    "customers.merge_forms.OtherRecord": "other",
    "customers.views.privacy.Forget": "number",
    "commerce.views.reconciliation.Days": NOTHING,
    "staff.audit_forms.AuditSearch": NOTHING,  # looks for what an auditor may see: the whole brand
    "staff.client_forms.ScopesForm": NOTHING,
    "staff.client_forms.ClientForm": NOTHING,
    "staff.forms.SignInForm": NOTHING,
    "staff.forms.CodeForm": NOTHING,
    "staff.forms.PreferencesForm": NOTHING,
    "staff.forms.PasswordForm": NOTHING,
    "loyalty.drop_forms.DropForm": NOTHING,  # coupons are named by code, of those that are given out
    "loyalty.drop_forms.ArmForm": NOTHING,
    "loyalty.drop_forms.StopForm": NOTHING,
    "touchpoints.trial_forms.TrialForm": NOTHING,  # pieces are the brand's
    "touchpoints.trial_forms.MatchAnswerForm": NOTHING,
    "touchpoints.trial_forms.HandoverForm": "colleague",  # tried in touchpoints/tests/test_handover.py
    "touchpoints.appointment_forms.AppointmentForm": "store",  # tried in touchpoints/tests/test_appointments.py
    "touchpoints.look_forms.LookForm": NOTHING,  # occasions and pieces are the brand's
    "touchpoints.look_forms.PieceForm": NOTHING,
    "touchpoints.look_forms.OnceForm": NOTHING,
    "touchpoints.look_forms.PieceWordForm": NOTHING,
    "touchpoints.look_forms.LookAnswerForm": NOTHING,  # its fields are made of the board's own pieces
    "touchpoints.webhook_forms.WebhookForm": "client",
    "touchpoints.talk_forms.ReplyForm": "talk",  # tried in touchpoints/tests/test_talks.py
    "touchpoints.talk_forms.ProposedFactForm": NOTHING,  # kinds of facts are the brand's: nobody's to hide
    "touchpoints.talk_forms.ContactForm": NOTHING,  # so are occasions and texts
    "touchpoints.script_forms.ScriptForm": NOTHING,  # topics are the brand's, owners all who may write scripts
    "touchpoints.script_forms.ScriptDayForm": NOTHING,
    "journeys.forms.RhythmForm": NOTHING,
    "journeys.forms.CareForm": "task",  # tried in journeys/tests/test_day.py
    "journeys.forms.HealthForm": NOTHING,
    "journeys.forms.InterestForm": NOTHING,
    "journeys.forms.NeedForm": NOTHING,
    "journeys.forms.CoverForm": NOTHING,
    "journeys.release_forms.ReleaseForm": NOTHING,
    "journeys.forms.BordersForm": NOTHING,
    "journeys.package_forms.PackageForm": NOTHING,
    "journeys.playbook_forms.PlaybookForm": NOTHING,
    "journeys.playbook_forms.TrialForm": "number",  # tried in journeys/tests/test_playbook_pages.py
    "journeys.package_forms.LineForm": NOTHING,
    "journeys.package_forms.TermsForm": NOTHING,
    "journeys.package_forms.GiveForm": NOTHING,
    "journeys.guide_forms.GuideForm": NOTHING,  # questions, channels and coupons are the brand's
    "journeys.guide_forms.NewGuideForm": NOTHING,
    "journeys.pilot_forms.PilotForm": NOTHING,  # packages and segments are the brand's
    "journeys.pilot_forms.GateForm": NOTHING,
    "journeys.pilot_forms.AskForm": NOTHING,
    "journeys.pilot_forms.AnswerForm": NOTHING,
    "journeys.pilot_forms.NextForm": NOTHING,  # whoever goes on sees the whole brand
    "journeys.resource_forms.NamedForm": NOTHING,
    "journeys.resource_forms.ResourceForm": NOTHING,  # whoever sets up sees the whole brand
    "journeys.resource_forms.NewResourceForm": NOTHING,
    "journeys.resource_forms.ReserveForm": "number",  # tried in journeys/tests/test_resource_pages.py
    "journeys.resource_forms.ContentForm": NOTHING,
    "journeys.map_forms.NamedForm": NOTHING,
    "journeys.map_forms.MapForm": NOTHING,
    "journeys.map_forms.FeelingForm": NOTHING,
    "journeys.map_forms.NoteForm": NOTHING,
    "journeys.map_forms.DropForm": NOTHING,  # of the place in the address
    "journeys.map_forms.MeasureForm": NOTHING,
    "journeys.map_forms.QuestionForm": NOTHING,
    "journeys.map_forms.AnswerForm": NOTHING,
    "tickets.api.GivenCase": NOTHING,
    "tickets.api.GivenWord": NOTHING,
    "tickets.api.HeardWord": NOTHING,
    "tickets.forms.CaseForm": NOTHING,  # topics are the brand's
    "tickets.forms.WordForm": "how",  # tried in tickets/tests/test_pages.py
    "tickets.forms.DescribeForm": NOTHING,
    "tickets.forms.MoveForm": NOTHING,
    "tickets.forms.PromiseForm": NOTHING,
    "tickets.forms.AssignForm": "to",  # tried in tickets/tests/test_pages.py
    "tickets.forms.JoinForm": "other",  # tried in tickets/tests/test_joining.py
    "tickets.forms.SplitForm": NOTHING,
    "tickets.forms.LinkForm": "other",  # tried in tickets/tests/test_case_links.py
    "tickets.forms.HandoverForm": NOTHING,  # a case may go to any store of the brand
    "tickets.tool_forms.NameForm": NOTHING,
    "tickets.tool_forms.SharedForm": "for_whom",  # tried in tickets/tests/test_saved_views.py
    "tickets.tool_forms.SavedViewForm": "for_whom",
    "tickets.tool_forms.MacroForm": "for_whom",  # a case may go to any team; tried in tickets/tests/test_macros.py
    "tickets.article_forms.ArticleForm": NOTHING,  # topics and scenes are the brand's
    "tickets.article_forms.ArticleDayForm": NOTHING,
    "tickets.goodwill_forms.GoodwillForm": NOTHING,  # reasons and their coupons are the brand's
    "tickets.goodwill_forms.DecisionForm": NOTHING,
    "tickets.goodwill_forms.ReviewForm": NOTHING,
    "touchpoints.events_api.SignedEvent": NOTHING,
    "touchpoints.events_api.SignedBatch": NOTHING,
    "touchpoints.events_api.TakenBatch": NOTHING,
    "touchpoints.events_api.EventState": NOTHING,
    "touchpoints.events_api.BatchState": NOTHING,
    "touchpoints.webhook_forms.RangeForm": NOTHING,
    "customers.api.GivenCustomer": "home_store",
    "customers.api.GivenIdentity": NOTHING,
    "customers.api.NamedIdentity": NOTHING,  # the counter's rule: a complete identity opens, and is written down
    "commerce.api_shapes.NamedCustomer": NOTHING,  # the same rule, for a till
    "commerce.api_shapes.Sale": "store",
    "commerce.api_shapes.Return": "order",
    "commerce.api_shapes.OrderMessage": NOTHING,
    "commerce.api_shapes._Told": "store",
    "commerce.api_shapes.SaleLine": NOTHING,
    "commerce.api_shapes.SalePayment": NOTHING,
    "commerce.api_shapes.ReturnedLine": NOTHING,
    "commerce.api_shapes.ReturnPayment": NOTHING,
    "touchpoints.api.GivenWebhook": NOTHING,
    "touchpoints.looks_api.GivenLook": NOTHING,  # occasions and pieces are the brand's
    "touchpoints.looks_api.LookPage": NOTHING,
    "loyalty.forms.CorrectionForm": NOTHING,
    "loyalty.forms.LevelForm": "level",  # levels and coupons are the brand's: nobody's to hide
    "loyalty.forms.GiveCouponForm": "template",
    "loyalty.template_forms.TemplateForm": "campaign",
    "loyalty.template_forms.ChangeForm": NOTHING,
    "loyalty.template_forms.BulkForm": NOTHING,  # operators mean anybody
    "loyalty.rule_forms.RuleForm": NOTHING,
    "loyalty.rule_forms.TryForm": NOTHING,
    "loyalty.rule_forms.CampaignForm": "coupons",
    "loyalty.api_shapes.WhoseIdentity": NOTHING,  # the counter's rule, for a till
    "loyalty.api_shapes.OfCustomer": "store",
    "loyalty.api_shapes.EarnPoints": "store",
    "loyalty.api_shapes.SpendPoints": "store",
    "loyalty.api_shapes.ReversePoints": "entry",
    "loyalty.api_shapes.IssueCoupon": "template",
    "loyalty.api_shapes.BasketLine": NOTHING,
    "loyalty.api_shapes.WithBasket": "store",
    "loyalty.api_shapes.BestCoupons": "store",
    "loyalty.api_shapes.HeldCode": NOTHING,
    "loyalty.api_shapes.ReserveCoupon": NOTHING,
    "loyalty.api_shapes.RedeemCoupon": "store",
    "loyalty.api_shapes.ClaimDrop": NOTHING,
    "commerce.api_shapes.SaleDiscount": NOTHING,
}
# Fields that take an id by their kind: they must be named above.
TAKES_AN_ID = (
    forms.ModelChoiceField, forms.ModelMultipleChoiceField, serializers.PrimaryKeyRelatedField,
    serializers.SlugRelatedField, serializers.HyperlinkedRelatedField,
)  # fmt: skip


def declared() -> dict[str, type]:
    """Every form and every serializer that the rooms declare."""
    for room in (customers, commerce, staff, touchpoints, loyalty, tickets, journeys):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            if not any(part in module.name for part in (".tests", ".migrations", ".management")):
                importlib.import_module(module.name)
    found: dict[str, type] = {}

    def below(parent: type) -> None:
        for child in parent.__subclasses__():
            if child.__module__.partition(".")[0] in {"customers", "commerce", "staff", "touchpoints", "loyalty",
                                                      "tickets", "journeys"}:  # fmt: skip
                found[f"{child.__module__}.{child.__qualname__}"] = child
            below(child)

    below(forms.BaseForm)
    below(serializers.BaseSerializer)
    return found


def shown_only(name: str, one: type) -> bool:
    """A serializer that only describes answers: nothing is read by it."""
    return issubclass(one, serializers.BaseSerializer) and name.rpartition(".")[2].startswith(
        ("Shown", "Made", "Own", "Brought", "Problem", "Recorded", "_Recorded", "RefundOfOrder", "OrderState",
         "CustomerPage", "WebhookList", "PointsOfOrder", "CouponOfOrder")
    )  # fmt: skip


def test_every_form_and_body_is_listed() -> None:
    asked = {
        name for name, one in declared().items()
        if not shown_only(name, one) and not name.rpartition(".")[2].endswith("FormSet")
    }  # fmt: skip

    assert asked - set(NAMES) == set()
    assert set(NAMES) - asked == set()


def test_a_field_that_takes_an_id_is_named() -> None:
    for name, one in declared().items():
        fields = getattr(one, "base_fields", None) or getattr(one, "_declared_fields", {})
        for field, kind in fields.items():
            if isinstance(kind, TAKES_AN_ID):
                assert NAMES.get(name) == field, f"{name}.{field}"
            limit = getattr(kind, "queryset", None)
            if limit is not None and field != "client":
                assert limit.query.is_empty(), f"{name}.{field} begins with everything: narrow it in __init__"


@pytest.fixture
def scene(mei, jingan, gu) -> dict[str, Any]:
    """A lead and an advisor of another store with a customer, a household, a company and a pair of their own."""
    own, double = (Customer.objects.create(number=f"OWN-{n}", display_name="Own", home_store=jingan) for n in (1, 2))
    far = Customer.objects.create(number="FAR-1", display_name="Far", home_store=mei.home_store)
    household, company = Household.objects.create(name="Own"), Company.objects.create(name="Own company")
    household.take_in(own, part="user")
    company.name_person(own, part="buyer")
    theirs = Company.objects.create(name="Lanfeng")
    theirs.name_person(mei, part="buyer")
    return {
        "lead": person("wei.su", Role.LEAD, store=jingan), "operator": gu, "own": own, "mei": mei,
        "household": household, "company": company, "theirs": theirs,
        "pair": MergeSuggestion.objects.create(first=own, second=double, score=0.9),
        "foreign": MergeSuggestion.objects.create(first=mei, second=far, score=0.9),
    }  # fmt: skip


Swap = tuple[str, Callable[[dict[str, Any]], tuple[str, dict[str, Any]]], str]
FORMS: dict[str, Swap] = {
    "customers.circle_forms.NewMember": (
        "lead",
        lambda s: (reverse("customers:new_member", args=[s["own"].number, s["household"].pk]),
                   {"number": s["mei"].number, "part": "user"}),
        "number",
    ),
    "customers.circle_forms.NewPerson": (
        "lead",
        lambda s: (reverse("customers:new_person", args=[s["company"].pk]), {"number": s["mei"].number, "part": "user"}),
        "number",
    ),
    "customers.merge_forms.MergePair": (
        "lead",
        lambda s: (reverse("customers:merge_pair", args=[s["pair"].pk]), {"keep": s["mei"].number, "reason": "same"}),
        "keep",
    ),
    "customers.merge_forms.MergeMany": (
        "lead",
        lambda s: (reverse("customers:merge_many"), {"pairs": [s["pair"].pk, s["foreign"].pk], "reason": "same"}),
        "pairs",
    ),
    "customers.merge_forms.OtherRecord": (
        "lead", lambda s: (reverse("customers:merge_with", args=[s["own"].number]), {"other": s["mei"].number}), "other",
    ),
    "customers.views.privacy.Forget": (
        "operator",
        lambda s: (reverse("customers:erase", args=[s["own"].number]), {"number": s["mei"].number}),
        "number",
    ),
    "touchpoints.webhook_forms.WebhookForm": (
        "operator", lambda s: (reverse("webhooks:index"), {"client": "999999", "url": "https://1.1.1.1/"}), "client",
    ),
}  # fmt: skip


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize("name", sorted(FORMS))
def test_a_foreign_id_in_a_form_is_refused(name: str, htmx: bool, scene, client: Client) -> None:
    who, build, field = FORMS[name]
    path, data = build(scene)
    client.force_login(scene[who])
    before = footprint()

    for value in (data[field], "999999999", "-1", "0", "null", "x'; --", "\x00", "9" * 30, ["1", "2"]):
        answer = client.post(path, {**data, field: value}, headers={"HX-Request": "true"} if htmx else {})
        assert 400 <= answer.status_code < 500, f"{name}.{field}={value!r}: {answer.status_code}"
        assert "梅雨晴" not in answer.content.decode()
        assert footprint() == before


def test_every_field_that_names_a_thing_is_tried() -> None:
    # Tried in loyalty/tests: test_api.py, test_wallet_pages.py, test_setup_pages.py.
    loyalty = {name for name in NAMES if name.startswith("loyalty.") and NAMES[name]} - set(FORMS)
    by_hand = loyalty | {"customers.circle_forms.WithCustomer", "customers.circle_forms.SignalForm", "customers.api.GivenCustomer",
                   "customers.step_forms.TaskForm", "customers.segment_forms.WhoForm", "customers.segment_forms.HandForm",
                   "journeys.playbook_forms.TrialForm",
                   "touchpoints.talk_forms.ReplyForm",
                   "touchpoints.trial_forms.HandoverForm",
                   "touchpoints.appointment_forms.AppointmentForm", "tickets.forms.WordForm", "tickets.forms.AssignForm", "tickets.forms.JoinForm",
               "tickets.tool_forms.SharedForm", "tickets.tool_forms.SavedViewForm", "tickets.tool_forms.MacroForm",
                   "tickets.forms.LinkForm", "journeys.forms.CareForm", "journeys.resource_forms.ReserveForm",
               "commerce.api_shapes.Sale", "commerce.api_shapes._Told", "commerce.api_shapes.Return"}  # fmt: skip

    assert {name for name, field in NAMES.items() if field} == set(FORMS) | by_hand


def test_a_signal_names_only_companies_of_the_writer(scene) -> None:
    from customers.circle_forms import SignalForm

    form = SignalForm({"company": scene["theirs"].pk}, user=scene["lead"])

    assert "company" in form.errors
    assert "Lanfeng" not in str(form["company"])


def test_a_body_that_names_what_is_not_its_own(scene, west_lake) -> None:
    secret = ApiClient.objects.create(code="till", scopes=["orders", "customers"]).new_secret()
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("/api/v1/customers/", {"source_ref": "a", "home_store": "NO-STORE"}),
        ("/api/v1/customers/", {"source_ref": "a", "home_store": west_lake.pk}),
        ("/api/v1/customers/", {"source_ref": "a", "home_store": {"code": "HZ01"}}),
        ("/api/v1/orders/", {"type": "order.paid", "data": {"store": "NO-STORE"}}),
        ("/api/v1/orders/", {"type": "refund.made", "data": {"order": ["A-1"], "store": "HZ01"}}),
    ]
    before = footprint()

    for number, (path, body) in enumerate(bodies):
        answer = Client().post(
            path, json.dumps(body), content_type="application/json",
            headers={"Authorization": f"Bearer {secret}", "Idempotency-Key": f"key-{number}"},
        )  # fmt: skip
        assert answer.status_code in (400, 422), (body, answer.status_code)

    assert footprint() == before


@pytest.mark.parametrize("extra", [
    {"advisor": "1", "id": "1", "pk": "1"}, {"is_active": "1", "is_superuser": "1", "is_staff": "1"},
    {"username": "root", "password": "x", "email": "evil@example.com"},
])  # fmt: skip
def test_a_field_nobody_asked_for_changes_nothing(extra: dict[str, str], scene, client: Client) -> None:
    lead = scene["lead"]
    client.force_login(lead)

    client.post("/me/preferences/", {"language": "en", "zone": "Asia/Shanghai", **extra})
    client.post("/companies/new/", {"name": "New", "advisor": scene["operator"].pk, **extra})

    after = type(lead).objects.get(pk=lead.pk)
    assert (after.username, after.email, after.is_superuser) == (lead.username, lead.email, False)
    assert Company.objects.get(name="New").advisor == lead
