"""How the brand reaches people: its channels, occasions and texts, what the cast wrote, and a quarter of contacts."""

from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from customers.models import Customer, FactKey, FactRule, Identity
from scrm.kernel.words import words
from staff.models import User
from touchpoints.models import (
    Channel,
    ChannelChoice,
    Conversation,
    Message,
    Outreach,
    OutreachScene,
    Restraint,
    Template,
    Variant,
)

# Set up by the brand, not loaded: a load that was cut off leaves them.
SET_UP = (Channel, OutreachScene, ChannelChoice, Template, Variant, Restraint, FactRule)

CHANNELS = (
    ("sms", "sms", "短信", "簡訊", "SMS"), ("wecom", "wecom", "企微", "企微", "WeCom"),
    ("mail", "mail", "邮件", "郵件", "Mail"), ("app", "app", "APP", "APP", "App"),
)  # fmt: skip
# Occasion: kind, hours it makes sense, per cent kept out, ways by level.
SCENES: dict[str, Any] = {
    "birthday": (words("生日", "生日", "Birthday"), "marketing", 168, 10, {
        "": ["app", "mail"], "silver": ["sms", "wecom", "mail"], "gold": ["wecom", "call", "sms"],
        "black": ["call", "wecom", "sms"]}),
    "old_friend": (words("好久不见", "好久不見", "Long time no see"), "marketing", 336, 12, {"": ["wecom", "sms", "mail"]}),
    "season": (words("换季", "換季", "New season"), "marketing", 240, 12, {"": ["app", "wecom", "sms", "mail"]}),
    "points_end": (words("积分到期", "積分到期", "Points end"), "marketing", 240, 0, {"": ["sms", "app", "wecom"]}),
    "welcome": (words("欢迎", "歡迎", "Welcome"), "marketing", 72, 0, {"": ["app", "wecom", "sms"]}),
    "nurture": (words("场景推荐", "場景推薦", "For a scene"), "marketing", 168, 10, {"": ["wecom", "app", "mail"]}),
    "refill": (words("补货提醒", "補貨提醒", "Refill"), "marketing", 120, 10, {"": ["app", "wecom"]}),
    "maintenance": (words("保养提醒", "保養提醒", "Maintenance"), "notice", 240, 0, {"": ["app", "wecom", "sms"]}),
    "anniversary": (words("相识周年", "相識週年", "Anniversary"), "marketing", 168, 10, {"": ["wecom", "app", "mail"]}),
    "follow_up": (words("办好后问一句", "辦好後問一句", "After a case"), "notice", 72, 0, {"": ["wecom", "sms"]}),
    "place_free": (words("有位置了", "有位置了", "A place is free"), "notice", 2, 0, {"": ["wecom", "sms", "app"]}),
    "parcel": (words("包裹动态", "包裹動態", "Parcel"), "notice", 24, 0, {"": ["app", "sms"]}),
}  # fmt: skip
URGENT = ("place_free",)
TEXTS: dict[str, Any] = {
    "birthday": ("birthday", words("生日祝福", "生日祝福", "Birthday wish"), (
        "{name}您好，生日快乐。给您留了 {points} 积分，三十天内都能用。", "{name}您好，生日快樂。為您留了 {points} 積分，三十天內都能用。",
        "Happy birthday, {name}. {points} points are yours for thirty days.")),
    "old-friend": ("old_friend", words("老朋友回来", "老朋友回來", "Old friend"), (
        "{name}您好，好久没见。给您留了一张老朋友券，到 {until}，不用也没关系。", "{name}您好，好久不見。為您留了一張老朋友券，到 {until}，不用也沒關係。",
        "Hello {name}, it has been a while. A coupon for an old friend waits until {until}.")),
    "season": ("season", words("换季到店", "換季到店", "Season in store"), (
        "{name}您好，{store}换季了，您穿的尺码都在。", "{name}您好，{store}換季了，您穿的尺碼都在。",
        "Hello {name}, the new season is at {store}, in your size.")),
    "points-end": ("points_end", words("积分快到期", "積分快到期", "Points end soon"), (
        "{name}您好，有 {points} 积分 {until} 到期，100 分抵 1 元。", "{name}您好，有 {points} 積分 {until} 到期，100 分抵 1 元。",
        "Hello {name}, {points} points end on {until}. 100 are worth ¥1.")),
    "welcome": ("welcome", words("欢迎", "歡迎", "Welcome"), (
        "{name}您好，欢迎来松叙。需要什么，{store}随时都在。", "{name}您好，歡迎來松敘。需要什麼，{store}隨時都在。",
        "Hello {name}, welcome to Songxu. {store} is here whenever you need something.")),
    "nurture": ("nurture", words("下班回血", "下班回血", "After work"), (
        "{name}您好，您看的那几件，{store}可以坐下来慢慢试。", "{name}您好，您看的那幾件，{store}可以坐下來慢慢試。",
        "Hello {name}, what you looked at can be tried at {store}, without hurry.")),
    "refill": ("refill", words("快用完了", "快用完了", "Running out"), (
        "{name}您好，上次买的差不多该用完了，{store}有货。", "{name}您好，上次買的差不多該用完了，{store}有貨。",
        "Hello {name}, what you bought last may be running out. {store} has it.")),
    "maintenance": ("maintenance", words("该保养了", "該保養了", "Time for care"), (
        "{name}您好，用了半年，可以来{store}做一次保养，不收费。", "{name}您好，用了半年，可以來{store}做一次保養，不收費。",
        "Hello {name}, after half a year a care at {store} is free of charge.")),
    "anniversary": ("anniversary", words("又一年", "又一年", "Another year"), (
        "{name}您好，认识您又满一年了，谢谢您。", "{name}您好，認識您又滿一年了，謝謝您。",
        "Hello {name}, another year together. Thank you.")),
    "follow-up": ("follow_up", words("办得怎么样", "辦得怎麼樣", "How did it go"), (
        "{name}您好，上次的事都妥了吗？还有什么直接回这条就行。", "{name}您好，上次的事都妥了嗎？還有什麼直接回這條就行。",
        "Hello {name}, is everything in order now? Just answer here.")),
    "place-free": ("place_free", words("候补到了", "候補到了", "A place for you"), (
        "{name}您好，{store} {time} 空出一个位置，给您留到 {until}。", "{name}您好，{store} {time} 空出一個位置，為您留到 {until}。",
        "Hello {name}, a place at {store}, {time}, is held for you until {until}.")),
}  # fmt: skip
RULES = (
    ("allergy", "对…过敏", "…过敏"), ("allergy", "對…過敏", "…過敏"), ("allergy", "allergic to …", "Allergic to …"),
    ("allergy", "我…过敏", "…过敏"), ("contact", "别打电话", "不打电话"), ("contact", "別打電話", "不打電話"),
    ("sizes", "鞋子穿…", "鞋 …"), ("sizes", "上衣穿…", "上衣 …"), ("sizes", "裤子穿…", "裤 …"),
)  # fmt: skip
# number, channel, (days ago, minutes after nine, who: “” the customer, text)…
TALKS: tuple[tuple[str, str, tuple[tuple[int, int, str, str], ...]], ...] = (
    ("20418837", "wecom", (
        (5, 12, "", "瑜伽裤才洗两次，内侧就起球了"), (5, 26, "shu.lin", "看到了，是云感瑜伽裤 S 黑那条吧？两天内给您答复。"),
        (3, 40, "", "说好两天，今天第三天了"), (3, 55, "shu.lin", "对不起，是我们晚了。给您换一条，西湖店可以取。"),
        (3, 58, "", "别打电话，微信说就好，我对羊毛过敏，换货别换羊毛混纺的"),
        (1, 80, "shu.lin", "新裤子明天中午到西湖店，到了我给您准信。"), (1, 91, "", "那我明天下午过来拿吧，别再让我跑一趟了"),
    )),
    ("20419008", "wecom", ((1, 300, "", "订婚纪念日那张卡收到了，好惊喜"), (1, 320, "ruoan.shen", "您们开心就好。"),)),
)  # fmt: skip


