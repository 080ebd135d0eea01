"""What Shen Ruoan keeps about her clients: what they consider, and her word of the last weeks."""

from datetime import date, timedelta

from customers.models import Customer
from journeys.models import CareScript, ClientRhythm, HealthWord, LevelRhythm, OpenInterest
from journeys.models.health import week_of
from loyalty.models import Level
from scrm.demo.world import FIRST_CUSTOMER
from staff.models import User

# member number, what, stage, worth in minor units, next step, days from today
CONSIDERED = (
    ("30419004", "出差成都三套搭配", "offered", 680_000, "发三套搭配", 0),
    ("20419005", "年终礼 40 份", "offered", 5_200_000, "送报价", 2),
    ("20419008", "意式咖啡机 H01", "wants", 299_900, "比较两款的说明", 1),
    ("20419006", "新一代跑鞋", "tried", 129_000, "留 38 码，请来试", 3),
)
# member number, the word of each week, the latest first, with why
WORDS = (
    ("20418837", (("cooling", "换货晚了，回得很短"), ("steady", ""), ("close", ""), ("close", ""))),
    ("20419005", (("close", ""), ("close", ""), ("steady", ""))),
    ("20419017", (("leaving", "晚到的快递没人解释"), ("cooling", "不回消息"), ("steady", ""))),
)

RHYTHMS = {"black": 30, "gold": 60}  # at least once in so many days, by level
OWN_RHYTHMS = {"30419004": 14}  # member number → days, as she said
SCRIPTS = {"follow_up": "return-7", "in_store": "store-hours"}


def plant_cast(end: date) -> None:
    ruoan = User.objects.get(username="ruoan.shen")
    cast = {one.number: one for one in Customer.objects.living().filter(pk__lt=FIRST_CUSTOMER, advisor=ruoan)}
    for number, what, stage, worth, step, days in CONSIDERED:
        if number in cast and not OpenInterest.objects.filter(customer=cast[number], what=what).exists():
            OpenInterest.objects.create(customer=cast[number], what=what, stage=stage, worth=worth, next_step=step,
                                        next_on=end + timedelta(days=days), owner=ruoan)  # fmt: skip
    for number, words in WORDS:
        for back, (word, why) in enumerate(words, start=1):
            if number in cast:
                week = week_of(end) - timedelta(weeks=back)
                HealthWord.objects.get_or_create(
                    customer=cast[number], week=week, defaults={"word": word, "why": why, "said_by": ruoan}
                )
    for level in Level.objects.filter(programme__code="main", code__in=RHYTHMS):
        LevelRhythm.objects.get_or_create(level=level, defaults={"days": RHYTHMS[level.code]})
    for number, days in OWN_RHYTHMS.items():
        if number in cast:
            ClientRhythm.objects.get_or_create(customer=cast[number], defaults={"days": days, "set_by": ruoan})
    for reason, script in SCRIPTS.items():
        CareScript.objects.get_or_create(reason=reason, defaults={"script": script})
