"""Topics, promises, the ladder, limits and procedures every brand begins with; all of it may be changed."""

from django.db import migrations

TOPICS = (  # code, 简体, 繁體, English, urgency, risk, place, words that point to it
    ("safety", "过敏与安全", "過敏與安全", "Allergy and safety", 4, "safety", 1, [
        "过敏", "過敏", "误吞", "受伤", "受傷", "起火", "漏电", "漏電", "烫伤", "燙傷", "红疹", "allergic", "injured", "swallowed", "burnt",
        "choking",
    ]),
    ("legal", "投诉到监管", "申訴到主管機關", "Legal complaint", 4, "legal", 2, [
        "12315", "律师", "律師", "起诉", "起訴", "消协", "消保", "lawyer", "sue you", "legal action",
    ]),
    ("fault", "故障与维修", "故障與維修", "Fault and repair", 3, "", 10, [
        "坏了", "壞了", "起球", "开胶", "開膠", "脱线", "脫線", "维修", "維修", "掉色", "broken", "faulty", "repair", "pilling", "defect",
    ]),
    ("delivery", "物流", "物流", "Delivery", 2, "", 20, [
        "快递", "快遞", "物流", "没收到", "沒收到", "还没到", "還沒到", "发货", "出貨", "送到", "delivery", "parcel", "courier", "not arrived",
        "shipping",
    ]),
    ("return", "退换", "退換", "Return and exchange", 2, "", 30, [
        "退货", "退貨", "换货", "換貨", "退款", "换一条", "换一件", "换码", "return", "exchange", "refund",
    ]),
    ("size", "尺码建议", "尺寸建議", "Size advice", 2, "", 40, ["尺码", "尺寸", "几码", "多大码", "偏大", "偏小", "what size", "sizing"]),
    ("points", "积分与等级", "積分與等級", "Points and level", 2, "", 50, [
        "积分", "積分", "等级", "等級", "升级", "金卡", "黑卡", "银卡", "points", "level", "membership",
    ]),
    ("coupon", "优惠券", "優惠券", "Coupon", 2, "", 60, ["优惠券", "優惠券", "折扣码", "用不了", "coupon", "voucher"]),
    ("product", "商品咨询", "商品諮詢", "Product question", 1, "", 70, [
        "面料", "材质", "材質", "怎么洗", "怎麼洗", "有货", "有貨", "什么颜色", "material", "in stock", "wash",
    ]),
    ("invoice", "发票", "發票", "Invoice", 2, "", 80, ["发票", "發票", "抬头", "抬頭", "开票", "invoice", "tax id"]),
    ("appointment", "预约", "預約", "Appointment", 2, "", 90, ["预约", "預約", "改时间", "改時間", "appointment"]),
    ("gift", "送礼建议", "送禮建議", "Gift advice", 1, "", 100, ["送礼", "送禮", "礼物", "禮物", "gift"]),
    ("manner", "服务态度", "服務態度", "Complaint on manner", 3, "", 110, [
        "态度", "態度", "投诉", "客訴", "太差", "不耐烦", "不耐煩", "rude", "complain", "unacceptable",
    ]),
    ("praise", "表扬", "讚揚", "Praise", 1, "", 120, ["表扬", "讚揚", "很满意", "很滿意", "praise", "well done"]),
)  # fmt: skip
STATUSES = (  # code, 简体, 繁體, English, state, place
    ("new", "新的", "新的", "New", "new", 1), ("working", "在办", "處理中", "In work", "open", 10),
    ("wait-customer", "等客户回", "等客戶回覆", "Waits for the customer", "waiting", 20),
    ("wait-quote", "等报价", "等報價", "Waits for a quote", "held", 30),
    ("wait-part", "等配件", "等零件", "Waits for a part", "held", 31),
    ("wait-carrier", "等物流", "等物流", "Waits for the courier", "held", 32),
    ("helped", "办好了", "辦好了", "Done", "resolved", 40),
    ("no-reply", "客户没再回", "客戶未再回覆", "No word from the customer", "resolved", 41),
)  # fmt: skip
TARGETS = (("first", 60), ("next", 120), ("end", 2880))
RUNGS = ((75, "owner"), (100, "owner"), (100, "lead"), (200, "operator"))

REASONS = (  # code, 简体, 繁體, English, points offered, place
    ("late", "答复晚了", "答覆晚了", "Answered late", [100, 300], 10),
    ("wait", "让客户久等了", "讓客戶久等了", "Long wait", [100, 200], 20),
    ("promise", "答应的没做到", "答應的沒做到", "We did not keep our word", [300, 500], 30),
    ("fault", "商品有问题", "商品有問題", "Something was wrong with it", [300, 500], 40),
    ("mistake", "我们弄错了", "我們弄錯了", "Our mistake", [200, 500], 50),
    ("kindness", "一点心意", "一點心意", "A kind gesture", [50, 100], 60),
)  # fmt: skip

