"""Regions, cities, the sixty stores, their opening hours and the teams."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, time, timedelta

import numpy as np

from scrm.demo import days
from scrm.demo.draws import Draws
from scrm.kernel.words import words
from staff.models import Calendar, CalendarDay, CalendarHours, Region, Store, Team

REGIONS = [("east", "华东", "華東", "East"), ("south", "华南", "華南", "South"), ("north", "华北", "華北", "North"),
           ("west", "华西", "華西", "West")]  # fmt: skip

# code, region, names, stores, eight district words (hans|hant|en)
CITIES = [
    ("HZ", "east", "杭州|杭州|Hangzhou", 10, "西湖|西湖|West Lake,武林|武林|Wulin,滨江|濱江|Binjiang,满陇|滿隴|Manlong,紫金|紫金|Zijin,良渚|良渚|Liangzhu,城西|城西|Chengxi,下沙|下沙|Xiasha,运河|運河|Grand Canal,钱江|錢江|Qianjiang"),
    ("SH", "east", "上海|上海|Shanghai", 9, "静安|靜安|Jing'an,张江|張江|Zhangjiang,徐汇|徐匯|Xuhui,五角场|五角場|Wujiaochang,陆家嘴|陸家嘴|Lujiazui,虹桥|虹橋|Hongqiao,新天地|新天地|Xintiandi,大学路|大學路|University Road,古北|古北|Gubei"),
    ("SU", "east", "苏州|蘇州|Suzhou", 4, "平江|平江|Pingjiang,金鸡湖|金雞湖|Jinji Lake,狮山|獅山|Shishan,独墅湖|獨墅湖|Dushu Lake"),
    ("NJ", "east", "南京|南京|Nanjing", 4, "河西|河西|Hexi,新街口|新街口|Xinjiekou,仙林|仙林|Xianlin,秦淮|秦淮|Qinhuai"),
    ("SZ", "south", "深圳|深圳|Shenzhen", 6, "福田|福田|Futian,南山|南山|Nanshan,前海|前海|Qianhai,华强北|華強北|Huaqiangbei,大学城|大學城|University Town,宝安|寶安|Bao'an"),
    ("GZ", "south", "广州|廣州|Guangzhou", 5, "天河|天河|Tianhe,珠江新城|珠江新城|Zhujiang New Town,北京路|北京路|Beijing Road,五山|五山|Wushan,番禺|番禺|Panyu"),
    ("HK", "south", "香港|香港|Hong Kong", 1, "铜锣湾|銅鑼灣|Causeway Bay"),
    ("BJ", "north", "北京|北京|Beijing", 6, "亮马|亮馬|Liangma,望京|望京|Wangjing,国贸|國貿|Guomao,五道口|五道口|Wudaokou,三里屯|三里屯|Sanlitun,中关村|中關村|Zhongguancun"),
    ("XA", "north", "西安|西安|Xi'an", 3, "曲江|曲江|Qujiang,高新|高新|Gaoxin,小寨|小寨|Xiaozhai"),
    ("CD", "west", "成都|成都|Chengdu", 6, "春熙|春熙|Chunxi,玉林|玉林|Yulin,天府|天府|Tianfu,太古|太古|Taikoo,川大|川大|Sichuan University,桐梓林|桐梓林|Tongzilin"),
    ("CQ", "west", "重庆|重慶|Chongqing", 3, "解放碑|解放碑|Jiefangbei,江北|江北|Jiangbei,沙坪坝|沙坪壩|Shapingba"),
    ("WH", "west", "武汉|武漢|Wuhan", 3, "江汉路|江漢路|Jianghan Road,光谷|光谷|Optics Valley,楚河|楚河|Chu River"),
]  # fmt: skip

# kind and scene of each store in the order of its city: F flagship, H hall, U full, X express · m o c n (neighbourhood)
SHAPES = {
    "HZ": "Fm Um Xo Xn Xc Un Um Xc Xo Xo", "SH": "Fm Xo Um Xc Hm Xo Um Xc Un", "SU": "Um Xo Hm Xc",
    "NJ": "Um Um Xc Un", "SZ": "Fo Xo Xo Uo Xc Un", "GZ": "Hm Xo Um Xc Un", "HK": "Um",
    "BJ": "Hm Xo Xo Uo Um Xo", "XA": "Um Xo Hn", "CD": "Fm Un Xo Um Uo Un", "CQ": "Hm Um Xo", "WH": "Um Uo Un",
}  # fmt: skip
KINDS = {"F": "flagship", "H": "hall", "U": "full", "X": "express"}
SCENES = {"m": "mall", "o": "office", "c": "campus", "n": "community"}
KIND_WEIGHT = {"flagship": 3.0, "hall": 1.4, "full": 1.5, "express": 1.0}
AREAS = {"HZ01": 620, "HZ02": 210, "HZ03": 46, "HZ04": 58, "HZ05": 34, "SH01": 540, "SH02": 52, "SH03": 240,
         "BJ01": 380, "BJ02": 48, "SZ01": 460, "GZ01": 330, "CD01": 500, "CD02": 150, "NJ01": 190,
         "HK01": 130}  # fmt: skip
AREA_RANGE = {"express": (24, 60), "full": (110, 260), "hall": (280, 420), "flagship": (440, 640)}
OWN_CALENDAR = {"HZ03": "binjiang", "HZ04": "manlong", "HZ05": "campus", "SH02": "long-office", "BJ02": "wangjing",
                "SZ01": "futian", "CD01": "chunxi", "CD02": "yulin", "HK01": "causeway"}  # fmt: skip
YOUNG = {"WH03": 700, "CQ03": 520, "SU04": 400, "HZ10": 300, "SZ06": 210, "XA03": 120}  # days before D it opened

# code: names, (weekdays, opens, closes)…
CALENDARS: dict[str, tuple[str, list[tuple[Iterable[int], str, str]]]] = {
    "mall": ("商场|商場|Mall", [(range(7), "10:00", "22:00")]),
    "office": ("写字楼|寫字樓|Office", [(range(5), "7:30", "22:00"), ([5], "9:00", "18:00"), ([6], "9:00", "18:00")]),
    "office-6": ("写字楼，周日休|寫字樓，週日休|Office, Sundays closed", [(range(5), "7:30", "22:00"), ([5], "9:00", "18:00")]),
    "campus": ("校园|校園|Campus", [(range(7), "7:30", "22:00")]),
    "community": ("社区|社區|Neighbourhood", [(range(7), "8:30", "20:30")]),
    "community-split": ("社区，午休|社區，午休|Neighbourhood, lunch break", [(range(7), "8:30", "12:30"), (range(7), "13:30", "20:30")]),
    "binjiang": ("滨江|濱江|Binjiang", [(range(5), "7:30", "22:30"), ([5, 6], "9:00", "18:00")]),
    "long-office": ("张江|張江|Zhangjiang", [(range(7), "7:30", "22:30")]),
    "wangjing": ("望京|望京|Wangjing", [(range(7), "7:30", "21:30")]),
    "futian": ("福田|福田|Futian", [(range(7), "9:00", "22:00")]),
    "chunxi": ("春熙|春熙|Chunxi", [(range(7), "10:00", "22:30")]),
    "manlong": ("满陇|滿隴|Manlong", [(range(7), "8:00", "20:00")]),
    "yulin": ("玉林|玉林|Yulin", [(range(7), "9:00", "21:00")]),
    "causeway": ("铜锣湾|銅鑼灣|Causeway Bay", [(range(7), "11:00", "22:00")]),
    "desk": ("客服|客服|Service desk", [(range(7), "9:00", "22:00")]),
}  # fmt: skip
SPLIT = {"HZ06", "SH09", "NJ04", "GZ05", "CD06"}


@dataclass
class Place:
    """One store as the load sees it."""

    code: str
    city: int
    kind: str
    scene: str
    weight: float
    opened: int  # days before D
    closed_sunday: bool
    id: int = 0
    staff: list[int] = field(default_factory=list)


def shape() -> list[Place]:
    """The sixty stores in a fixed order: their index is what the draws pick."""
    out: list[Place] = []
    for city, (code, _region, _names, count, _districts) in enumerate(CITIES):
        forms = SHAPES[code].split()
        assert len(forms) == count
        for number, form in enumerate(forms, 1):
            kind = KINDS[form[0]]
            store = f"{code}{number:02}"
            scene = SCENES[form[1]]
            out.append(Place(store, city, kind, scene, KIND_WEIGHT[kind], YOUNG.get(store, 2000 + 37 * len(out)),
                             scene == "office" and store not in OWN_CALENDAR and number % 2 == 0))  # fmt: skip
    return out


def three(text: str) -> dict[str, str]:
    hans, hant, en = text.split("|")
    return words(hans, hant, en)


def plant(end: date, seed: int) -> list[Place]:
    """Regions, calendars and stores into the database; the shape with its ids."""
    regions = {code: Region.objects.create(code=code, name=words(*names)) for code, *names in REGIONS}
    calendars = _calendars(end)
    draws = Draws(seed, "places")
    places = shape()
    full = 0
    for index, place in enumerate(places):
        code, region, city, _count, districts = CITIES[place.city]
        number = int(place.code[2:])
        hans, hant, en = districts.split(",")[number - 1].split("|")
        low, high = AREA_RANGE[place.kind]
        n = np.array([index])
        full += place.kind == "full"
        zone = "Asia/Hong_Kong" if code == "HK" else "Asia/Shanghai"
        store = Store.objects.create(
            code=place.code,
            name=words(f"{hans}店", f"{hant}店", en),
            region=regions[region],
            kind=place.kind,
            scene=place.scene,
            city=three(city),
            district=words(hans, hant, en),
            area_m2=AREAS.get(place.code) or int(draws.u(n, 0)[0] * (high - low) + low),
            features=_features(place, index, full),
            calendar=calendars[_calendar_code(place)],
            zone=zone,
            currency="HKD" if code == "HK" else "CNY",
            opened_on=end - timedelta(days=place.opened),
        )
        place.id = store.pk
    _teams(regions, {place.code: place.id for place in places})
    return places


def known() -> list[Place]:
    """The shape with the ids of stores that are in the database already."""
    ids = dict(Store.objects.values_list("code", "pk"))
    places = shape()
    for place in places:
        place.id = ids[place.code]
    return places


def _calendar_code(place: Place) -> str:
    if place.code in OWN_CALENDAR:
        return OWN_CALENDAR[place.code]
    if place.scene == "office":
        return "office-6" if place.closed_sunday else "office"
    return "community-split" if place.code in SPLIT else place.scene


def _features(place: Place, index: int, full: int) -> list[str]:
    """Codes of what a store offers; the words stand in the catalogue of translations."""
    found = []
    if place.code in {"HZ01", "HZ04", "HZ06", "CD02", "CD06", "SH09", "NJ04", "GZ05", "WH03"}:
        found.append("pets")
    if index % 8 not in (3, 5, 7):
        found.append("step_free")
    if place.scene == "mall" and index % 3 != 1:
        found.append("nursing_room")
    if place.scene in ("office", "campus") and index % 4 != 2:
        found.append("sockets")
    if place.kind == "flagship" or place.kind == "hall" or (place.kind == "full" and full % 4 == 0):
        found.append("repair_bench")
    if place.code not in {"HZ07", "SH07", "NJ02", "GZ03", "BJ05", "CQ02"}:
        found.append("coffee")
    if place.code == "HZ01":
        found += ["lounge", "fitting_rooms:4", "slow_bar"]
    return found


def _calendars(end: date) -> dict[str, Calendar]:
    out = {}
    for code, (names, rows) in CALENDARS.items():
        zone = "Asia/Hong_Kong" if code == "causeway" else "Asia/Shanghai"
        calendar = out[code] = Calendar.objects.create(code=code, name=three(names), zone=zone)
        CalendarHours.objects.bulk_create(
            CalendarHours(calendar=calendar, weekday=day, opens=_clock(opens), closes=_clock(closes))
            for weekdays, opens, closes in rows
            for day in weekdays
        )
        CalendarDay.objects.bulk_create(CalendarDay(calendar=calendar, **day) for day in _special_days(code, end))
    return out


def _special_days(code: str, end: date) -> list[dict]:
    """What differs from one year before D to one after: offices rest on holidays and work make-up days."""
    out = []
    for step in range(-365, 366):
        day = end + timedelta(days=step)
        name = days.day_off(day)
        if code in ("office", "office-6", "binjiang", "long-office", "wangjing"):
            if days.is_make_up_day(day):
                out.append({"day": day, "name": words("调休上班", "調休上班", "Make-up working day"),
                            "opens": time(7, 30), "closes": time(22)})  # fmt: skip
            elif name:
                out.append({"day": day, "name": words(name)})
        elif code == "campus" and (
            name or (7, 12) <= (day.month, day.day) <= (8, 27) or days._days_to_new_year(day) in range(-18, 22)
        ):
            out.append({"day": day, "name": words(name or "假期", name or "假期", "Holidays")})
        elif code not in ("causeway", "desk") and days._days_to_new_year(day) in (0, 1):
            out.append({"day": day, "name": words("春节", "春節", "Spring Festival"),
                        "opens": time(11), "closes": time(17)})  # fmt: skip
    return out


def _teams(regions: dict[str, Region], stores: dict[str, int]) -> None:
    Team.objects.bulk_create([
        Team(code="west-lake", name=words("西湖店", "西湖店", "West Lake"), store_id=stores["HZ01"]),
        Team(code="desk-hangzhou", name=words("杭州客服", "杭州客服", "Hangzhou desk"), region=regions["east"]),
        Team(code="desk-south", name=words("华南客服", "華南客服", "South desk"), region=regions["south"]),
        Team(code="desk-north", name=words("华北客服", "華北客服", "North desk"), region=regions["north"]),
        Team(code="desk-west", name=words("华西客服", "華西客服", "West desk"), region=regions["west"]),
        Team(code="field-east", name=words("华东上门", "華東上門", "Field East"), region=regions["east"]),
        Team(code="business", name=words("松叙企业", "松敘企業", "Songxu Business"), region=regions["east"]),
    ])  # fmt: skip


def _clock(text: str) -> time:
    hour, minute = text.split(":")
    return time(int(hour), int(minute))
