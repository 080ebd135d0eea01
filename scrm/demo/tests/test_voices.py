"""What the demo's people allow and need: the planned shares, the two with a story, the drift of the last weeks."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db.models import Count

from customers.models import Consent, Customer, NeedLog
from scrm.demo import voices
from scrm.demo.tests.test_demo import D, _own_progress, bring  # noqa: F401 - a fixture

FIRST_WORDS = import_module("customers.migrations.0002_first_words")


@pytest.mark.django_db
def test_consents_and_needs_are_as_planned() -> None:
    # A test that empties the tables takes them along.
    FIRST_WORDS.name_facts(apps)
    FIRST_WORDS.name_scenes_and_needs(apps)
    FIRST_WORDS.write_consents(apps)

    bring(3000)

    people = Customer.objects.filter(merged_into=None, erased_at=None).count()
    given = {
        (row["purpose"], row["channel"]): row["n"]
        for row in Consent.objects.filter(given=True).values("purpose", "channel").annotate(n=Count("pk"))
    }
    for key, share in ((("marketing", "sms"), 0.58), (("marketing", "mail"), 0.23), (("profiling", ""), 0.47)):
        assert given[key] / people == pytest.approx(share, abs=0.03)
    taken_back = Consent.objects.filter(given=False).count() / sum(given.values())
    assert taken_back == pytest.approx(0.07, abs=0.015)
    assert Consent.objects.allows(Customer.objects.get(number=voices.MEI), "profiling")
    assert not Consent.objects.filter(customer__number=voices.LEAVE_ME_ALONE).exists()
    needs = NeedLog.objects.count()
    assert needs / people == pytest.approx(0.16, abs=0.02)
    assert NeedLog.objects.filter(met="met").count() / needs == pytest.approx(0.63, abs=0.06)
    assert not NeedLog.objects.filter(at__date__gt=D + timedelta(days=1)).exists()
