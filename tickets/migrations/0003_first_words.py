"""Topics, statuses, promises and the ladder every brand begins with; all of it may be changed."""

from django.db import migrations

TOPICS = [  # code, 简体, 繁體, English, urgency, risk, place, words that point to it
    (
        "safety",
        "过敏与安全",
        "過敏與安全",
        "Allergy and safety",
        4,
        "safety",
        1,
        [
            "过敏",
            "過敏",
            "误吞",
            "受伤",
            "受傷",
            "起火",
            "漏电",
            "漏電",
            "烫伤",
            "燙傷",
            "红疹",
            "allergic",
            "injured",
            "swallowed",
            "burnt",
            "choking",
        ],
    ),
    (
        "legal",
        "投诉到监管",
        "申訴到主管機關",
        "Legal complaint",
        4,
        "legal",
        2,
        ["12315", "律师", "律師", "起诉", "起訴", "消协", "消保", "lawyer", "sue you", "legal action"],
    ),
    (
        "fault",
        "故障与维修",
        "故障與維修",
        "Fault and repair",
        3,
        "",
        10,
        [
            "坏了",
            "壞了",
            "起球",
            "开胶",
            "開膠",
            "脱线",
            "脫線",
            "维修",
            "維修",
            "掉色",
            "broken",
            "faulty",
            "repair",
            "pilling",
            "defect",
        ],
    ),
    (
        "delivery",
        "物流",
        "物流",
        "Delivery",
        2,
        "",
        20,
        [
            "快递",
            "快遞",
            "物流",
            "没收到",
            "沒收到",
            "还没到",
            "還沒到",
            "发货",
            "出貨",
            "送到",
            "delivery",
            "parcel",
            "courier",
            "not arrived",
            "shipping",
        ],
    ),
    (
        "return",
        "退换",
        "退換",
        "Return and exchange",
        2,
        "",
        30,
        ["退货", "退貨", "换货", "換貨", "退款", "换一条", "换一件", "换码", "return", "exchange", "refund"],
    ),
    (
        "size",
        "尺码建议",
        "尺寸建議",
        "Size advice",
        2,
        "",
        40,
        ["尺码", "尺寸", "几码", "多大码", "偏大", "偏小", "what size", "sizing"],
    ),
    (
        "points",
        "积分与等级",
        "積分與等級",
        "Points and level",
        2,
        "",
        50,
        ["积分", "積分", "等级", "等級", "升级", "金卡", "黑卡", "银卡", "points", "level", "membership"],
    ),
    ("coupon", "优惠券", "優惠券", "Coupon", 2, "", 60, ["优惠券", "優惠券", "折扣码", "用不了", "coupon", "voucher"]),
    (
        "product",
        "商品咨询",
        "商品諮詢",
        "Product question",
        1,
        "",
        70,
        ["面料", "材质", "材質", "怎么洗", "怎麼洗", "有货", "有貨", "什么颜色", "material", "in stock", "wash"],
    ),
    ("invoice", "发票", "發票", "Invoice", 2, "", 80, ["发票", "發票", "抬头", "抬頭", "开票", "invoice", "tax id"]),
    ("appointment", "预约", "預約", "Appointment", 2, "", 90, ["预约", "預約", "改时间", "改時間", "appointment"]),
    ("gift", "送礼建议", "送禮建議", "Gift advice", 1, "", 100, ["送礼", "送禮", "礼物", "禮物", "gift"]),
    (
        "manner",
        "服务态度",
        "服務態度",
        "Complaint on manner",
        3,
        "",
        110,
        ["态度", "態度", "投诉", "客訴", "太差", "不耐烦", "不耐煩", "rude", "complain", "unacceptable"],
    ),
    ("praise", "表扬", "讚揚", "Praise", 1, "", 120, ["表扬", "讚揚", "很满意", "很滿意", "praise", "well done"]),
]

STATUSES = [
    ("new", "新的", "新的", "New", "new", 1), ("working", "在办", "處理中", "In work", "open", 10),
    ("wait-customer", "等客户回", "等客戶回覆", "Waits for the customer", "waiting", 20),
    ("wait-quote", "等报价", "等報價", "Waits for a quote", "held", 30),
    ("wait-part", "等配件", "等零件", "Waits for a part", "held", 31),
    ("wait-carrier", "等物流", "等物流", "Waits for the courier", "held", 32),
    ("helped", "办好了", "辦好了", "Done", "resolved", 40),
    ("no-reply", "客户没再回", "客戶未再回覆", "No word from the customer", "resolved", 41),
]  # fmt: skip

TARGETS = [("first", 60), ("next", 120), ("end", 2880)]
RUNGS = [(75, "owner"), (100, "owner"), (100, "lead"), (200, "operator")]


def write(apps, schema_editor):
    words = lambda hans, hant, en: {"zh-hans": hans, "zh-hant": hant, "en": en}  # noqa: E731
    topic, status = apps.get_model("tickets", "Topic"), apps.get_model("tickets", "Status")
    topic.objects.bulk_create(
        topic(code=code, name=words(hans, hant, en), urgency=urgency, risk=risk, place=place, hints=hints)
        for code, hans, hant, en, urgency, risk, place, hints in TOPICS
    )
    status.objects.bulk_create(
        status(code=code, name=words(hans, hant, en), state=state, place=place)
        for code, hans, hant, en, state, place in STATUSES
    )
    target, rung = apps.get_model("tickets", "PromiseTarget"), apps.get_model("tickets", "Rung")
    target.objects.bulk_create(target(metric=metric, minutes=minutes) for metric, minutes in TARGETS)
    rung.objects.bulk_create(rung(percent=percent, to=to) for percent, to in RUNGS)


class Migration(migrations.Migration):
    dependencies = [("tickets", "0002_guards_and_search")]

    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
