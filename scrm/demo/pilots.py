"""Story S12: the fitness package tried on 100 and 100, changed, tried on five stores, and on thirty-one by now.

The effect is planted as a chance of one more purchase for who has the package; what the pages say they compute.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from commerce.actions import record_order
from commerce.models import Product
from commerce.receipts import Line, Receipt, Tender
from customers.models import Segment
from journeys import packages, pilots
from journeys.models import Pilot, PilotStep, ServicePackage
from journeys.packages.drafting import put_line
from journeys.pilots.drawing import fill
from journeys.pilots.figures import compute
from loyalty.purchases import settle
from scrm.demo.world import FIRST_CUSTOMER
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import words
from staff.models import Store, User

DAYS, SALT = 42, "songxu-s12"
FIRST = ("HZ01", "HZ02", "HZ03", "SH01", "CD01")
STORES = 31
BEGAN = (188, 146, 104, 62)  # days ago; each step ends when the next begins
# Of a thousand in the pilot arm who would not have bought within the days, so many do; the trade-in makes the difference.
LIFT = ((2, 300), (3, 260))  # step counted from 0
# Beyond these people the effect is not planted: more purchases tell nothing new, and each is taken in one by one.
UPTO = 40_000
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
# Hangs on the customer alone, in the order of customers: a longer load brings the same people the same purchases.
WHO = """
select k.id, k.number, s.code, t.number,
       t.begun + make_interval(days => 3 + (d.lift / 1000) %% 35, hours => (d.lift / 1000) %% 7)
  from (values {steps}) as t(number, begun, lift, stores)
  join staff_store s on s.code = any(t.stores)
  join customers_customer k on k.home_store_id = s.id and k.id >= %(first)s and k.id < %(upto)s
  join customers_segmentmember g on g.customer_id = k.id and g.segment_id = %(segment)s and g.via <> 'block'
 cross join lateral (select
       ('x' || substr(md5(%(salt)s || k.id), 1, 7))::bit(28)::int %% 10000 as arm,
       ('x' || substr(md5('lift' || k.id || t.number), 1, 7))::bit(28)::int as lift) d
 where d.arm >= 5000 and d.lift %% 1000 < t.lift
   and not exists (select from commerce_order o
                    where o.customer_id = k.id and o.placed_at > t.begun
                      and o.placed_at <= t.begun + make_interval(days => %(days)s))
 order by k.id, t.number
"""


def plant(moment: datetime) -> None:
    package = ServicePackage.objects.get(code="fit-guard")
    people = {one.username: one for one in User.objects.filter(username__in=["yan.gu", "qing.he"])}
    gu, he = people.get("yan.gu"), people.get("qing.he")
    began = [moment - timedelta(days=ago) for ago in BEGAN]
    stores = list(Store.objects.filter(closed_on=None).exclude(kind="online").order_by("code"))
    first = [one for one in stores if one.code in FIRST]
    more = [one for one in stores if one.code not in FIRST][: STORES - len(first)]
    segment = Segment.objects.filter(code="sport-regulars").first()
    if segment is not None:
        codes = [one.code for one in first]
        _lift(segment, [(at, began[at], share, codes if at == 2 else codes + [one.code for one in more])
                        for at, share in LIFT])  # fmt: skip
    pilot = pilots.plan(
        "fit-guard", by=gu, at=began[0] - timedelta(days=4), salt=SALT, package=package,
        name=words("护理指南 + 团课折扣", "護理指南 + 團課折扣", "Care guide + class discount"),
        hypothesis="给健身常客一份护理指南和团课折扣，六周里再买的人会多 5 个点", metric="repurchase", days=DAYS,
        segment=segment, size=100, control=50, baseline=28, effect=5,
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
    pilots.decide(pilot, "go", by=gu, agreed_by=he, why="用的人多，放到 5 家店再看", step=2, at=began[2])
    fill(pilots.go_on(pilot, by=gu, stores=first, at=began[2]), at=began[2])
    _live(pilot, 2, began[2])
    pilots.decide(pilot, "go", by=gu, agreed_by=he, why="五家店都接得住，放到 31 家", step=3, at=began[3])
    fill(pilots.go_on(pilot, by=gu, stores=more, at=began[3]), at=began[3])
    _live(pilot, 3, began[3])
    pilots.note(pilot, "城西店装修停 3 天，这 3 天两组都少", by=gu, at=moment - timedelta(days=30))
    if gu is not None:
        _ask(pilot, gu, moment)


def _ask(pilot: Pilot, gu: User, moment: datetime) -> None:
    """The next gate waits for He Qing, where a small load has not met it by itself."""
    try:
        pilots.ask(pilot, by=gu, why="31 家都接得住，想赶在双旦前放到全部", step=4, at=moment - timedelta(hours=3))
    except TransitionRefused:
        compute(PilotStep.objects.select_related("pilot").get(pilot=pilot, ended_at=None), at=moment)


def _begin(pilot: Pilot, at: datetime) -> bool:
    """Whether anybody could be drawn: a very small load has no sport regulars."""
    try:
        pilots.start(pilot, by=pilot.by, at=at)
    except TransitionRefused:
        return False
    return True


def _live(pilot: Pilot, at: int, begun: datetime) -> None:
    """Six of ten of the pilot arm use the guide in each step."""
    step = PilotStep.objects.get(pilot=pilot, number=at + 1)
    with connection.cursor() as cursor:
        cursor.execute(USES, {"step": step.pk, "begun": begun})


def _lift(segment: Segment, steps: list[tuple[int, datetime, int, list[str]]]) -> None:
    """The purchases that the package brings."""
    facts: dict[str, Any] = {
        "segment": segment.pk, "salt": SALT, "days": DAYS, "first": FIRST_CUSTOMER, "upto": FIRST_CUSTOMER + UPTO,
    }  # fmt: skip
    rows = []
    for at, *values in steps:
        names = [f"{name}_{at}" for name in ("number", "begun", "lift", "stores")]
        facts |= dict(zip(names, (at, *values), strict=True))
        rows.append("(%({})s, %({})s::timestamptz, %({})s, %({})s::text[])".format(*names))
    with connection.cursor() as cursor:
        cursor.execute(WHO.replace("{steps}", ", ".join(rows)), facts)
        found = cursor.fetchall()
    price = Product.objects.filter(code=SKU).values_list("price", flat=True).first() or 23_900
    for customer, number, store, at, placed in found:
        _buy(number, store, placed, price, f"S12-{at}-{customer}")


def _buy(number: str, store: str, placed: datetime, price: int, ref: str) -> None:
    order = record_order(Receipt(
        source_ref=ref, revision=1, state="paid", store=store, till=f"{store}-T1", channel="store",
        customer=("member_no", number), placed_at=placed, business_date=placed.date(), currency="CNY", rate=Decimal(1),
        discount=0, total=price, digest=ref.encode()[:16],
        lines=[Line("1", SKU, "", "goods", Decimal(1), Decimal(price) / 100, 0, price)],
        payments=[Tender("1", "wechat_pay", price, placed, "")],
    ), source="pos", wakes=False).row  # fmt: skip
    settle(order)
