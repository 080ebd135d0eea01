"""Story S12: the fitness package tried on 100 and 100, changed, tried on five stores, and on thirty-one by now.

The effect is planted as a chance of one more purchase for who has the package; what the pages say they compute.
"""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import connection

from commerce.actions import record_order
from commerce.models import Product
from commerce.receipts import Line, Receipt, Tender
from customers.models import Segment
from journeys import packages, pilots
from journeys.models import Pilot, PilotStep, ServicePackage
from journeys.packages.drafting import put_line
from journeys.pilots.figures import compute
from loyalty.purchases import settle
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import words
from staff.models import Store, User

DAYS = 42
FIRST = ("HZ01", "HZ02", "HZ03", "SH01", "CD01")
STORES = 31
BEGAN = (188, 146, 104, 62)  # days ago; each step ends when the next begins
# Of a thousand who would not have bought within the days, so many do: the trade-in makes the difference.
LIFT = (40, 200, 300, 260)
MOST = 400  # more purchases of a step than that tell nothing new
SKU = "R06-BK-L"
USES = """
insert into journeys_entitlementuse (held_id, line, at, by_id, note, key)
select m.held_id, v.lines->0->>'key', %(begun)s + make_interval(days => 2 + d.draw %% 30), null, '',
       'pilot' || m.id || 'x' || s.number
  from journeys_pilotstep s
  join journeys_packageversion v on v.id = s.version_id
  join journeys_pilotmember m on m.pilot_id = s.pilot_id and m.arm = 'pilot' and m.held_id is not null
 cross join lateral (select ('x' || substr(md5('use' || m.customer_id || s.number), 1, 7))::bit(28)::int
                            %% 1000 as draw) d
 where s.id = %(step)s and d.draw < 610
"""
WHO = """
select m.customer_id, k.number, s.code, %(begun)s + make_interval(days => 3 + d.draw %% 35, hours => d.draw %% 7)
  from journeys_pilotmember m
  join customers_customer k on k.id = m.customer_id
  left join staff_store s on s.id = k.home_store_id
 cross join lateral (select ('x' || substr(md5('lift' || m.customer_id || %(number)s::text), 1, 7))::bit(28)::int
                            as draw) d
 where m.pilot_id = %(pilot)s and m.arm = 'pilot' and d.draw %% 1000 < %(lift)s
   and not exists (select from commerce_order o
                    where o.customer_id = m.customer_id and o.placed_at > %(begun)s
                      and o.placed_at <= %(begun)s + make_interval(days => %(days)s))
 order by d.draw, m.customer_id limit %(most)s
"""


def plant(moment: datetime) -> None:
    package = ServicePackage.objects.get(code="fit-guard")
    people = {one.username: one for one in User.objects.filter(username__in=["yan.gu", "qing.he"])}
    gu, he = people.get("yan.gu"), people.get("qing.he")
    began = [moment - timedelta(days=ago) for ago in BEGAN]
    pilot = pilots.plan(
        "fit-guard", by=gu, at=began[0] - timedelta(days=4), salt="songxu-s12", package=package,
        name=words("护理指南 + 团课折扣", "護理指南 + 團課折扣", "Care guide + class discount"),
        hypothesis="给健身常客一份护理指南和团课折扣，六周里再买的人会多 5 个点", metric="repurchase", days=DAYS,
        segment=Segment.objects.filter(code="sport-regulars").first(), size=100, control=50, baseline=28, effect=5,
    )  # fmt: skip
    if not _begin(pilot, began[0]):
        return
    _live(pilot, 0, began[0])
    pilots.note(pilot, "指南加了「羊毛怎么洗」，32 人问过", by=gu, at=began[0] + timedelta(days=20))
    put_line(package, "", {"scene": "buying", "kind": "coupon", "quota": 1, "minutes": 15,
                           "words": words("旧机抵新", "舊機抵新", "Trade-in")})  # fmt: skip
    packages.publish(package, 2, by=gu, instead_of=1, note="加旧机抵新", at=began[1] - timedelta(hours=2))
    pilots.decide(pilot, "change", by=he, why="四成的人问「旧的怎么办」，先加旧机抵新", step=1, at=began[1])
    _live(pilot, 1, began[1])
    pilots.decide(pilot, "go", by=he, why="用的人多，放到 5 家店再看", step=2, at=began[2])
    stores = list(Store.objects.filter(closed_on=None).exclude(kind="online").order_by("code"))
    first = [one for one in stores if one.code in FIRST]
    pilots.go_on(pilot, by=gu, stores=first, at=began[2])
    _live(pilot, 2, began[2])
    pilots.decide(pilot, "go", by=he, why="五家店都接得住，放到 31 家", step=3, at=began[3])
    more = [one for one in stores if one.code not in FIRST][: STORES - len(first)]
    pilots.go_on(pilot, by=gu, stores=more, at=began[3])
    _live(pilot, 3, began[3])
    pilots.note(pilot, "城西店装修停 3 天，这 3 天两组都少", by=gu, at=moment - timedelta(days=30))
    compute(PilotStep.objects.select_related("pilot").get(pilot=pilot, ended_at=None), at=moment)


def _begin(pilot: Pilot, at: datetime) -> bool:
    """Whether anybody could be drawn: a very small load has no sport regulars."""
    try:
        pilots.start(pilot, by=pilot.by, at=at)
    except TransitionRefused:
        return False
    return True


def _live(pilot: Pilot, at: int, begun: datetime) -> None:
    """What the people of a step did: benefits used, and the purchases that the package brought."""
    step = PilotStep.objects.get(pilot=pilot, number=at + 1)
    with connection.cursor() as cursor:
        cursor.execute(USES, {"step": step.pk, "begun": begun})
        cursor.execute(WHO, {"pilot": pilot.pk, "begun": begun, "number": at, "lift": LIFT[at], "days": DAYS,
                             "most": MOST})  # fmt: skip
        found = cursor.fetchall()
    price = Product.objects.filter(code=SKU).values_list("price", flat=True).first()
    for customer, member_no, store, placed in found:
        _buy(customer, member_no, store or FIRST[0], placed, price or 23_900, f"S12-{at}-{customer}")


def _buy(customer: int, number: str, store: str, placed: datetime, price: int, ref: str) -> None:
    order = record_order(Receipt(
        source_ref=ref, revision=1, state="paid", store=store, till=f"{store}-T1", channel="store",
        customer=("member_no", number), placed_at=placed, business_date=placed.date(), currency="CNY", rate=Decimal(1),
        discount=0, total=price, digest=ref.encode()[:16],
        lines=[Line("1", SKU, "", "goods", Decimal(1), Decimal(price) / 100, 0, price)],
        payments=[Tender("1", "wechat_pay", price, placed, "")],
    ), source="pos", wakes=False).row  # fmt: skip
    settle(order)
