"""Who works at the brand: the named people of the walk-through and the rest of the nine hundred."""

from datetime import date, timedelta

import numpy as np
from django.contrib.auth.hashers import make_password

from scrm.demo import names
from scrm.demo.accounts import PASSWORD
from scrm.demo.draws import Draws
from scrm.demo.places import Place
from scrm.kernel.words import words
from staff.models import Absence, Membership, Role, Store, Team, User

# sign-in: names, role, place (store code, team: or "" for head office)
CAST = {
    "ke.chen": ("陈可|陳可|Chen Ke", Role.ASSOCIATE, "HZ01"),
    "ruoan.shen": ("沈若安|沈若安|Shen Ruoan", Role.ADVISOR, "HZ01"),
    "shu.lin": ("林舒|林舒|Lin Shu", Role.AGENT, "team:desk-hangzhou"),
    "qing.he": ("何清|何清|He Qing", Role.LEAD, "team:west-lake"),
    "yan.gu": ("顾言|顧言|Gu Yan", Role.OPERATOR, ""),
    "zhixing.lu": ("卢知行|盧知行|Lu Zhixing", Role.AUDITOR, ""),
    "siqi.wang": ("王思齐|王思齊|Wang Siqi", Role.LEAD, "HZ01"),
    "yue.wu": ("吴越|吳越|Wu Yue", Role.ASSOCIATE, "HZ01"),
    "xiang.li": ("李想|李想|Li Xiang", Role.ASSOCIATE, "HZ01"),
    "qing.zhao": ("赵晴|趙晴|Zhao Qing", Role.ASSOCIATE, "HZ01"),
    "qi.zhao": ("赵启|趙啟|Zhao Qi", Role.ASSOCIATE, "SH01"),
    "mu.su": ("苏沐|蘇沐|Su Mu", Role.AGENT, "team:desk-hangzhou"),
    "di.tang": ("唐棣|唐棣|Tang Di", Role.LEAD, "team:desk-hangzhou"),
    "shuyao.zheng": ("郑书遥|鄭書遙|Zheng Shuyao", Role.ADVISOR, "CD01"),
    "lu.bai": ("白露|白露|Bai Lu", Role.ASSOCIATE, "HZ03"),
    "lei.shi": ("石磊|石磊|Shi Lei", Role.AGENT, "team:field-east"),
    "zhixia.feng": ("冯知夏|馮知夏|Feng Zhixia", None, ""),
    "wen.jiang": ("蒋雯|蔣雯|Jiang Wen", Role.ADVISOR, "team:business"),
    "wingshan.ho": ("何咏珊|何詠珊|Ho Wing-shan", Role.ASSOCIATE, "HK01"),
    "hui.luo": ("罗蕙|羅蕙|Luo Hui", Role.ASSOCIATE, "CD02"),
}
LANGUAGES = {"wingshan.ho": "zh-hant"}
ZONES = {"wingshan.ho": "Asia/Hong_Kong"}
OTHERS = 860  # the others


def assign(places: list[Place]) -> None:
    """Note on each place who stands on its floor."""
    by_store: dict[int, list[int]] = {}
    for user, store in (
        Membership.objects.filter(role=Role.ASSOCIATE, ends_on=None)
        .exclude(store=None)
        .order_by("user_id")
        .values_list("user_id", "store_id")
    ):
        by_store.setdefault(store, []).append(user)
    for place in places:
        place.staff = by_store.get(place.id, [])


def plant_cast(end: date) -> None:
    """The named people, with one known password."""
    known = make_password(PASSWORD)  # one hash for all: they share one password
    stores = dict(Store.objects.values_list("code", "pk"))
    teams = dict(Team.objects.values_list("code", "pk"))
    for place, (username, (full_name, role, where)) in enumerate(CAST.items()):
        years = 3 if username == "qing.he" else 1  # the lead was there before the deputy
        hans, hant, en = full_name.split("|")
        user = User.objects.create(
            username=username, email=f"{username}@example.com", password=known, full_name=words(hans, hant, en),
            language=LANGUAGES.get(username, "zh-hans"), zone=ZONES.get(username, "Asia/Shanghai"),
        )  # fmt: skip
        if role:
            Membership.objects.create(
                user=user, role=role, starts_on=end - timedelta(days=365 * years + 55 + 60 * place),
                store_id=stores.get(where), team_id=teams.get(where.removeprefix("team:")),
            )  # fmt: skip
    away = User.objects.get(username="qing.zhao")
    back = end + timedelta(days=(2 - end.weekday()) % 7 or 7)  # the coming Wednesday
    Absence.objects.create(
        user=away, starts_on=end - timedelta(days=3), ends_on=back - timedelta(days=1), reason="年假"
    )


def plant_others(places: list[Place], end: date, seed: int) -> None:
    """The rest, who cannot sign in."""
    draws = Draws(seed, "staff")
    n = np.arange(OTHERS)
    who = names.people(draws, n, np.full(OTHERS, 30), np.zeros(OTHERS, bool))
    users = User.objects.bulk_create(
        User(
            username=f"s{i:04}", email=f"s{i:04}@example.com", password="!demo",
            full_name=words(who["family"][i] + who["given"][i], who["family_hant"][i] + who["given_hant"][i],
                            who["latin"][i]),
            is_active=bool(i % 9 != 8),
        )
        for i in range(OTHERS)
    )  # fmt: skip
    seats = _seats(places)
    teams = dict(Team.objects.values_list("code", "pk"))
    desks = [teams[f"desk-{region}"] for region in ("hangzhou", "south", "north", "west")]
    memberships, absences = [], []
    for i, user in enumerate(users):
        started = end - timedelta(days=40 + int(draws.u(n[i : i + 1], 1)[0] * 1800))
        seat = {"role": Role.AGENT, "team_id": desks[i % 4]}
        if i < len(seats):
            store, role = seats[i]
            seat = {"role": role, "store_id": store}
        elif i % 5 == 0:
            seat = {"role": Role.ADVISOR, "team_id": teams["business"]}
        left = None if user.is_active else max(started, end - timedelta(days=int(draws.u(n[i : i + 1], 2)[0] * 360)))
        memberships.append(Membership(user=user, starts_on=started, ends_on=left, **seat))
        if left is None and draws.u(n[i : i + 1], 3)[0] < 0.03:
            absences.append(Absence(user=user, starts_on=end - timedelta(days=1), ends_on=end + timedelta(days=2)))
    Membership.objects.bulk_create(memberships)
    Absence.objects.bulk_create(absences)


def _seats(places: list[Place]) -> list[tuple[int, str]]:
    """Store by store: a lead, an advisor in the large ones, and associates by size, until all stores are staffed."""
    seats: list[tuple[int, str]] = []
    for place in places:
        size = {"flagship": 20, "hall": 16, "full": 12, "express": 8}[place.kind]
        seats += [(place.id, Role.LEAD)] * (place.code != "HZ01")
        seats += [(place.id, Role.ADVISOR)] * {"flagship": 3, "hall": 2, "full": 1, "express": 0}[place.kind]
        seats += [(place.id, Role.ASSOCIATE)] * size
    return seats
