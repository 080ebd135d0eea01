"""Experts, rooms and slots of the brand with the week of each, and guides with whom they reached and helped."""

from datetime import datetime, time, timedelta

from django.db import connection

from customers.models import Customer, Scene
from journeys import resources
from journeys.models import Reservation
from scrm.demo.world import FIRST_CUSTOMER
from scrm.kernel.words import words
from staff.models import Calendar, Store, User

# code, name, kind, store, owner, places, own calendar
RESOURCES = (
    ("vip-room", ("贵宾室", "貴賓室", "VIP room"), "room", "HZ01", "siqi.wang", 1, ""),
    ("skin-expert", ("护肤专家", "護膚專家", "Skin expert"), "expert", "HZ01", "ruoan.shen", 2, ""),
    ("west-lake-delivery", ("西湖一小时达", "西湖一小時達", "One hour from West Lake"), "delivery", "HZ01", "qing.he", 4, ""),
    ("green-lane", ("绿色通道工程师", "綠色通道工程師", "Green lane engineer"), "expert", "", "lei.shi", 3, "desk"),
    ("partner-gym", ("合作健身房", "合作健身房", "Partner gym"), "partner", "", "yan.gu", 20, ""),
    ("massage-gun", ("试用筋膜枪", "試用筋膜槍", "Massage gun to try"), "device", "HZ01", "ke.chen", 6, ""),
    ("jingan-room", ("静安贵宾室", "靜安貴賓室", "Jing'an VIP room"), "room", "SH01", "", 1, ""),
)  # fmt: skip
# resource, place, days from today, from, to (hours), customer number ("" for the house), note
TAKEN = (
    ("vip-room", 1, 0, 15, 16, "20418837", "试大衣"), ("vip-room", 1, 1, 11, 13, "30419004", "新品预看"),
    ("vip-room", 1, 2, 14, 17, "", "换陈列"), ("skin-expert", 1, 1, 14, 15, "20418837", "换季肤质咨询"),
    ("skin-expert", 2, 1, 14, 15, "20419006", ""), ("skin-expert", 1, 3, 16, 17, "20419008", "敏感肌"),
    ("west-lake-delivery", 1, 0, 18, 19, "20419005", ""), ("west-lake-delivery", 2, 0, 18, 19, "20419007", ""),
    ("green-lane", 1, 1, 10, 14, "20419015", "机器保养"), ("massage-gun", 1, 1, 12, 13, "20419005", "借三天前先试"),
)  # fmt: skip
# kind, title, scene, months, path, share of a thousand customers sent to
CONTENT: tuple[tuple[str, tuple[str, str, str], str, list[int], str, int], ...] = (
    ("guide", ("运动护理指南", "運動護理指南", "Sport care guide"), "sport", [], "sport-care", 60),
    ("guide", ("羊毛怎么洗", "羊毛怎麼洗", "How to wash wool"), "everyday", [10, 11, 12, 1, 2], "wool", 90),
    ("film", ("三分钟认肤质", "三分鐘認膚質", "Know your skin in three minutes"), "", [3, 4, 9, 10], "skin", 45),
    ("article", ("送礼清单：她不说的那几样", "送禮清單：她不說的那幾樣", "Gifts she does not name"), "gift", [2, 5, 11, 12], "gift", 70),
    ("guide", ("出行清单", "出行清單", "Packing list"), "trip", [1, 4, 5, 7, 8, 9, 10], "packing", 50),
    ("film", ("老人视频使用指南", "老人影片使用指南", "Video guide for elders"), "everyday", [], "elder-video", 8),
    ("article", ("加班那顿饭怎么吃不累", "加班那頓飯怎麼吃不累", "A light dinner after overtime"), "overtime", [], "late-dinner", 40),
    ("live", ("周五直播：老房收纳", "週五直播：老房收納", "Friday live: room in an old home"), "renovation", [11, 12], "old-home", 15),
)  # fmt: skip
# Whom each piece was sent to, opened by and helped: three draws from the customer's number.
READ = """
with asked as (
  select k.id, 5 + ('x' || substr(md5(k.number || 'day' || %(piece)s), 1, 6))::bit(24)::int %% 90 as ago,
         ('x' || substr(md5(k.number || %(piece)s), 1, 7))::bit(28)::int %% 1000 as sent,
         ('x' || substr(md5(k.number || %(piece)s), 8, 7))::bit(28)::int %% 1000 as opened,
         ('x' || substr(md5(k.number || %(piece)s), 16, 7))::bit(28)::int %% 1000 as helped
    from customers_customer k where k.merged_into_id is null and k.erased_at is null)
insert into journeys_contentuse (content_id, customer_id, step, at)
select %(content)s, a.id, s.step, %(now)s - make_interval(days => a.ago - s.lag)
  from asked a
 cross join lateral (values ('sent', 0, true), ('opened', 1, a.opened < 520 or a.helped < 130),
                            ('helped', 2, a.helped < 130)) as s(step, lag, went)
 where a.sent < %(share)s and s.went
"""


def plant(moment: datetime) -> None:
    stores, people = {one.code: one for one in Store.objects.all()}, {one.username: one for one in User.objects.all()}
    calendars, made = {one.code: one for one in Calendar.objects.all()}, {}
    for code, name, kind, store, owner, places, calendar in RESOURCES:
        made[code] = resources.make(
            code, by=None, name=words(*name), kind=kind, capacity=places, store=stores.get(store),
            owner=people.get(owner), calendar=calendars.get(calendar),
        )  # fmt: skip
    cast = {one.number: one for one in Customer.objects.living().filter(pk__lt=FIRST_CUSTOMER)}
    rows = []
    for at, (code, unit, days, start, end, number, note) in enumerate(TAKEN):
        thing = made[code]
        day = moment.astimezone(thing.zone).date() + timedelta(days=days)
        if number and number not in cast:
            continue
        begin, over = (datetime.combine(day, time(hour), thing.zone) for hour in (start, end))
        rows.append(Reservation(
            resource=thing, unit=unit, customer=cast.get(number), starts_at=begin, ends_at=over, note=note,
            by=thing.owner, key=f"demo{at}", made_at=moment - timedelta(days=2),
        ))  # fmt: skip
    Reservation.objects.bulk_create(rows)
    scenes, gu = {one.code: one for one in Scene.objects.all()}, people.get("yan.gu")
    for kind, title, scene, months, path, share in CONTENT:
        piece = resources.put_content(
            None, by=None, title=words(*title), kind=kind, scene=scenes.get(scene), months=months, owner=gu,
            link=f"https://songxu.example/read/{path}/",
        )  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(READ, {"content": piece.pk, "piece": path, "share": share, "now": moment})