# role → points, and minor units for coupons and money off: act, case, day, customer in 90 days, exception
LIMITS = {
    "associate": [(200, 320, 600, 600, 500), (5_000, 8_000, 15_000, 15_000, 12_000)],
    "agent": [(500, 800, 3_000, 1_500, 1_000), (8_000, 12_800, 48_000, 20_000, 15_000)],
    "advisor": [(800, 1_500, 4_000, 3_000, 1_500), (8_000, 15_000, 40_000, 30_000, 15_000)],
    "lead": [(3_000, None, None, 6_000, 0), (50_000, None, None, 100_000, 0)],
    "operator": [(10_000, None, None, None, 0), (200_000, None, None, None, 0)],
}
BUDGET = 300_000  # a store and month

STEPS = {
    "fault": (("质量问题", "品質問題", "A fault"), [
        ("核对订单与三包期", "核對訂單與保固期", "Check the order and the warranty", 5, "desk"),
        ("看图定责", "看圖定責", "Look at the picture and decide", 60, "desk"),
        ("锁定新货或安排维修", "鎖定新貨或安排維修", "Hold a new one or arrange the repair", 30, "desk"),
        ("客户到店，试穿合身，收回旧件", "客戶到店，試穿合身，收回舊件", "In the store: try on, take the old one back", None, "store"),
        ("回访：还有问题吗", "回訪：還有問題嗎", "Ask: is it well now?", None, "after"),
    ]),
    "return": (("退换货", "退換貨", "Return and exchange"), [
        ("核对订单与时限", "核對訂單與時限", "Check the order and the time limit", 5, "desk"),
        ("安排取件或到店", "安排取件或到店", "Arrange the courier or the store", 30, "desk"),
        ("收到并验货", "收到並驗貨", "Received and looked at", None, "store"),
        ("退款或换出", "退款或換出", "Refunded or exchanged", 60, "desk"),
    ]),
    "safety": (("安全事件", "安全事件", "A matter of safety"), [
        ("先问人有没有事", "先問人有沒有事", "Ask first whether anybody is hurt", 5, "desk"),
        ("告诉主管与总部", "告訴主管與總部", "Tell the lead and head office", 10, "desk"),
        ("停售同款，留样", "停售同款，留樣", "Take the model off sale, keep a sample", 60, "store"),
        ("给客户书面答复", "給客戶書面答覆", "Answer the customer in writing", 240, "desk"),
        ("回访：人和事都好吗", "回訪：人和事都好嗎", "Ask: is everybody and everything well?", None, "after"),
    ]),
}  # fmt: skip


def words(*three):
    return dict(zip(("zh-hans", "zh-hant", "en"), three, strict=True))


def write(apps, schema_editor):
    name_topics_and_promises(apps)
    set_limits(apps)
    write_procedures(apps)


def name_topics_and_promises(apps):
    topic, status = apps.get_model("tickets", "Topic"), apps.get_model("tickets", "Status")
    topic.objects.bulk_create(
        topic(code=code, name=words(*names), urgency=urgency, risk=risk, place=place, hints=hints)
        for code, *names, urgency, risk, place, hints in TOPICS
    )
    status.objects.bulk_create(
        status(code=code, name=words(*names), state=state, place=place) for code, *names, state, place in STATUSES
    )
    target, rung = apps.get_model("tickets", "PromiseTarget"), apps.get_model("tickets", "Rung")
    target.objects.bulk_create(target(metric=metric, minutes=minutes) for metric, minutes in TARGETS)
    rung.objects.bulk_create(rung(percent=percent, to=to) for percent, to in RUNGS)


def set_limits(apps):
    reason, authority = apps.get_model("tickets", "Reason"), apps.get_model("tickets", "Authority")
    reason.objects.bulk_create(
        reason(code=code, name=words(*names), points=points, place=place) for code, *names, points, place in REASONS
    )
    authority.objects.bulk_create(
        authority(
            role=role, kind=kind, per_act=limits[0], per_case=limits[1], per_day=limits[2], per_customer=limits[3],
            exception_max=limits[4],
        )
        for role, (points, minor) in LIMITS.items()
        for kind, limits in (("points", points), ("coupon", minor), ("money", minor))
    )  # fmt: skip
    apps.get_model("tickets", "StoreBudget").objects.create(limit=BUDGET)


def write_procedures(apps):
    topic, procedure = apps.get_model("tickets", "Topic"), apps.get_model("tickets", "Procedure")
    step = apps.get_model("tickets", "ProcedureStep")
    for code, (name, steps) in STEPS.items():
        made = procedure.objects.create(topic=topic.objects.get(code=code), name=words(*name))
        step.objects.bulk_create(
            step(procedure=made, place=place, text=words(*text[:3]), minutes=text[3], where=text[4])
            for place, text in enumerate(steps, start=1)
        )


class Migration(migrations.Migration):
    replaces = [
        ("tickets", "0003_first_words"),
        ("tickets", "0021_first_authority"),
        ("tickets", "0023_first_procedures"),
    ]

    dependencies = [("tickets", "0001_initial")]

    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
