"""Approved scripts of the brand, its touchpoints, and tags and record files of the cast."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from customers.models import Customer, RecordFile, RecordKind, Tag, TagDimension, TagRule, TagValue
from scrm.kernel.words import words
from staff.models import Calendar, User
from touchpoints.models import Script, ScriptTopic, ScriptVariant, Touchpoint

# Set up by migrations, not loaded: a load that was cut off leaves it.
SET_UP = (ScriptTopic, TagDimension, TagValue, RecordKind)
# code, topic, names, 简体, 繁體, English, and a shorter 简体 for SMS.
SCRIPTS = (
    ("return-7", "return", ("七天可换", "七天可換", "Exchange within seven days"),
     "{name}您好，七天内没穿出门、吊牌在，哪家店都能换。您方便去哪家？我先帮您留好码。",
     "{name}您好，七天內沒穿出門、吊牌在，哪家店都能換。您方便去哪家？我先幫您留好碼。",
     "Hello {name}, within seven days, unworn and with its tag, any store exchanges it. Which one suits you? I will keep your size.",
     "{brand}：七天内未穿、吊牌在，任一门店可换。"),
    ("return-how", "return", ("怎么退", "怎麼退", "How to return"),
     "{name}您好，在订单里点「退货」，快递上门取件。钱原路退回，三个工作日内到。",
     "{name}您好，在訂單裡點「退貨」，快遞到府取件。錢原路退回，三個工作天內到。",
     "Hello {name}, press “Return” in your order and the courier comes. The money goes back the way it came within three working days.", ""),
    ("size-between", "size", ("两个码之间", "兩個碼之間", "Between two sizes"),
     "{name}您好，在两个码之间时，瑜伽裤选小的更稳，跑鞋选大的更舒服。您平时穿多少？",
     "{name}您好，在兩個碼之間時，瑜伽褲選小的更穩，跑鞋選大的更舒服。您平時穿多少？",
     "Hello {name}, between two sizes take the smaller yoga pants and the larger shoes. What do you usually wear?", ""),
    ("size-length", "size", ("裤长", "褲長", "Length of trousers"),
     "{name}您好，店里可以免费改裤长，一刻钟就好。",
     "{name}您好，門市可以免費改褲長，一刻鐘就好。",
     "Hello {name}, any store shortens trousers free of charge, it takes a quarter of an hour.", ""),
    ("parcel-late", "parcel", ("包裹晚了", "包裹晚了", "A late parcel"),
     "{name}您好，让您久等了。我正在催快递，两小时内告诉您它到哪了。",
     "{name}您好，讓您久等了。我正在催快遞，兩小時內告訴您它到哪了。",
     "Hello {name}, sorry for the wait. I am asking the courier and tell you within two hours where it is.",
     "{brand}：包裹晚了，抱歉。两小时内告诉您到哪了。"),
    ("parcel-where", "parcel", ("送到哪", "送到哪", "Change of address"),
     "{name}您好，还没出库的单可以改地址，您发我新地址就行。",
     "{name}您好，還沒出庫的單可以改地址，您發我新地址就行。",
     "Hello {name}, until it leaves us the address can be changed: just send me the new one.", ""),
    ("points-when", "points", ("积分什么时候到", "點數什麼時候到", "When points count"),
     "{name}您好，积分在退货期过后到账，您的会员号是 {number}，随时可以在钱包里看。",
     "{name}您好，點數在退貨期過後入帳，您的會員號是 {number}，隨時可以在錢包裡看。",
     "Hello {name}, points count once the return period is over. Your number is {number}; your wallet shows them at any time.", ""),
    ("points-end", "points", ("积分会过期吗", "點數會過期嗎", "Do points end"),
     "{name}您好，积分会到期，到期前我们会提醒您。想现在用，店里收银台就行。",
     "{name}您好，點數會到期，到期前我們會提醒您。想現在用，門市收銀台就行。",
     "Hello {name}, points do end, and we tell you before they do. To use them now, any till takes them.", ""),
    ("allergy", "product", ("过敏", "過敏", "Allergy"),
     "{name}您好，谢谢告诉我，已经记下，以后不会再推荐含它的。需要成分表我马上发您。",
     "{name}您好，謝謝告訴我，已經記下，以後不會再推薦含它的。需要成分表我馬上發您。",
     "Hello {name}, thank you for telling me. It is written down and we shall not propose it again. I can send you the list of ingredients.", ""),
    ("care-wash", "product", ("怎么洗", "怎麼洗", "How to wash it"),
     "{name}您好，三十度以下反面洗，不用柔软剂，平铺晾干，能穿得更久。",
     "{name}您好，三十度以下反面洗，不用柔軟劑，平鋪晾乾，能穿得更久。",
     "Hello {name}, wash it inside out below thirty degrees without softener and dry it flat; it lasts longer.", ""),
    ("store-hours", "store", ("门店时间", "門市時間", "Opening hours"),
     "{name}您好，{store}每天十点到二十二点。来之前说一声，我帮您把东西备好。",
     "{name}您好，{store}每天十點到二十二點。來之前說一聲，我幫您把東西備好。",
     "Hello {name}, {store} is open from ten to ten. Tell me before you come and I have things ready.", ""),
    ("sorry", "sorry", ("先道歉", "先道歉", "Saying sorry first"),
     "{name}您好，这件事是我们没做好，对不起。我来跟到底，今天之内给您答复。",
     "{name}您好，這件事是我們沒做好，對不起。我來跟到底，今天之內給您答覆。",
     "Hello {name}, this was our mistake and I am sorry. I stay with it and you hear from me today.", ""),
)  # fmt: skip
# code, names, stage, way, owner, minutes, open by the first calendar, script, look
TOUCHPOINTS = (
    ("window", ("橱窗和陈列", "櫥窗和陳列", "Window and display"), "know", "store", "siqi.wang", None, ""),
    ("fitting", ("试穿间", "試穿間", "Fitting room"), "decide", "store", "siqi.wang", None, ""),
    ("till", ("收银台", "收銀台", "Till"), "buy", "store", "siqi.wang", 5, ""),
    ("welcome", ("到店迎候", "到店迎候", "Welcome"), "again", "store", "ke.chen", 5, "store-hours"),
    ("style-chat", ("搭配问答", "搭配問答", "Advice on style"), "decide", "wecom", "ruoan.shen", 15, "size-between"),
    ("exchange-chat", ("换货对话", "換貨對話", "Exchanges"), "use", "wecom", "shu.lin", 60, "return-7"),
    ("site-chat", ("网站对话", "網站對話", "Chat on the site"), "decide", "web", "mu.su", 5, "size-between"),
    ("parcel-chat", ("快递到哪了", "快遞到哪了", "Where is my parcel"), "use", "web", "mu.su", 15, "parcel-late"),
    ("sms-parcel", ("快递短信", "快遞簡訊", "Parcel texts"), "buy", "sms", "shu.lin", 120, "parcel-late"),
    ("hotline", ("客服热线", "客服熱線", "Hotline"), "use", "phone", "di.tang", 1, "sorry"),
    ("goodbye", ("离开回访", "離開回訪", "Call to who left"), "tell", "phone", None, 1440, ""),
)  # fmt: skip
TAGS = (
    ("20418837", "leaning", "experience", "manual"), ("20418837", "service", "feeling", "manual"),
    ("20418837", "cycle", "regular", "rule"), ("20419010", "service", "speed", "manual"),
    ("20419002", "where", "store", "manual"), ("20419003", "cycle", "occasional", "rule"),
)  # fmt: skip
FILES = (
    ("20418837", "sizes", {"top": "M", "trousers": "S", "shoe": "37.5", "height": "163", "fit": "close"}),
    ("20419010", "sizes", {"shoe": "39", "fit": "regular"}),
    ("20419002", "home", {"people": "2", "area": "86", "note": "说明书要大字"}),
)  # fmt: skip


def plant(end: date) -> None:
    """Two people saw each script; one of them is to be looked at again."""
    users = {user.username: user for user in User.objects.filter(username__contains=".")}
    at = datetime.combine(end - timedelta(days=60), time(10), ZoneInfo("Asia/Shanghai"))
    topics = {topic.code: topic for topic in ScriptTopic.objects.all()}
    for number, (code, topic, names, hans, hant, english, sms) in enumerate(SCRIPTS):
        script = Script.objects.create(
            code=code, name=words(*names), topic=topics[topic], owner=users["shu.lin"], state="approved",
            review_by=end + timedelta(days=-5 if code == "points-end" else 120), changed_by=users["shu.lin"],
            changed_at=at, approved_by=users["di.tang"], approved_at=at + timedelta(hours=number + 1), version=3,
        )  # fmt: skip
        ScriptVariant.objects.bulk_create(
            ScriptVariant(script=script, way=way, locale=locale, body=body)
            for way, locale, body in (
                ("", "zh-hans", hans), ("", "zh-hant", hant), ("", "en", english), ("sms", "zh-hans", sms),
            ) if body
        )  # fmt: skip
    calendar = Calendar.objects.order_by("pk").first()
    Touchpoint.objects.bulk_create(
        Touchpoint(code=code, name=words(*names), stage=stage, way=way, owner=users.get(owner or ""), standard=minutes,
                   calendar=calendar, script=script, place=10 * number)
        for number, (code, names, stage, way, owner, minutes, script) in enumerate(TOUCHPOINTS)
    )  # fmt: skip
    _of_the_cast(users["ke.chen"], at)


def _of_the_cast(ke: User, at: datetime) -> None:
    people = Customer.objects.filter(number__startswith="20").in_bulk(field_name="number")
    dimensions = {one.code: one for one in TagDimension.objects.all()}
    for number, code, value, origin in TAGS:
        by_hand = origin == "manual"
        why = [] if by_hand else [{"what": "bought", "of": "yoga", "count": 4, "days": 180}]
        Tag.objects.create(
            customer=people[number], dimension=dimensions[code], value=value, alone=dimensions[code].exclusive,
            origin=origin, confidence=100 if by_hand else 80, evidence=why, by=ke if by_hand else None, at=at,
        )  # fmt: skip
    rules = (("service", "speed", "sooner"), ("service", "feeling", "comfort"))
    TagRule.objects.bulk_create(
        TagRule(dimension=dimensions[code], value=value, what="need", key=need, times=2, days=180)
        for code, value, need in rules
    )
    kinds = {kind.code: kind for kind in RecordKind.objects.all()}
    for number, code, values in FILES:
        file = RecordFile(customer=people[number], kind=kinds[code], by=ke, at=at)
        file.hold(values, sealing=kinds[code].sensitive)
        file.save()
