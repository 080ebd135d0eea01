"""A block's people as rows: names with their dirt, sealed phones, member numbers and mails."""

from typing import Any

import numpy as np
import pyarrow as pa

from customers.models import Address, Customer, DataKey, Identity
from scrm.demo import names
from scrm.demo.copying import copy, moments, numbers, words_of
from scrm.demo.draws import Array, Draws
from scrm.demo.people import DIGIT, FAMILY, MASKED, SAME, People
from scrm.demo.places import CITIES
from scrm.demo.world import World
from scrm.kernel import sealed

LOCALES = ["zh-hans", "zh-hant", "en"]
ROADS = [f"{sign}{road}" for sign in "松云石柳竹溪梅鹤枫荷" for road in ("涧路", "影路", "桥路", "麓街", "间巷")]
COMPANIES = ["云岭", "拾光", "北屿", "青禾", "望山", "白墙", "一木", "澄海", "南枝", "远帆"]
TRADES = ["设计", "科技", "咨询", "建筑", "传媒", "民宿", "健身", "律所"]


def member_number(people: People) -> Array:
    """2… for people met in a store, 3… for those met online; never one of the cast."""
    return (2 + people.born_online) * 10_000_000 + 1_000_000 + (people.n * 7919 + 13) % 8_999_993


def phone(n: Array) -> Array:
    """All different, none of the cast; the tail 1234 belongs to three people of the cast alone."""
    number = 19_901_000_000 + (n * 7919 + 13) % 1_000_000
    return np.where(number % 10_000 == 1234, number + 1_000_001, number)


def write_people(cursor: Any, world: World, people: People) -> None:
    draws = Draws(world.seed, "person rows")
    shown = _shown(draws, people)
    born = people.born
    odd = born["odd_date"]
    year = np.where(odd, 1900, world.end.year - born["age"])
    month, day = np.where(odd, 1, born["month"]), np.where(odd, 1, born["day"])
    no_day = ~(born["day_known"] | odd)
    latin = (people.locale == 2) | world.is_hong_kong[people.store]
    chinese = people.locale != 2
    copy(cursor, Customer, {
        "id": people.id,
        "number": numbers(member_number(people)).cast(pa.string()),
        "family_name": pa.array(np.where(born["pinyin"] | ~chinese, "", shown["family"])),
        "given_name": pa.array(np.where(born["nameless"] | born["masked"] | born["pinyin"] | ~chinese, "", shown["given"])),
        "display_name": pa.array(shown["display"]),
        "latin_name": pa.array(np.where(latin, born["latin"], "")),
        "birth_year": numbers(year, ~(born["age_known"] | odd)),
        "birth_month": numbers(month, no_day),
        "birth_day": numbers(day, no_day),
        "company_name": pa.array(_companies(draws, people)),
        "locale": words_of(LOCALES, people.locale),
        "home_store_id": world.store_id[people.store],
        "joined_at": moments(people.joined),
    })  # fmt: skip
    _write_addresses(cursor, world, draws, people)
    _write_identities(cursor, world, draws, people)


def _shown(draws: Draws, people: People) -> dict[str, Array]:
    n, born = people.n, people.born
    hant = people.locale == 1
    family = np.where(hant, born["family_hant"], born["family"])
    given = np.where(hant, born["given_hant"], born["given"])
    display = family + given
    display = np.where(people.locale == 2, born["latin"], display)
    emoji = np.array(list(names.EMOJI), object)[draws.below(n, 1, len(names.EMOJI))]
    nick = np.array(names.NICKNAMES, object)[draws.below(n, 2, len(names.NICKNAMES))]
    u = draws.u(n, 3)
    display = np.where(u < 0.011, np.where(draws.u(n, 4) < 0.5, display + emoji, nick + emoji), display)
    display = np.where((u > 0.011) & (u < 0.017), family + " " + given, display)
    title = np.where(draws.u(n, 5) < 0.5, "小姐", "先生")
    display = np.where(born["nameless"], family + title, display)
    display = np.where(born["pinyin"], born["latin"], display)
    display = np.where(born["masked"], family + "**", display)
    return {"family": family, "given": given, "display": display}


