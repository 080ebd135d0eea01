"""Two thousand things to sell, made from the articles by rule, and what stands in which store."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.db import connection
from django.utils import timezone

from commerce.models import Category, Product, Stock
from scrm.demo import goods
from scrm.demo.copying import copy, moments
from scrm.demo.draws import Array, Draws, poisson
from scrm.demo.places import Place, three
from scrm.kernel.words import words

SIZES = {
    "T": ["XS", "S", "M", "L", "XL", "XXL"],
    "S": [f"{n / 2:g}" for n in range(70, 89)],
    "K": [str(n) for n in range(100, 151, 10)],
}
# The brand's scenes, as its colleagues tap them → the words the articles are marked with.
SCENES = {
    "everyday": {"daily", "commute", "office", "home", "breakfast", "school"}, "gift": {"gift", "parents", "festival"},
    "trip": {"trip", "travel", "hike", "outdoor"}, "overtime": {"overtime", "after work"},
    "sport": {"yoga", "gym", "run", "fitness", "race", "night run", "winter run"},
    "renovation": {"old house", "new home", "baby"},
}  # fmt: skip
FLAGSHIP_STOCK = {"flagship": 2.4, "full": 1.0, "hall": 0.2, "express": 0.05}
HELD_AT_WEST_LAKE = {"Y03-PN-M": 3, "Y01-BK-S": 1}


@dataclass
class Sku:
    code: str
    parent: str
    name: dict[str, str]
    kind: str
    category: str
    price: int
    size: str
    attributes: dict[str, Any]
    past: bool = False
    id: int = 0


def skus(end: date) -> list[Sku]:
    """This season's goods, three past seasons of the seasonal ones, then fees and cards, in a fixed order."""
    current = [sku for line in goods.GOODS.strip().splitlines() for sku in _article(line)]
    past = [
        _of_season(sku, year, season)
        for year, season in _past_seasons(end)
        for sku in current
        if sku.parent[0] in "YRC" and sku.parent not in goods.EVERGREEN
    ]
    extras = [
        Sku(code, "", three(text), kind, "extra", price, "", {}) for code, text, kind, price in goods.EXTRAS
    ]  # fmt: skip
    made = current + past + extras
    for number, sku in enumerate(made):
        sku.attributes["ean"] = _ean(number)
    return made


def plant(end: date) -> None:
    categories: dict[str, Category] = {}
    for code, (text, parent) in goods.CATEGORIES.items():
        categories[code] = Category.objects.create(code=code, name=three(text), parent=categories.get(parent))
    made = skus(end)
    Product.objects.bulk_create([
        Product(code=sku.code, parent=sku.parent, name=sku.name, category=categories[sku.category], kind=sku.kind,
                brand="松叙", price=sku.price, size=sku.size, attributes=sku.attributes)
        for sku in made
    ], batch_size=1000)  # fmt: skip


def known(end: date) -> list[Sku]:
    """The goods with the ids they have in the database."""
    ids = dict(Product.objects.values_list("code", "pk"))
    made = skus(end)
    for sku in made:
        sku.id = ids[sku.code]
    return made


def _article(line: str) -> list[Sku]:
    code, hans, hant, en, price, margin, variants, scenes, *rest = line.split("|")
    rhythm = " ".join(rest)
    name = [re.sub(r" \((?:contains|nuts|cord|new).*?\)", "", part) for part in (hans, hant, en)]
    marks = [scene.strip() for scene in scenes.split(",") if scene != "–"]
    own = [scene for scene, said in SCENES.items() if said & set(marks) and scene not in marks]
    attributes: dict[str, Any] = {"scenes": marks + own}
    if margin.isdigit():
        attributes["margin"] = int(margin)
    if season := next((part for part in ("AW", "SS") if part in rhythm.split() or part in rhythm.split(", ")), ""):
        attributes["season"] = "" if "SS AW" in rhythm else season
    if found := re.search(r"\br(\d+)", rhythm):
        attributes["refill_days"] = int(found[1])
    if found := re.search(r"\bl(\d+)", rhythm):
        attributes["life_months"] = int(found[1])
    if code in goods.WORN:
        attributes["worn"] = goods.WORN[code]
    if code in goods.CONTAINS:
        attributes["contains"] = goods.CONTAINS[code]
    kind = "service" if code in ("B05", "B08") else "goods"
    cents = int(price.split("–")[0]) * 100
    out = []
    for suffix, size, own, more in _variants(code, variants):
        text = [f"{part} {extra}".strip() for part, extra in zip(name, own, strict=True)]
        step = 400 if code[0] == "F" and size == "L" else 0
        extra = {**attributes, **more}
        if f"{code}{suffix}" in goods.CONTAINS:
            extra["contains"] = goods.CONTAINS[f"{code}{suffix}"]
        out.append(
            Sku(f"{code}{suffix}", code, words(*text), kind, goods.CATEGORY_OF[code[0]], cents + step, size, extra)
        )
    return out  # fmt: skip


