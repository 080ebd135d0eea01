"""The drill of playbooks in small: two workers, one killed in the middle of its people; nothing lost, nothing twice."""

import json
import os
import time
from io import StringIO
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.management import call_command
from django.db import connection

from customers.models import Customer
from journeys.models import StepRun
from scrm.local.drilling import crowd
from scrm.local.management.commands import drill_playbooks

PEOPLE = 300


def this_database(size: int, out: Any) -> dict[str, str]:
    named = connection.settings_dict
    query = urlencode({key.lower(): named[key] for key in ("HOST", "USER", "PASSWORD", "PORT") if named[key]})
    return {**os.environ, "DATABASE_URL": f"postgresql:///{named['NAME']}?{query}"}


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_among_its_people_loses_nobody_and_does_nothing_twice(cast, monkeypatch) -> None:
    Customer.objects.bulk_create(Customer(number=f"D-{n:03}") for n in range(PEOPLE))
    deeds = {"prepare": crowd.prepare, "time": crowd.time_goes_by, "check": crowd.check}
    monkeypatch.setattr(drill_playbooks, "house", this_database)
    monkeypatch.setattr(drill_playbooks.Command, "_ask", lambda self, what, given: deeds[what](given))

    def until_they_are_at_it(self: Any, code: str) -> None:
        while not StepRun.objects.filter(enrolment__playbook__code=code, node="first").exists():
            time.sleep(0.01)

    monkeypatch.setattr(drill_playbooks.Command, "_wait", until_they_are_at_it)
    out = StringIO()

    call_command("drill_playbooks", people=PEOPLE, workers=2, crashes=1, lease=4, stdout=out)

    told = json.loads(out.getvalue()[out.getvalue().rindex("\n{\n") :])
    assert (told["people"], told["killed"]) == (PEOPLE, 1)
    assert (told["lost"], told["on the way"], told["violations"]) == (0, 0, {})
    assert told["given"] == told["cap"]
    assert told["walked"] + told["parked"] == PEOPLE
    assert told["parked"] >= 60 - told["cap"], "those for whom no coupon was left"
