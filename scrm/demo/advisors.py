"""Who advises whom: the best customers of each store, as far as its advisors have room."""

from datetime import date, timedelta

from django.db import connection

from scrm.demo.world import FIRST_CUSTOMER
from staff.models import Membership, Role, User

OF_RUOAN = 184
ROOM = 60

RANKED = """
with spent as (
  select customer_id, sum(base_total) as amount from commerce_order
  where business_date > %(since)s and customer_id >= %(first)s and state = 'paid' group by customer_id
), ranked as (
  select c.id, c.home_store_id, row_number() over (partition by c.home_store_id order by s.amount desc, c.id) as place
  from spent s join customers_customer c on c.id = s.customer_id
), seats as (
  select * from unnest(%(advisors)s::bigint[], %(stores)s::bigint[], %(first_places)s::int[], %(last_places)s::int[])
    as seat (advisor, store, first_place, last_place)
)
update customers_customer c set advisor_id = seats.advisor
from ranked join seats on seats.store = ranked.home_store_id
  and ranked.place between seats.first_place and seats.last_place
where c.id = ranked.id
"""


def assign(end: date) -> None:
    """Give the advisors their clients; Shen Ruoan has 184 with those of the cast."""
    ruoan = User.objects.get(username="ruoan.shen")
    taken: dict[int, int] = {}
    seats = []
    for user, store in (
        Membership.objects.filter(role=Role.ADVISOR, ends_on=None)
        .exclude(store=None)
        .order_by("user_id")
        .values_list("user_id", "store_id")
    ):
        room = OF_RUOAN - ruoan.clients.count() if user == ruoan.pk else ROOM
        first = taken.get(store, 0) + 1
        taken[store] = first + room - 1
        seats.append((user, store, first, first + room - 1))
    advisors, stores, first_places, last_places = (list(column) for column in zip(*seats, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(RANKED, {
            "since": end - timedelta(days=365), "first": FIRST_CUSTOMER, "advisors": advisors, "stores": stores,
            "first_places": first_places, "last_places": last_places,
        })  # fmt: skip