def _variants(code: str, text: str) -> list[tuple[str, str, list[str], dict[str, Any]]]:
    """Per variant: code suffix, size, words added to the name in three languages, attributes."""
    none = ["", "", ""]
    if code in goods.VARIANTS:
        listed: list[tuple[str, str, list[str], dict[str, Any]]] = []
        for number, variant in enumerate(goods.VARIANTS[code], 1):
            own = variant.split("|") if "|" in variant else [variant] * 3
            listed.append((f"-{number}", "", own, {}))
        return listed
    sizes: list[str] = [""]
    if code == "C03":
        sizes = SIZES["K"] + SIZES["T"]
    elif code == "C02":
        sizes = [str(n) for n in range(26, 37)]
    elif code == "H13":
        sizes = ["1.5 m", "1.8 m", "2 m"]
    elif code == "R08":
        sizes = ["S", "M", "L"]
    elif code[0] == "F" and text in ("M,L", "M"):
        sizes = text.split(",")
    elif text[:1] in SIZES and text[:2] in (text[:1], f"{text[:1]}×"):
        sizes = SIZES[text[0]]
    times = re.search(r"×(\d)|^(\d)(?!\d)", text)
    if code == "H13":
        colours = 2
    elif code in ("R08",) or code[0] == "F" or times is None:
        colours = 1 if not (times and code[0] != "F" and code != "R08") else int(times[1] or times[2])
    else:
        colours = int(times[1] or times[2])
    out: list[tuple[str, str, list[str], dict[str, Any]]] = []
    for colour in list(goods.COLOURS)[:colours] if colours > 1 else [""]:
        own = goods.COLOURS[colour].split("|") if colour else none
        more = {"colour": colour} if colour else {}
        for size in sizes:
            suffix = "".join(f"-{part.replace(' ', '')}" for part in (colour, size) if part)
            out.append((suffix, size, own, more))
    return out


def _past_seasons(end: date) -> list[tuple[int, str]]:
    """The three seasons before the one of `end`, newest first."""
    half = end.year * 2 + (1 if end.month >= 9 else 0 if end.month >= 3 else -1)
    return [((half - back) // 2, "AW" if (half - back) % 2 else "SS") for back in (1, 2, 3)]


def _of_season(sku: Sku, year: int, season: str) -> Sku:
    mark = f"{year % 100:02}"
    hans = f"{sku.name['zh-hans']} · {mark} {'秋' if season == 'AW' else '春'}"
    hant = f"{sku.name['zh-hant']} · {mark} {'秋' if season == 'AW' else '春'}"
    en = f"{sku.name['en']} · {mark} {'autumn' if season == 'AW' else 'spring'}"
    price = int(sku.price * 0.7 / 1000) * 1000 + 900
    more = {**sku.attributes, "past": f"{mark}{season}", "clearance": True}
    return Sku(f"{sku.code}-{mark}{season[0]}", sku.parent, words(hans, hant, en), sku.kind, sku.category, price,
               sku.size, more, past=True)  # fmt: skip


def _ean(number: int) -> str:
    digits = f"299{number * 7 + 100_000_000:09}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"


def plant_stock(end: date, seed: int, places: list[Place], size: int) -> None:
    """How many of each stand where; more customers, more goods."""
    made, draws = known(end), Draws(seed, "stock")
    goods_ = [(i, sku) for i, sku in enumerate(made) if sku.kind == "goods" and _is_stocked(sku)]
    index = np.array([i for i, _sku in goods_])
    thin = np.array([0.15 if sku.past else 1.0 for _i, sku in goods_])
    ids = np.array([sku.id for _i, sku in goods_])
    worn = np.array([sku.parent[0] in "YRC" for _i, sku in goods_])
    machine = np.array([sku.parent[0] in "HB" for _i, sku in goods_])
    growth = max(1.0, size / 20_000)
    found: list[tuple[Array, Array, Array]] = []
    for number, place in enumerate(places):
        mean = 3.2 * FLAGSHIP_STOCK[place.kind] * thin * growth
        if place.kind == "express":
            mean = np.where(machine, 0.0, np.where(worn, mean, 3.2 * thin * growth))
        n = number * 10_000 + index
        quantity = np.where(draws.u(n, 1) < 0.06, 0, poisson(draws.u(n, 0), mean))
        quantity = _by_hand(place, goods_, quantity)
        kept = np.flatnonzero((quantity > 0) | ((mean > 0.4) & (thin == 1.0)))
        found.append((np.full(len(kept), place.id), ids[kept], quantity[kept]))
    store, product, quantity = (np.concatenate(column) for column in zip(*found, strict=True))
    counted = np.full(len(store), int(timezone.now().timestamp()))
    with connection.cursor() as cursor:
        copy(cursor.cursor, Stock, {
            "store_id": store, "product_id": product, "quantity": quantity, "counted_at": moments(counted),
        })  # fmt: skip


def _by_hand(place: Place, goods_: list[tuple[int, Sku]], quantity: Array) -> Array:
    if place.code == "HZ01":
        for at, (_i, sku) in enumerate(goods_):
            quantity[at] = HELD_AT_WEST_LAKE.get(sku.code, quantity[at])
    return quantity


def _is_stocked(sku: Sku) -> bool:
    return sku.parent not in {f"F{n:02}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14)} | {"B01", "B04"}
