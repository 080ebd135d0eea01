"""No page walks through a big table: every query's plan, with sequential scans made unattractive."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

BIG = [
    "customers_customer", "customers_event", "customers_identity", "customers_metrics", "customers_storetie",
    "customers_browse", "customers_sourcekey", "commerce_order", "commerce_orderline", "commerce_payment",
    "commerce_refund", "touchpoints_visit", "touchpoints_trial", "touchpoints_appointment", "touchpoints_queueticket",
    "customers_fact", "staff_auditentry",
    "customers_mergesuggestion", "customers_mergeoperation", "customers_householdmember", "customers_keyperson",
    "tickets_ticket", "tickets_entry", "tickets_promiseclock", "tickets_notice",
]  # fmt: skip

PAGES = {
    "ke": ["/counter/", "/counter/customers/20418837/", "/customers/20418837/", "/customers/20418837/timeline/?group=order",
           "POST /counter/search/ 1234", "POST /counter/search/ 梅雨", "POST /counter/search/ 梅", "POST /counter/search/ A-77120",
           "POST /counter/search/ 19900001234", "/counter/customers/20418837/trials/", "/appointments/", "/queue/",
           "/customers/20418837/appointments/", "/counter/serving/"],
    "ruoan": ["/clients/"],
    "lin": ["/inbox/", "/inbox/?view=all", "/inbox/?view=done", "/inbox/?view=later", "/inbox/?view=free", "/customers/",
            "/notices/", "/notices/bell/"],
    "he": ["/board/", "/team/", "/commerce/reconciliation/"],
    "gu": ["/merges/", "/companies/", "/customers/20418837/circle/", "/customers/20418837/merge/", "/customers/", "/customers/?stage=mature", "/customers/?r=5&f=5", "/customers/picture/", "/imports/"],
    "lu": ["/audit/", "/customers/20418837/"],
}  # fmt: skip


@pytest.mark.parametrize("person", sorted(PAGES))
def test_no_plan_walks_through_a_big_table(person: str, mei, request, client: Client) -> None:
    client.force_login(request.getfixturevalue(person))
    walked = []
    for page in PAGES[person]:
        with CaptureQueriesContext(connection) as queries:
            if page.startswith("POST "):
                _post, path, text = page.split(" ", 2)
                answer = client.post(path, {"q": text}, headers={"HX-Request": "true"})
            else:
                answer = client.get(page)
        assert answer.status_code == 200, page
        for query in [each["sql"] for each in queries if each["sql"].lstrip().lower().startswith(("select", "with"))]:
            with connection.cursor() as cursor:
                cursor.execute("set local enable_seqscan = off")
                cursor.execute(f"explain {query}")
                plan = "\n".join(row[0] for row in cursor.fetchall())
            walked += [f"{page}: {table}\n{query[:300]}" for table in BIG if re.search(rf"Seq Scan on {table}\b", plan)]

    assert walked == []
