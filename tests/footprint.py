"""What the house holds, as one digest per table: two equal footprints mean that nothing was changed between."""

from django.apps import apps
from django.db import connection

# A visit leaves these: when a browser was last seen, and that a machine called.
LEFT_OUT = {"staff_staffsession", "staff_apicall", "staff_signinlock"}
ROOMS = ["kernel", "staff", "customers", "commerce", "touchpoints", "loyalty", "tickets", "journeys"]


def footprint() -> dict[str, tuple[int, str]]:
    """Table → number of rows and a digest of them."""
    tables = sorted(
        {model._meta.db_table for room in ROOMS for model in apps.get_app_config(room).get_models()} - LEFT_OUT
    )
    one = "select '{0}', count(*), coalesce(md5(string_agg(r.row, '|' order by r.row)), '') from (select (to_jsonb(t) - 'last_login')::text as row from {0} t) r"
    with connection.cursor() as cursor:
        cursor.execute(" union all ".join(one.format(table) for table in tables))
        return {name: (count, digest) for name, count, digest in cursor.fetchall()}
