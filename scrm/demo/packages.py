"""The ten packages of the brand with what they give and promise, and those of the cast who have one by hand."""

from datetime import datetime, timedelta
from typing import Any

from customers.models import Customer
from journeys import packages
from journeys.models import EntitlementUse, PackageVersion
from journeys.packages.drafting import put_line, set_terms
from scrm.demo.world import FIRST_CUSTOMER
from scrm.kernel.words import words
from staff.models import User

DAY = 24 * 60
Line = tuple[str, str, tuple[str, str, str], int | None, int]  # scene, kind, words, times a year, minutes
CARE: Line = ("after", "content", ("保养指南", "保養指南", "Care guide"), None, 0)
VISIT: Line = ("after", "service", ("免费上门", "免費上門", "Free visit at home"), 2, 60)
# code, name, promised (minutes of first answer, until done, until there; points ahead), cells, lines
PACKAGES: tuple[tuple[str, tuple[str, str, str], dict[str, int | None], list[str], tuple[Line, ...]], ...] = (
    ("base", ("安心基础", "安心基礎", "Safe basics"), {"first": 8 * 60, "end": 5 * DAY}, ["low.standard", "middle.standard"],
     (CARE, ("buying", "coupon", ("尺码放心换", "尺碼放心換", "Free size swap"), 2, 0),
      ("member", "content", ("换季提醒", "換季提醒", "Season reminder"), 4, 0))),
    ("gold-care", ("金卡售后", "金卡售後", "Gold care"), {"first": 120, "end": 3 * DAY, "boost": 10}, ["high.standard"],
     (CARE, ("after", "slot", ("优先维修时段", "優先維修時段", "Early repair slot"), 4, 20),
      ("after", "service", ("取送维修", "取送維修", "Repairs fetched and brought"), 2, 30))),
    ("ten-thousand", ("万元礼遇", "萬元禮遇", "Ten thousand"), {"first": 30, "end": 2 * DAY, "boost": 20}, ["high.personal"],
     (("buying", "advisor", ("专属顾问", "專屬顧問", "Own advisor"), None, 30), VISIT,
      ("buying", "service", ("新品提前 72 小时", "新品提前 72 小時", "New goods 72 hours early"), 12, 10),
      ("member", "service", ("私享之夜", "私享之夜", "Private evening"), 4, 90))),
    ("season-skin", ("换季护肤", "換季護膚", "Season skin care"), {"first": 240}, ["middle.personal"],
     (("buying", "sample", ("换季小样", "換季小樣", "Season sample"), 4, 5),
      ("buying", "advisor", ("肤质咨询", "膚質諮詢", "Skin consultation"), 4, 20))),
    ("fit-guard", ("健身护航", "健身護航", "Fitness companion"), {"first": 240}, [],
     (CARE, ("member", "coupon", ("团课八折", "團課八折", "Class 20 % off"), 12, 0))),
    ("family-trip", ("出行一家", "出行一家", "Family trip"), {"first": 240}, [],
     (("buying", "content", ("出行清单", "出行清單", "Packing list"), None, 0),
      ("buying", "coupon", ("出差急用", "出差急用", "Trip kit"), 4, 0))),
    ("elder-ease", ("老人安心", "老人安心", "Ease for elders"), {"first": 120, "onsite": DAY, "boost": 15}, [],
     (("after", "content", ("视频使用指南", "影片使用指南", "Video guide"), None, 0), VISIT,
      ("member", "service", ("上午电话回访", "上午電話回訪", "Morning phone call"), 4, 15))),
    ("key-account", ("企业关键客户", "企業關鍵客戶", "Key account"), {"first": 120, "onsite": 240, "boost": 30}, [],
     (("after", "slot", ("四小时到场", "四小時到場", "On site within four hours"), 6, 120),
      ("buying", "advisor", ("企业顾问", "企業顧問", "Business advisor"), None, 45),
      ("member", "service", ("年度检修", "年度檢修", "Yearly inspection"), 1, 180))),
    ("after-work", ("下班回血", "下班回血", "After-work recovery"), {"first": 240}, [],
     (("buying", "service", ("到店体验按摩椅一次", "到店體驗按摩椅一次", "Try the massage chair in the store"), 2, 30),
      ("buying", "content", ("下班放松指南", "下班放鬆指南", "Guide to a calm evening"), None, 0),
      ("buying", "coupon", ("旧机抵新", "舊機抵新", "Trade-in"), 1, 15))),
    ("bespoke", ("定制小组", "客製小組", "Bespoke team"), {"first": 120, "end": 3 * DAY}, [],
     (("buying", "service", ("72 小时方案与报价", "72 小時方案與報價", "Proposal and price in 72 hours"), 2, 240),)),
)  # fmt: skip
# number, package, why, days ago, lines used so often
HELD = (
    ("20419002", "elder-ease", "膝盖不好，想要电话，上午打", 120, (1, 0, 2)),
    ("30419004", "ten-thousand", "一年付满一万，有专属顾问", 200, (0, 1, 3, 1)),
    ("20419015", "key-account", "140 人的公司，四年老客户", 300, (2, 0, 1)),
)


def plant(moment: datetime) -> None:
    """Made, published and given once; the cells give the rest."""
    owner = User.objects.filter(username="yan.gu").first()
    made: dict[str, Any] = {}
    for code, name, terms, cells, lines in PACKAGES:
        package = made[code] = packages.make(code, words(*name), by=None)
        for scene, kind, said, quota, minutes in lines:
            put_line(package, "", {"scene": scene, "kind": kind, "words": words(*said), "quota": quota,
                                   "minutes": minutes})  # fmt: skip
        set_terms(package, terms, cells)
        # What a pilot tries ran before that began.
        packages.publish(package, 1, by=owner, instead_of=0, at=moment - timedelta(days=200))
    people = {one.number: one for one in Customer.objects.living().filter(pk__lt=FIRST_CUSTOMER)}
    for number, code, why, ago, used in HELD:
        if number not in people:
            continue
        held = packages.give(people[number], made[code], by=owner, why=why, since=moment - timedelta(days=ago))
        lines_of = PackageVersion.objects.get(pk=held.version_id).lines
        for line, times in zip(lines_of, used, strict=False):
            for time in range(times):
                at = moment - timedelta(days=(ago - 10) * (time + 1) // (times + 1))
                EntitlementUse.objects.create(held=held, line=line["key"], by=owner, at=at,
                                              key=f"demo{held.pk}x{line['key']}x{time}")  # fmt: skip
    packages.assign(at=moment)
