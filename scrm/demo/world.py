"""What every worker must know to make a block: places, goods, days and numbers, as arrays."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property

import numpy as np
import pyarrow as pa

from scrm.demo import days, goods
from scrm.demo.catalogue import Sku
from scrm.demo.draws import Array, beta_table, gamma_table
from scrm.demo.loyalty_rules import Loyalty
from scrm.demo.places import CITIES, Place

BLOCK = 10_000  # customers
FIRST_CUSTOMER = 1_000  # below stand the people with names of their own
SPAN = 10_000_000  # ids a block may use in each table; below stand the rows of the cast
CAPPED_ABOVE = 200_000

GROUPS = ["F", "S", "K", "H", "M", "G", "B"]  # coffee, sport, skin, home, machines, gifts, business
F, S, K, H, M, G, B = range(7)


@dataclass
class World:
    """Picklable: what differs between loads. The rest is worked out at first use."""

    seed: int
    end: date
    moment: datetime
    customers: int
    full_history: bool
    places: list[Place]
    skus: list[Sku]
    loyalty: Loyalty

    @property
    def capped(self) -> bool:
        return self.customers > CAPPED_ABOVE and not self.full_history

    @cached_property
    def now(self) -> int:
        return int(self.moment.astimezone(UTC).timestamp())

    @cached_property
    def days(self) -> days.Days:
        return days.of(self.end)

    # places as columns

    @cached_property
    def store_id(self) -> Array:
        return np.array([place.id for place in self.places])

    @cached_property
    def store_code(self) -> Array:
        return np.array([place.code for place in self.places], object)

    @cached_property
    def store_weight(self) -> Array:
        return np.array([place.weight for place in self.places])

    @cached_property
    def store_scene(self) -> Array:
        return np.array([days.SCENES.index(place.scene) for place in self.places])

    @cached_property
    def store_city(self) -> Array:
        return np.array([place.city for place in self.places])

    @cached_property
    def is_express(self) -> Array:
        return np.array([place.kind == "express" for place in self.places])

    @cached_property
    def is_hall(self) -> Array:
        return np.array([place.kind == "hall" for place in self.places])

    @cached_property
    def is_hong_kong(self) -> Array:
        return np.array([place.code.startswith("HK") for place in self.places])

    @cached_property
    def closed_sunday(self) -> Array:
        return np.array([place.closed_sunday for place in self.places])

    @cached_property
    def opened(self) -> Array:
        """Day of the window on which a store opened; negative before it."""
        return days.WINDOW - 1 - np.array([place.opened for place in self.places])

    @cached_property
    def staff(self) -> Array:
        """One row a store, filled up by repetition: who may have received somebody."""
        width = max(len(place.staff) for place in self.places) or 1
        rows = [place.staff or [0] for place in self.places]
        return np.array([[row[i % len(row)] for i in range(width)] for row in rows])

    def neighbours(self, express: bool) -> tuple[Array, Array]:
        """Per city the stores one may go to (with or without express ones): (a padded table, counts)."""
        rows = []
        for city in range(len(CITIES)):
            rows.append([
                i for i, place in enumerate(self.places)
                if place.city == city and (express or place.kind != "express")
            ])  # fmt: skip
        counts = np.array([len(row) for row in rows])
        width = counts.max()
        return np.array([(row * width)[:width] for row in rows]), counts

    @cached_property
    def any_store(self) -> tuple[Array, Array]:
        return self.neighbours(True)

    @cached_property
    def large_store(self) -> tuple[Array, Array]:
        return self.neighbours(False)

    # goods as columns

    @cached_property
    def price(self) -> Array:
        return np.array([sku.price for sku in self.skus], np.int64)

    @cached_property
    def sku_id(self) -> Array:
        return np.array([sku.id for sku in self.skus], np.int64)

    @cached_property
    def sku_code(self) -> pa.Array:
        return pa.array([sku.code for sku in self.skus])

    @cached_property
    def sku_name(self) -> pa.Array:
        return pa.array([sku.name["zh-hans"] for sku in self.skus])

    @cached_property
    def sku_words(self) -> pa.Array:
        import json

        return pa.array([json.dumps(sku.name, ensure_ascii=False) for sku in self.skus])

    @cached_property
    def sku_kind(self) -> pa.Array:
        return pa.array([sku.kind for sku in self.skus])

    @cached_property
    def sku_group(self) -> Array:
        """The letter of the article, as a number: Y R C F H K B, 7 for fees."""
        return np.array(["YRCFHKB".find(sku.code[0]) % 8 for sku in self.skus])

    @cached_property
    def is_shoe(self) -> Array:
        return np.array([sku.parent in ("R01", "R02", "R03", "C02") for sku in self.skus])

    @cached_property
    def parents(self) -> list[str]:
        return sorted({sku.parent for sku in self.skus if sku.parent})

    @cached_property
    def parent(self) -> Array:
        place = {code: i for i, code in enumerate(self.parents)}
        return np.array([place.get(sku.parent, -1) for sku in self.skus])

    @cached_property
    def variants(self) -> dict[str, Array]:
        """This season's goods per article."""
        return {
            code: np.array([i for i, sku in enumerate(self.skus) if sku.parent == code and not sku.past])
            for code in self.parents
        }

    def index(self, code: str) -> int:
        return next(i for i, sku in enumerate(self.skus) if sku.code == code)

    @cached_property
    def choices(self) -> dict[tuple[int, str], tuple[Array, Array]]:
        """Per group and season (SS, AW, past): (goods, cumulated weights): Zipf over articles, even over variants."""
        out = {}
        for group, letters in ((F, "F"), (S, "YRC"), (K, "K"), (H, "H"), (M, "M"), (G, "G"), (B, "B")):
            for season in ("SS", "AW", "past"):
                past = season == "past" and group == S
                pool = [
                    (i, sku) for i, sku in enumerate(self.skus)
                    if sku.past == past and sku.kind == "goods" and _sold_as(sku, letters)
                ]  # fmt: skip
                rank = {code: r + 1 for r, code in enumerate(dict.fromkeys(sku.parent for _i, sku in pool))}
                count: dict[str, int] = {}
                for _i, sku in pool:
                    count[sku.parent] = count.get(sku.parent, 0) + 1
                weights = [
                    rank[sku.parent] ** -0.85 / count[sku.parent]
                    * (1.0 if past or sku.attributes.get("season") in (None, "", season) else 0.12)
                    for _i, sku in pool
                ]  # fmt: skip
                cumulated = np.cumsum(weights)
                out[group, season] = (np.array([i for i, _sku in pool]), cumulated / cumulated[-1])
        return out

    @cached_property
    def gamma(self) -> dict[float, Array]:
        return {shape: gamma_table(shape) for shape in (0.6, 0.8, 0.9, 1.0, 1.4, 1.6, 2.0, 2.2, 2.5)}

    @cached_property
    def depth(self) -> Array:
        return beta_table(2, 9)


GIFTS = {"H07", "H14", "H15", "H10", "K07", "K08", "K02", "R08", "C03", "F12", "F13", "Y07", "B03", "H16", "H11"}


def _sold_as(sku: Sku, letters: str) -> bool:
    if sku.parent in ("K09", "F14", "B08", "B05"):
        return False
    if letters == "M":
        return sku.parent in ("H01", "H08", "H09", "B06", "H04")
    if letters == "G":
        return sku.parent in GIFTS
    if letters == "H":
        return (sku.code[0] == "H" and sku.parent not in goods.MACHINES) or sku.parent == "B07"
    if letters == "B":
        return sku.parent in ("B01", "B02", "B03", "B04", "H04", "F12")
    return sku.code[0] in letters
