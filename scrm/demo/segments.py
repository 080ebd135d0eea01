"""A few segments of the brand, found once: who has been away, who spends much, who looks at premium goods, birthdays."""

from typing import Any

from customers.models import Customer, Segment
from customers.segments.refreshing import refresh
from customers.segments.verbs import block, let_go, pin, publish, save
from loyalty.models import Level
from scrm.kernel.words import words
from staff.models import User

AWAY = {"field": "last_order", "op": "at_least", "n": 180}
PREMIUM = {"field": "looked_months", "category": "any", "price": 2500, "months": 3, "times": 1}
SEGMENTS: tuple[tuple[str, tuple[str, str, str], str, dict[str, Any]], ...] = (
    ("away-180", ("180 天没买", "180 天沒買", "No purchase in 180 days"), "老朋友回来券", {"all": [AWAY]}),
    ("over-10000", ("一年付满一万", "一年付滿一萬", "Over ¥10,000 in a year"), "万元礼遇",
     {"all": [{"field": "spent_within", "days": 365, "op": "at_least", "n": 10_000}]}),
    ("premium-lookers", ("连着三个月看高端", "連著三個月看高端", "Premium lookers, three months running"), "潜力养护",
     {"all": [PREMIUM]}),
    ("sport-regulars", ("健身常客", "健身常客", "Sport regulars"), "健身护航试点",
     {"all": [{"field": "bought", "category": "run", "days": 365, "op": "at_least", "n": 1}]}),
    ("birthday-week", ("本周生日", "本週生日", "Birthday this week"), "生日礼", {"all": [{"field": "birthday", "days": 7}]}),
    ("quiet-premium", ("久没来的高端老客", "久沒來的高端老客", "Good old customers who stay away"), "沉睡唤醒",
     {"all": [AWAY, {"field": "level", "op": "is", "one": ["gold", "black"]},
              {"any": [PREMIUM, {"field": "event", "kind": "trial.logged", "days": 90, "op": "at_least", "n": 2},
                       {"field": "spent", "op": "at_least", "n": 5000}]},
              {"not": [{"field": "open_cases", "topic": "any", "op": "at_least", "n": 1}]}]}),
)  # fmt: skip


def plant() -> None:
    owner = User.objects.filter(username="yan.gu").first()
    levels = set(Level.objects.values_list("code", flat=True))
    for code, name, purpose, rule in SEGMENTS:
        if code == "quiet-premium" and not {"gold", "black"} <= levels:
            continue
        segment = Segment.objects.create(code=code, name=words(*name), purpose=purpose, owner=owner)
        version = save(segment, rule, by=None)
        publish(segment, version.number, by=None, instead_of=0)
        refresh(segment)
    if owner is not None:
        _by_hand(Segment.objects.get(code="away-180"), owner)


def _by_hand(segment: Segment, owner: User) -> None:
    """One kept out on request, one kept in for a while and let go: who left has a name and a reason."""
    inside = segment.members.inside().select_related("customer").order_by("customer__number").first()
    if inside is not None:
        block(segment, inside.customer, by=owner, why="刚在店里说过，先别联系")
    beside = Customer.objects.living().exclude(segments__segment=segment).order_by("number").first()
    if beside is not None:
        let_go(pin(segment, beside, by=owner, why="老朋友，先留着看看"), by=owner)
