"""What 松友会 is set up with: points and how they are earned, levels and what they bring, coupons, occasions, gifts."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models
from django.utils import timezone

from loyalty.campaigns import set_budget
from loyalty.models import (
    BudgetShard,
    Campaign,
    CouponTemplate,
    Drop,
    EarnRule,
    Gift,
    Level,
    Privilege,
    Programme,
)
from scrm.demo.places import three
from staff.models import User

SHANGHAI = ZoneInfo("Asia/Shanghai")
BEGAN = date(2014, 5, 1)
TABLES: list[type[models.Model]] = [
    Programme, EarnRule, Level, Privilege, CouponTemplate, Campaign, BudgetShard, Gift, Drop,
]  # fmt: skip
TOP_CATEGORIES = ["move", "coffee", "home", "skin", "business"]

RULES: list[tuple[str, str, dict[str, Any]]] = [
    ("base", "消费积分|消費積分|Points for purchases", {"points": 1, "per": 100}),
    ("coffee", "咖啡角积分|咖啡角積分|Points in the coffee corner",
     {"points": 1, "per": 100, "pending_days": 1, "conditions": {"categories": ["coffee"]}}),
    ("tuesday", "周二咖啡双倍|週二咖啡雙倍|Tuesday coffee, double",
     {"kind": "multiplier", "factor": 2, "conditions": {"categories": ["coffee"], "weekdays": [1]}}),
    ("new-category", "第一次买一类|第一次買一類|First of a category",
     {"kind": "bonus", "occasion": "new_category", "points": 100, "conditions": {"categories": TOP_CATEGORIES}}),
]  # fmt: skip

# code, names, from (yuan in twelve months), visits, factor, privileges: code, names, times a year (0: no limit)
LEVELS: list[tuple[str, str, int, int, str, list[tuple[str, str, int]]]] = [
    ("friend", "松友|松友|Friend", 0, 0, "1", [
        ("hemming", "免费改裤长|免費改褲長|Free hemming", 1),
        ("size-exchange", "三十天换尺码|三十天換尺碼|Size exchange, 30 days", 0)]),
    ("silver", "银卡|銀卡|Silver", 1_000, 0, "1", [
        ("delivery", "免运费|免運費|Free delivery", 4), ("birthday", "生日短信与 200 积分|生日簡訊與 200 積分|Birthday note and 200 points", 1),
        ("hemming", "免费改裤长|免費改褲長|Free hemming", 3),
        ("size-exchange", "三十天换尺码|三十天換尺碼|Size exchange, 30 days", 0)]),
    ("gold", "金卡|金卡|Gold", 3_000, 0, "1", [
        ("delivery", "免运费|免運費|Free delivery", 12), ("cup-upgrade", "免费升杯|免費升杯|Drink upgrade", 12),
        ("birthday-season", "生日季九折|生日季九折|Birthday season, 10 % off", 1),
        ("gold-care", "金卡售后|金卡售後|Gold after-sales care", 0),
        ("hemming", "免费改裤长|免費改褲長|Free hemming", 6)]),
    ("black", "黑卡|黑卡|Black", 7_200, 6, "1.5", [
        ("delivery", "免运费|免運費|Free delivery", 0), ("cup-upgrade", "免费升杯|免費升杯|Drink upgrade", 24),
        ("lounge", "休息室|休息室|Lounge", 0), ("on-site", "免费上门服务|免費上門服務|On-site service, free", 2),
        ("private-viewing", "私享会|私享會|Private viewing", 2), ("early", "新品早 48 小时|新品早 48 小時|New goods 48 h early", 0),
        ("birthday-box", "生日电话与礼盒|生日電話與禮盒|Birthday call and gift box", 1)]),
]  # fmt: skip

# code, names, kind, group, what the rule says (money in minor units)
TEMPLATES: list[tuple[str, str, str, str, dict[str, Any]]] = [
    ("MJ80", "换季满减|換季滿減|Season ¥80 off", "amount", "amount",
     {"amount": 8000, "threshold": 60000, "not_categories": ["skin"], "not_with": ["percent"], "per_customer": 6, "days_valid": 45, "cost": 8000}),
    ("SOCK0", "袜子免单券|襪子免單券|Socks on us", "gift", "gift",
     {"products": ["R08"], "per_customer": 3, "days_valid": 60, "claimable": True, "cost": 1800}),
    ("BD10", "生日季九折|生日季九折|Birthday 10 %", "percent", "percent",
     {"percent": 10, "levels": ["gold", "black"], "not_with": ["amount"], "per_customer": 4, "days_valid": 35, "most_off": 30000, "cost": 4000}),
    ("NIGHT", "加班晚餐热饮|加班晚餐熱飲|Overtime hot drink", "gift", "gift",
     {"scenario": "加班到晚饭后，来杯热的|加班到晚飯後，來杯熱的|Working late: something hot with dinner", "products": ["F01", "F02", "F04", "F11"],
      "with_categories": ["drinks"], "store_scenes": ["office"], "weekdays": [0, 1, 2, 3, 4], "from_time": time(19), "until_time": time(22, 30),
      "per_customer": 13, "days_valid": 56, "cost": 480}),
    ("TH30", "餐饮满 30 减 8|餐飲滿 30 減 8|¥8 off 30", "amount", "amount",
     {"amount": 800, "threshold": 3000, "categories": ["coffee"], "store_scenes": ["office"], "per_customer": 13, "days_valid": 56, "cost": 480}),
    ("RAIN", "雨天第二杯|雨天第二杯|Rainy second cup", "step", "amount",
     {"scenario": "外面下雨，多坐一会儿|外面下雨，多坐一會兒|It rains: stay for a second one", "pieces": 2, "percent": 25, "categories": ["drinks"],
      "needs": ["rain"], "per_customer": 8, "days_valid": 60, "cost": 420}),
    ("TRIP", "出差急用|出差急用|Trip kit", "percent", "percent",
     {"scenario": "人在外地，一小时送到|人在外地，一小時送到|Away from home, delivered within the hour", "percent": 20, "free_delivery": True,
      "products": ["H10", "H11", "H15", "K04", "K07", "K08", "R11"], "needs": ["away"], "per_customer": 4, "days_valid": 90, "most_off": 10000, "cost": 3600}),
    ("OLD50", "老朋友回来券|老朋友回來券|Old friend ¥50", "amount", "amount",
     {"amount": 5000, "threshold": 19900, "per_customer": 3, "days_valid": 30, "cost": 5000}),
    ("STEP3", "屯货三件|囤貨三件|Stock up", "step", "amount",
     {"pieces": 3, "percent": 12, "products": ["F12", "F13", "H05", "K01", "K02", "K03", "R12"], "per_customer": 6, "days_valid": 60, "cost": 3200}),
    ("SERUM1", "换季小样|換季小樣|Season sample", "sample", "gift",
     {"products": ["K09"], "categories": ["skin"], "per_customer": 12, "days_valid": 60, "cost": 900}),
    ("FREE0", "首单免邮|首單免郵|First order free delivery", "delivery", "delivery",
     {"needs": ["first_order"], "channels": ["app", "mini", "web"], "days_valid": 30, "cost": 800}),
    ("UPG", "大杯免费升|大杯免費升|Cup upgrade", "upgrade", "service",
     {"categories": ["coffee"], "levels": ["gold", "black"], "per_customer": 12, "days_valid": 60, "claimable": True, "cost": 200}),
    ("TRADE", "旧机抵新|舊機抵新|Trade-in", "exchange", "service",
     {"products": ["B06", "B07", "H01", "H02", "H03", "H04", "H08", "H09"], "most_off": 60000, "per_customer": 4, "days_valid": 90, "cost": 22000}),
    ("CLASS", "团课八折|團課八折|Class 20 %", "percent", "percent",
     {"percent": 20, "per_customer": 4, "days_valid": 84, "most_off": 5000, "products": ["Z-TICKET"], "cost": 1200}),
    ("SWAP", "尺码放心换|尺碼放心換|Free size swap", "exchange", "service",
     {"categories": ["move"], "per_customer": 12, "days_valid": 30, "cost": 1200}),
    ("LATTE", "欢迎小杯拿铁|歡迎小杯拿鐵|Welcome latte, small", "gift", "gift",
     {"products": ["F01"], "days_valid": 30, "cost": 500}),
    ("PACKET", "红包|紅包|Packet", "amount", "amount", {"amount": 800, "days_valid": 14, "cost": 800, "state": "ended"}),
    ("OVER199", "满 199 可用|滿 199 可用|For ¥199 and more", "amount", "amount",
     {"amount": 2000, "threshold": 19900, "days_valid": 14, "cost": 2000, "state": "ended"}),
]  # fmt: skip

# code, names, kind, first day before D (None: always), days it lasts (None: no end), recipe, budget in yuan
CAMPAIGNS: list[tuple[str, str, str, int | None, int | None, dict[str, Any], int | None]] = [
    ("welcome", "入会礼|入會禮|Welcome pack", "welcome", None, None, {"points": 200, "coupons": ["FREE0", "LATTE"]}, None),
    ("first-order", "首单谢礼|首單謝禮|First order", "first_order", None, None, {"coupons": ["SWAP"]}, None),
    ("three-in-ninety", "九十天三次，升银卡|九十天三次，升銀卡|Three in ninety days: Silver", "repeat", 500, None,
     {"orders": 3, "days": 90, "level": "silver"}, None),
    ("birthday", "生日|生日|Birthday", "birthday", None, None,
     {"before": 5, "tell": "birthday", "levels": {"friend": {"coupons": ["SOCK0"]}, "silver": {"points": 200}, "gold": {"coupons": ["BD10"]},
                              "black": {"coupons": ["BD10", "SOCK0"]}}}, None),
    ("old-friends", "老朋友回来|老朋友回來|Old friends", "win_back", 400, None, {"days": 180, "coupons": ["OLD50"], "tell": "old_friend"}, 200_000),
    ("reviews", "带图评价|帶圖評價|Reviews with a picture", "review", 600, None, {"points": 50, "a_month": 4}, None),
    ("friends-of-friends", "推荐朋友|推薦朋友|Recommend a friend", "referral", None, None, {"points": 300, "from": 19900}, None),
    ("overtime", "加班热饮与满减对照|加班熱飲與滿減對照|Overtime drink against ¥8 off", "plain", 70, 56, {}, None),
    ("gym-pilot", "健身护航试点|健身護航試點|Fitness pilot", "plain", 84, None, {"coupons": ["CLASS"]}, 30_000),
    ("packet-night", "红包夜|紅包夜|Packet night", "drop", 11, 1, {}, None),
    ("packet-night-amends", "红包夜补偿|紅包夜補償|Packet night: making good", "plain", 10, 7, {"points": 2000}, 60_000),
]  # fmt: skip

GIFTS = [  # code, names, points, in stock, what one costs (minor units)
    ("reading-card", "一页书店阅读卡|一頁書店閱讀卡|Reading card", 800, 400, 800),
    ("grip-socks", "防滑袜|防滑襪|Grip socks", 2_500, 300, 1400),
    ("candle", "香薰蜡烛|香薰蠟燭|Scented candle", 6_000, 120, 4400),
    ("thermos", "保温杯（刻字）|保溫杯（刻字）|Thermos, engraved", 9_000, 90, 5700),
]


@dataclass(frozen=True)
class Loyalty:
    """The numbers a worker needs: what the rules, levels and templates are called in the tables."""

    programme: int
    rules: dict[str, int]
    levels: dict[str, tuple[int, str]]  # code: id, names as JSON
    templates: dict[str, tuple[int, str]]
    campaigns: dict[str, int]
    drop: int


def plant(end: date) -> None:
    """Everything published since long; the next drop is a draft."""
    operator, lead = User.objects.get(username="yan.gu"), User.objects.get(username="di.tang")
    programme, _new = Programme.objects.update_or_create(
        code="main",
        defaults={
            "name": three("松友积分|松友積分|Songxu points"), "currency": "CNY", "rounding": "half_up", "pending_days": 7,
            "lot_months": 12, "value_points": 100, "value_minor": 100, "spend_step": 100, "spend_share": 50,
            "transfers": False, "qualify_by": "spend", "qualify_window": "rolling", "notice_days": 30, "grace_days": 60,
        },
    )  # fmt: skip
    for code, names, more in RULES:
        EarnRule.objects.update_or_create(
            programme=programme, code=code, version=1,
            defaults={"kind": "base", **more, "name": three(names), "starts_on": BEGAN, "published_at": timezone.now(),
                      "made_by": operator},
        )  # fmt: skip
    _levels(programme)
    campaigns = {campaign[0]: _campaign(end, operator, *campaign) for campaign in CAMPAIGNS}
    _templates(end, operator, lead, campaigns)
    for code, names, points, stock, cost in GIFTS:
        Gift.objects.create(programme=programme, code=code, name=three(names), points=points, stock=stock, cost=cost)
    _drops(end, operator, campaigns)


def _levels(programme: Programme) -> None:
    for rank, (code, names, threshold, visits, factor, privileges) in enumerate(LEVELS):
        level = Level.objects.create(programme=programme, code=code, rank=rank, name=three(names), visits=visits,
                                     threshold=threshold * 100, factor=Decimal(factor), valid_months=12)  # fmt: skip
        Privilege.objects.bulk_create(
            Privilege(level=level, code=one, name=three(words), quota=quota or None) for one, words, quota in privileges
        )


def _campaign(
    end: date, by: User, code: str, names: str, kind: str, ago: int | None, lasts: int | None, recipe: dict[str, Any],
    budget: int | None,
) -> Campaign:  # fmt: skip
    starts = BEGAN if ago is None else end - timedelta(days=ago)
    ends = None if lasts is None else starts + timedelta(days=lasts - 1)
    made = Campaign.objects.create(
        code=code, name=three(names), kind=kind, recipe=recipe, starts_on=starts, ends_on=ends, made_by=by,
        state="ended" if ends is not None and ends < end else "running",
    )  # fmt: skip
    if budget is not None:
        set_budget(made, budget * 100, by=None)
    return made


def _templates(end: date, maker: User, second: User, campaigns: dict[str, Campaign]) -> None:
    of = {"FREE0": "welcome", "LATTE": "welcome", "OLD50": "old-friends", "BD10": "birthday", "CLASS": "gym-pilot",
          "NIGHT": "overtime", "TH30": "overtime", "PACKET": "packet-night", "OVER199": "packet-night"}  # fmt: skip
    began = datetime.combine(end - timedelta(days=1096), time(), SHANGHAI)
    for code, names, kind, group, more in TEMPLATES:
        scenario = more.get("scenario")
        CouponTemplate.objects.create(
            code=code, name=three(names), kind=kind, group=group, starts_at=began, campaign=campaigns.get(of.get(code, "")),
            made_by=maker, approved_by=second, published_at=began,
            **{"state": "published", **more, "scenario": three(scenario) if scenario else {}},
        )  # fmt: skip


def _drops(end: date, by: User, campaigns: dict[str, Campaign]) -> None:
    at = datetime.combine(end - timedelta(days=11), time(20), SHANGHAI)
    Drop.objects.create(
        code="packet-night", name=three("红包夜|紅包夜|Packet night"), campaign=campaigns["packet-night"], state="stopped",
        prizes=[{"template": "PACKET", "slots": 1000}, {"template": "OVER199", "slots": 4000}], opens_at=at,
        ends_at=at + timedelta(minutes=30), made_by=by, stopped_at=at + timedelta(minutes=9),
        stopped_why="说是红包，八成是满减：每分钟九条投诉",
    )  # fmt: skip
    at = datetime.combine(end + timedelta(days=16), time(20), SHANGHAI)
    Drop.objects.create(
        code="winter-cups", name=three("冬至热饮|冬至熱飲|Winter cups"), state="draft", opens_at=at,
        ends_at=at + timedelta(hours=1), prizes=[{"template": "LATTE", "slots": 2000}], made_by=by,
    )  # fmt: skip


def known() -> Loyalty:
    import json

    def named(rows: Any) -> dict[str, tuple[int, str]]:
        return {row.code: (row.pk, json.dumps(dict(row.name), ensure_ascii=False)) for row in rows}

    programme = Programme.objects.get(code="main")
    return Loyalty(
        programme.pk, dict(EarnRule.objects.filter(programme=programme, version=1).values_list("code", "pk")),
        named(Level.objects.filter(programme=programme)), named(CouponTemplate.objects.filter(source="")),
        dict(Campaign.objects.values_list("code", "pk")), Drop.objects.get(code="packet-night").pk,
    )  # fmt: skip