def plant_set_up() -> None:
    """Channels, occasions, texts and rules, as an operator would have made them."""
    Restraint.objects.get_or_create(name="brand")
    house = urlsplit(settings.SCRM_URL)
    for code, way, *names in CHANNELS:
        Channel.objects.get_or_create(code=code, defaults={"way": way, "adapter": "sandbox", "name": words(*names)})
    Channel.objects.get_or_create(code="web", defaults={
        "way": "web", "adapter": "web", "name": words("官网聊天", "官網聊天", "Site chat"),
        "settings": {"origins": [f"{house.scheme}://{house.netloc}"], "source": "SHOP", "a_minute": 20},
    })  # fmt: skip
    for code, (name, kind, hours, holdout, choices) in SCENES.items():
        scene, made = OutreachScene.objects.get_or_create(code=code, defaults={
            "name": name, "kind": kind, "hours": hours, "holdout": holdout, "salt": f"songxu-{code}",
            "urgent": code in URGENT,
        })  # fmt: skip
        for grade, ways in choices.items() if made else ():
            ChannelChoice.objects.create(scene=scene, grade=grade, ways=ways)
    for code, (scene_code, name, texts) in TEXTS.items():
        template, made = Template.objects.get_or_create(
            code=code, defaults={"name": name, "scene": OutreachScene.objects.get(code=scene_code)}
        )
        for way in ("sms", "wecom", "mail", "app") if made else ():
            for locale, text in zip(("zh-hans", "zh-hant", "en"), texts, strict=True):
                ending = " 拒收请回复R" if way == "sms" and SCENES[scene_code][1] == "marketing" else ""
                Variant.objects.create(
                    template=template, way=way, locale=locale, body=text + ending,
                    subject=str(name.in_language(locale)) if way == "mail" else "",
                )  # fmt: skip
    kinds = {kind.code: kind for kind in FactKey.objects.all()}
    for key, phrase, value in RULES:
        if key in kinds:
            FactRule.objects.get_or_create(kind=kinds[key], phrase=phrase, defaults={"value": value})


