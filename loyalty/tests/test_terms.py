"""Terms: made from the rule, in three languages, a sentence for everything that could be refused."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from commerce.models import Category, Product
from loyalty.models import CouponTemplate, Level, Programme
from loyalty.terms import names_for, terms_in_all, terms_of, value_text
from loyalty.tests.coupon_cast import template
from scrm.kernel.words import words

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def goods(db) -> None:
    skin = Category.objects.create(code="skin", name=words("护肤", "護膚", "Skin care"))
    Category.objects.create(code="drinks", name=words("热饮", "熱飲", "Hot drinks"))
    Category.objects.create(code="meal", name=words("餐", "餐", "Meals"))
    Product.objects.create(code="R08-3", parent="R08", name=words("速干袜", "速乾襪", "Quick-dry socks"), category=skin)


def test_the_season_coupon_in_plain_sentences(goods) -> None:
    mj80 = template(threshold=60000, not_categories=["skin"], not_with=["percent"], days_valid=45, per_customer=6)

    assert terms_of(mj80) == [
        "¥80 off, once per order.",
        "Needs ¥600 or more, counted before other coupons.",
        "Not for: Skin care.",
        "Online and in all stores.",
        "Use it within 45 days after you got it.",
        "Each customer gets 6 at most.",
        "Not together with other coupons of the sort: amount, percent.",
        "If the whole order is refunded it comes back with the same end.",
        "If it ended meanwhile, you have 7 more days, once.",
    ]
    assert value_text(mj80) == "¥80"


def test_a_scenario_coupon_says_its_situation_place_and_hours(goods) -> None:
    night = template(
        "NIGHT", kind="gift", amount=0, group="gift", scenario=words("加班", "加班", "Working late"), categories=["drinks"],
        with_categories=["meal"], store_scenes=["office"], weekdays=[0, 1, 2, 3, 4], from_time=time(19),
        until_time=time(22, 30), on_refund="lapse", ends_at=datetime(2027, 1, 1, tzinfo=SHANGHAI),
    )  # fmt: skip

    assert terms_of(night) == [
        "Working late",
        "1 piece is free.",
        "For: Hot drinks.",
        "Only together with: Meals.",
        "Stores: Office district.",
        "Days: Monday–Friday.",
        "From 19:00 to 22:30.",
        "Until 2026-12-31.",
        "Each customer gets 1 at most.",
        "Not together with other coupons of the sort: gift.",
        "After a refund it does not come back.",
    ]
    assert value_text(night) == "Gift"


@pytest.mark.parametrize(
    ("rule", "said", "value"),
    [
        ({"kind": "percent", "percent": 10, "amount": 0, "most_off": 20000}, ["10 % off.", "At most ¥200 off."], "10 %"),
        ({"kind": "percent", "percent": 50, "amount": 0, "pieces": 2, "needs": ["rain"]},
         ["Of the 2 dearest pieces the cheapest is 50 % less.", "Only while it rains at the store."], "50 %"),
        ({"kind": "percent", "percent": 20, "amount": 0, "free_delivery": True, "needs": ["away"]},
         ["Delivery is free as well.", "Only in another city than that of your home store."], "20 %"),
        ({"kind": "step", "percent": 12, "amount": 0, "pieces": 3}, ["From 3 pieces on, each is 12 % less."], "12 %"),
        ({"kind": "step", "amount": 550, "pieces": 3}, ["From 3 pieces on, each is ¥5.50 less."], "¥5.50"),
        ({"kind": "gift", "amount": 0, "pieces": 2, "products": ["R08"]}, ["2 pieces are free.", "For: Quick-dry socks."], "Gift"),
        ({"kind": "sample", "amount": 0}, ["A sample to try, free."], "Sample"),
        ({"kind": "delivery", "amount": 0, "needs": ["first_order"], "channels": ["app"]},
         ["Delivery is free.", "Only for a first order.", "Channels: App."], "Free delivery"),
        ({"kind": "upgrade", "amount": 300}, ["The better one at the same price.", "The better one may cost up to ¥3 more."], "Upgrade"),
        ({"kind": "exchange", "amount": 10000, "most_off": 60000},
         ["Bring the old one: what it is worth comes off.", "It counts at least ¥100.", "At most ¥600 off."], "Exchange"),
        ({"kind": "exchange", "amount": 0}, ["One free exchange."], "Exchange"),
        ({"days_valid": 0}, ["Use it on the day you get it."], "¥80"),
        ({"from_time": time(22), "until_time": time(2)}, ["From 22:00 to 02:00 of the next day."], "¥80"),
        ({"weekdays": [0, 2, 5, 6]}, ["Days: Monday, Wednesday, Saturday, Sunday."], "¥80"),
        ({"ends_at": datetime(2026, 12, 31, 18, 0, tzinfo=SHANGHAI)}, ["Until 2026-12-31 18:00."], "¥80"),
        ({"levels": ["gold", "unknown"]}, ["Levels: Gold, unknown."], "¥80"),
        ({"stores": ["HZ01", "X9"]}, ["Stores: West Lake, X9."], "¥80"),
        ({"products": [f"P{number}" for number in range(9)]}, ["For: P0, P1, P2, P3, P4, P5 and 3 more."], "¥80"),
    ],
)  # fmt: skip
def test_every_part_of_a_rule_has_its_sentence(goods, west_lake, rule, said, value) -> None:
    Level.objects.create(programme=Programme.objects.main(), code="gold", rank=2, name=words("金卡", "金卡", "Gold"))
    one = template(**rule)

    told = terms_of(one)

    assert [sentence for sentence in said if sentence not in told] == []
    assert value_text(one) == value


# Every field that can refuse somebody; a new one fails here until it has a sentence.
SILENT = {
    "id", "code", "name", "kind", "group", "starts_at", "stock", "issued", "claimable", "offline", "cost", "campaign",
    "state", "made_by", "approved_by", "published_at", "source", "source_ref", "amount", "percent", "pieces",
}  # fmt: skip
EXAMPLES = {
    "scenario": words("雨", "雨", "Rain"), "threshold": 100, "most_off": 100, "products": ["A"], "categories": ["A"],
    "not_products": ["A"], "not_categories": ["A"], "with_categories": ["A"], "stores": ["A"], "store_scenes": ["mall"],
    "channels": ["app"], "levels": ["A"], "needs": ["rain"], "free_delivery": True, "weekdays": [1], "from_time": time(9),
    "until_time": time(9), "ends_at": timezone.now(), "days_valid": 3, "per_customer": 4, "not_with": ["gift"],
    "on_refund": "lapse",
}  # fmt: skip


def test_no_field_of_a_rule_is_silent(db) -> None:
    fields = {field.name for field in CouponTemplate._meta.concrete_fields} - SILENT
    assert fields == set(EXAMPLES)

    plain = terms_of(template("PLAIN"))
    for name, value in EXAMPLES.items():
        assert terms_of(template(f"T-{name}".replace("_", "-"), **{name: value})) != plain, name


def test_each_language_uses_its_own_names_and_commas(goods) -> None:
    told = terms_in_all(template(categories=["drinks", "meal"]))

    assert set(told) == {"zh-hans", "zh-hant", "en"}
    assert len({len(sentences) for sentences in told.values()}) == 1
    assert "热饮、餐" in told["zh-hans"][1]
    assert "熱飲、餐" in told["zh-hant"][1]
    assert "Hot drinks, Meals" in told["en"][1]
    assert all(sentence.strip() for sentences in told.values() for sentence in sentences)


def test_the_names_of_a_whole_list_are_read_at_once(goods, west_lake, django_assert_num_queries) -> None:
    many = [
        template(f"T{number}", categories=["drinks"], products=["R08"], stores=["HZ01"], levels=["gold"])
        for number in range(5)
    ]

    with django_assert_num_queries(4):
        names = names_for(many)
        for one in many:
            terms_of(one, names=names)