def _companies(draws: Draws, people: People) -> Array:
    name = (
        np.array(COMPANIES, object)[draws.below(people.n, 6, len(COMPANIES))]
        + (np.array(TRADES, object)[draws.below(people.n, 7, len(TRADES))])
    )
    return np.where(people.company | (draws.u(people.n, 8) < 0.015), name, "")


def _write_addresses(cursor: Any, world: World, draws: Draws, people: People) -> None:
    """Who buys online mostly has told one; the roads are invented."""
    told = np.flatnonzero(draws.u(people.n, 14) < 0.15 + 0.4 * people.online)
    n, store = people.n[told], people.store[told]
    city = [CITIES[place.city][2].split("|")[0] for place in world.places]
    district = [
        CITIES[place.city][4].split(",")[int(place.code[2:]) - 1].split("|")[0] for place in world.places
    ]  # fmt: skip
    road = np.array(ROADS, object)[draws.below(n, 15, len(ROADS))]
    house = (1 + draws.below(n, 16, 380)).astype(str).astype(object)
    flat = (101 + 100 * draws.below(n, 17, 18) + draws.below(n, 18, 4)).astype(str).astype(object)
    copy(cursor, Address, {
        "id": people.id[0] + np.arange(len(told)),
        "customer_id": people.id[told],
        "country": np.where(world.is_hong_kong[store], "HK", "CN").astype(object),
        "city": np.array(city, object)[store],
        "district": np.array(district, object)[store],
        "street": road + " " + house + " 号 " + flat + " 室",
        "source": pa.repeat("shop", len(told)),
    })  # fmt: skip


def _write_identities(cursor: Any, world: World, draws: Draws, people: People) -> None:
    """One key per person; a repeated record holds the first one's phone as a former one."""
    n = people.n
    member, own = member_number(people), phone(n)
    former = np.where(people.twin_of >= 0, phone(np.maximum(people.twin_of, 0)), 0)
    same = (people.twin_way == SAME) | (people.twin_way == FAMILY)
    one_off = people.twin_way == DIGIT
    without = (draws.u(n, 11) < 0.009) | (people.twin_way == MASKED)
    mail = draws.u(n, 12) < 0.23
    wrapped, rows = [], []
    for i, number in enumerate(n.tolist()):
        key, closed = sealed.new_data_key()
        wrapped.append("\\x" + closed.hex())
        joined = int(people.joined[i])
        rows.append(_row(i, "member_no", str(member[i]), key, joined, True))
        if not without[i]:
            # One digit wrong: a number of a range nobody else has.
            told = former[i] + 10_000_000 if one_off[i] else former[i] if same[i] else own[i]
            rows.append(_row(i, "phone", f"+86{told}", key, joined + 60, not same[i]))
        if mail[i]:
            rows.append(_row(i, "mail", f"u{number}@example.com", key, joined + 3600, True))
    ids = people.id
    copy(cursor, DataKey, {"id": ids, "customer_id": ids, "wrapped": wrapped, "created_at": moments(people.joined)})
    index, kind, blind, secret, tail, hint, at, active = zip(*rows, strict=True)
    place = np.array(index)
    base = ids[0] * 4
    copy(cursor, Identity, {
        "id": base + np.arange(len(rows)),
        "customer_id": ids[place],
        "kind": list(kind),
        "blind_index": list(blind),
        "sealed": list(secret),
        "key_id": ids[place],
        "tail": list(tail),
        "hint": list(hint),
        "source": words_of(["pos", "shop"], people.born_online[place].astype(np.int64)),
        # Nobody confirmed a number with a digit wrong.
        "verified_at": moments(np.array(at), (place % 10 == 7) | (one_off[place] & (np.array(kind) == "phone"))),
        "active": list(active),
        "created_at": moments(np.array(at)),
    })  # fmt: skip


def _row(index: int, kind: str, value: str, key: bytes, at: int, active: bool) -> tuple[Any, ...]:
    return (index, kind, "\\x" + sealed.blind_index(kind, value).hex(), "\\x" + sealed.seal(value, key).hex(),
            Identity.tail_of(kind, value), Identity.mask(kind, value), at, active)  # fmt: skip
