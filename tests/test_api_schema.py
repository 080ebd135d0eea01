"""What the API answers is what its schema says, whatever is sent: no 5xx, no surprise."""

from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core import signals
from django.core.cache import cache
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi import checks as openapi

from scrm.wsgi import application
from staff.models import ApiClient

pytestmark = pytest.mark.django_db
CHECKS = [
    checks.not_a_server_error, openapi.status_code_conformance, openapi.content_type_conformance,
    openapi.response_headers_conformance, openapi.response_schema_conformance,
]  # fmt: skip


@pytest.fixture
def keys(west_lake, mei, settings) -> Iterator[dict[str, str]]:
    """A live key of every scope, another client's without any, and none; requests leave our connection open."""
    for signal in (signals.request_started, signals.request_finished):
        signal.disconnect(close_old_connections)
    settings.API_CALLS_A_MINUTE = settings.API_FINDS_A_MINUTE = settings.API_WRONG_KEYS = 10**6
    cache.clear()
    every = ["orders", "customers", "webhooks", "loyalty"]
    yield {
        "live": ApiClient.objects.create(code="till", name="Till", scopes=every).new_secret(),
        "other": ApiClient.objects.create(code="other", name="Other", scopes=[]).new_secret(),
        "none": "",
    }
    for signal in (signals.request_started, signals.request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize("whose", ["live", "other", "none"])
def test_answers_are_as_the_schema_says(keys: dict[str, str], whose: str) -> None:
    headers = {"Authorization": f"Bearer {keys[whose]}"} if keys[whose] else {}
    schema = schemathesis.openapi.from_wsgi("/api/schema/?format=json", application)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) >= 6

    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

            @hypothesis.settings(
                max_examples=25 if whose == "live" else 5, derandomize=True, deadline=None, database=None,
                phases=[Phase.generate], suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
            def sent(case: Any) -> None:
                answer = case.call(headers=headers)
                case.validate_response(answer, checks=CHECKS)
                if whose != "live":
                    assert answer.status_code in (400, 401, 403, 404, 405, 406, 413, 415)

            sent()