def plant_talks(end: date) -> None:
    """What the cast and we wrote to each other, at fixed moments before D."""
    from scrm.demo.cast import at

    for number, code, lines in TALKS:
        customer = Customer.objects.filter(number=number).first()
        if customer is None:
            continue
        channel = Channel.objects.get(code=code)
        identity = Identity.objects.live().filter(customer=customer, kind=code, shared=False).first()
        first, last = at(end, lines[0][0], lines[0][1]), at(end, lines[-1][0], lines[-1][1])
        talk = Conversation.objects.create(
            customer=customer, channel=channel, identity=identity, thread=f"cast-{number}", length=len(lines),
            opened_at=first, last_at=last, waiting_since=last if not lines[-1][2] else None,
        )  # fmt: skip
        for place, (ago, minutes, who, text) in enumerate(lines, start=1):
            moment = at(end, ago, minutes)
            Message.objects.create(
                conversation=talk, customer=customer, channel=channel, direction="out" if who else "in", place=place,
                author=User.objects.filter(username=who).first() if who else None, body=text, at=moment,
                state=Message.State.READ if who else Message.State.RECEIVED, kind="notice" if who else "",
                source="cast", source_ref=f"{number}-{place}", due_at=moment, sent_at=moment if who else None,
            )  # fmt: skip


# Nine a customer and year planned, here those of the last quarter. Of a hundred 14 are held back: consent 45, cap 27,
# quiet 16, holdout 12 of these; of what was sent 96 arrive, 11 to 46 are answered by way.
CONTACTS = """
with drawn as (
  select c.id as customer, k.nth,
    ('x' || substr(md5('contact' || c.number || k.nth), 1, 7))::bit(28)::int as a,
    ('x' || substr(md5('contact' || c.number || k.nth), 8, 7))::bit(28)::int as b,
    ('x' || substr(md5('contact' || c.number || k.nth), 15, 7))::bit(28)::int as d
  from customers_customer c cross join generate_series(1, 4) as k (nth)
  where c.merged_into_id is null and c.erased_at is null),
planned as (
  select *, %(end)s::timestamptz - interval '2 hours' - make_interval(secs => (b %% (88 * 86400))::float8) as at,
    (array['season', 'season', 'points_end', 'old_friend', 'follow_up', 'parcel'])[1 + d %% 6] as scene_code,
    (array['sms', 'wecom', 'app', 'mail'])[1 + d / 6 %% 4] as way, d / 24 %% 100 as fate, d / 2400 %% 100 as more
  from drawn where a %% 100 < 56),
decided as (
  select p.*, s.id as scene, s.kind,
    coalesce((select k.given from customers_consent k where k.customer_id = p.customer and k.purpose = 'marketing'
              and k.channel = p.way and k.at <= p.at order by k.at desc, k.id desc limit 1), false) as allowed
  from planned p join touchpoints_outreachscene s on s.code = p.scene_code),
judged as (
  select *, case when kind = 'marketing' and not allowed then 'no_consent'
                 when kind = 'marketing' and fate < 5 then 'cap' when fate < 8 and kind = 'marketing' then 'quiet'
                 when kind = 'marketing' and fate < 10 then 'holdout' else '' end as why from decided)
insert into touchpoints_outreach (customer_id, scene_id, kind, way, template, "values", key, campaign, state, reason,
  explanation, tried, until, valid_until, planned_at, felt_at, ended_at)
select customer, scene, kind, case when why = '' then way else '' end, '', '{}', 'demo:' || customer || ':' || nth, '',
  case when why <> '' then 'refused' when fate >= 96 then 'failed'
       when more < (case way when 'wecom' then 46 when 'app' then 11 when 'mail' then 18 else 0 end) then 'answered'
       else 'delivered' end,
  case when why <> '' then why when fate >= 96 then 'unreached' else '' end,
  case when why = 'cap' then '{"counted": 4, "most": 4, "days": 30}'::jsonb else '{}' end, '[]', null,
  at + interval '3 days', at, case when why = '' then at end, case when why <> '' or fate >= 96 then at end
from judged order by customer, nth
on conflict do nothing
"""
ALONE = "20419024"


def plant_contacts(end: date, moment: datetime) -> None:
    """Set-based, after everybody is there and has said what they allow; one customer's fourteen refusals by name."""
    with connection.cursor() as cursor:
        cursor.execute(CONTACTS, {"end": end})
    alone = Customer.objects.filter(number=ALONE).first()
    season = OutreachScene.objects.get(code="season")
    if alone is None:
        return
    for nth in range(14):
        at = moment - timedelta(days=6 * nth + 2, hours=nth)
        Outreach.objects.get_or_create(key=f"cast:{ALONE}:{nth}", defaults={
            "customer": alone, "scene": season, "kind": "marketing", "state": Outreach.State.REFUSED,
            "reason": Outreach.Reason.NO_CONSENT, "planned_at": at, "ended_at": at, "valid_until": at,
            "explanation": {"ways": ["app", "wecom", "sms", "mail"]},
        })  # fmt: skip
