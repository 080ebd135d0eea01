"""What most shops want to know, hear and ask; an operator renames, adds and takes out of use."""

from django.db import migrations

FACTS = (  # code, 简体, 繁體, English, concern, pinned, days it stays fresh, place
    ("allergy", "过敏", "過敏", "Allergy", "safety", True, 365, 10),
    ("words", "自己的话", "自己的話", "Own words", "words", True, 730, 20),
    ("sizes", "尺码", "尺碼", "Sizes", "sizes", True, 365, 30),
    ("contact", "联系方式", "聯絡方式", "How to reach", "contact", True, 365, 40),
    ("goal", "目标", "目標", "Goal", "other", False, 180, 50),
    ("family", "家人", "家人", "Family", "other", False, 730, 60),
    ("work", "职业", "職業", "Work", "other", False, 730, 70),
    ("delivery", "送货", "送貨", "Delivery", "other", False, 365, 80),
    ("taste", "口味", "口味", "Taste", "other", False, 365, 90),
    ("skin", "肤质", "膚質", "Skin", "other", False, 365, 100),
    ("home", "家里", "家裡", "Home", "other", False, 730, 110),
)  # fmt: skip
SCENES = (  # code, 简体, 繁體, English, place
    ("everyday", "日常", "日常", "Every day", 10),
    ("gift", "送礼", "送禮", "A gift", 20),
    ("trip", "出行", "出行", "A trip", 30),
    ("overtime", "加班晚餐", "加班晚餐", "Dinner after overtime", 40),
    ("sport", "运动", "運動", "Sport", 50),
    ("renovation", "老房翻新", "老屋翻新", "Old home renewed", 60),
)  # fmt: skip
NEEDS = (  # the same
    ("fit", "尺码、版型", "尺碼、版型", "Size or fit", 10),
    ("stock", "想要的没有现货", "想要的沒有現貨", "Not in stock", 20),
    ("advice", "帮我搭配、挑选", "幫我搭配、挑選", "Advice", 30),
    ("sooner", "要快一点", "要快一點", "Sooner", 40),
    ("delivery", "送到方便的地方", "送到方便的地方", "Delivered to a better place", 50),
    ("comfort", "更舒服、不勒", "更舒服、不勒", "More comfort", 60),
    ("care", "保养、维修", "保養、維修", "Care or repair", 70),
)  # fmt: skip
TEXTS = (  # purpose, 简体, 繁體, English
    (
        "marketing",
        "我同意通过我选的渠道收到新品和优惠。随时可以关掉，订单和服务的消息不受影响。",
        "我同意透過我選的渠道收到新品和優惠。隨時可以關掉，訂單和服務的訊息不受影響。",
        "I agree to get news and offers through the channels I chose. I can turn them off at any time; "
        "letters about orders and service still come.",
    ),
    (
        "profiling",
        "我同意门店根据我在网上看过的商品给我建议。关掉之后不再使用。",
        "我同意門市根據我在網上看過的商品給我建議。關掉之後不再使用。",
        "I agree that the store advises me by what I looked at online. Once turned off it is not used any more.",
    ),
    (
        "sensitive",
        "我同意记下与身体和健康有关的说明，只为给我更合适的服务。",
        "我同意記下與身體和健康有關的說明，只為給我更合適的服務。",
        "I agree that notes about my body and health are kept, only to serve me better.",
    ),
)  # fmt: skip
TAGS = (  # code, 简体, 繁體, English, one value alone, place, its values
    ("leaning", "产品倾向", "產品傾向", "Product leaning", True, 10, (
        ("function", "看功能", "看功能", "Function"), ("experience", "看体验", "看體驗", "Experience"),
    )),
    ("service", "服务敏感", "服務敏感", "Service sensitivity", True, 20, (
        ("speed", "要快", "要快", "Speed"), ("feeling", "要舒服", "要舒服", "Feeling"),
    )),
    ("cycle", "购买周期", "購買週期", "Buying cycle", True, 30, (
        ("regular", "规律买", "規律買", "Regular"), ("occasional", "偶尔买", "偶爾買", "Occasional"),
    )),
    ("liking", "喜欢的品类", "喜歡的品類", "Category liking", False, 40, ()),
    ("where", "在哪里买", "在哪裡買", "Place", False, 50, (
        ("store", "门店", "門市", "In the store"), ("online", "网上", "網上", "Online"),
    )),
)  # fmt: skip
RECORDS = (  # code, 简体, 繁體, English, sensitive, place, its fields: key, 简体, 繁體, English, kind, choices
    ("sizes", "尺码", "尺碼", "Sizes", False, 10, (
        ("top", "上装", "上衣", "Top", "text"),
        ("trousers", "裤装", "褲裝", "Trousers", "text"),
        ("shoe", "鞋码", "鞋碼", "Shoe", "number"),
        ("height", "身高 cm", "身高 cm", "Height cm", "number"),
        ("fit", "喜欢的松紧", "喜歡的鬆緊", "How it should sit", "choice",
            ("close", "贴身", "貼身", "Close"),
            ("regular", "合身", "合身", "Regular"),
            ("loose", "宽松", "寬鬆", "Loose")),
    )),
    ("skin", "皮肤", "皮膚", "Skin", True, 20, (
        ("type", "肤质", "膚質", "Type", "choice",
            ("dry", "干", "乾", "Dry"),
            ("oily", "油", "油", "Oily"),
            ("mixed", "混合", "混合", "Mixed"),
            ("sensitive", "敏感", "敏感", "Sensitive")),
        ("reacts", "对什么有反应", "對什麼有反應", "Reacts to", "text"),
        ("care", "现在怎么护理", "現在怎麼護理", "Care now", "text"),
    )),
    ("home", "家里", "家裡", "Home", False, 30, (
        ("people", "几口人", "幾口人", "People", "number"),
        ("area", "面积 m²", "面積 m²", "Area m²", "number"),
        ("machine", "家里的机器", "家裡的機器", "Machines at home", "text"),
        ("note", "要记得的", "要記得的", "To remember", "text"),
    )),
)  # fmt: skip


def words(*three):
    return dict(zip(("zh-hans", "zh-hant", "en"), three, strict=True))


def write(apps, schema_editor):
    name_facts(apps)
    name_scenes_and_needs(apps)
    write_consents(apps)
    name_tags(apps)
    name_records(apps)


def name_facts(apps):
    key = apps.get_model("customers", "FactKey")
    key.objects.bulk_create(
        (
            key(code=code, name=words(*names), concern=concern, pinned=pinned, shelf_days=days, place=place)
            for code, *names, concern, pinned, days, place in FACTS
        ),
        ignore_conflicts=True,
    )


def name_scenes_and_needs(apps):
    for model, rows in (
        (apps.get_model("customers", "Scene"), SCENES),
        (apps.get_model("customers", "NeedKind"), NEEDS),
    ):
        model.objects.bulk_create(
            (model(code=code, name=words(*names), place=place) for code, *names, place in rows), ignore_conflicts=True
        )


def write_consents(apps):
    text = apps.get_model("customers", "ConsentText")
    text.objects.bulk_create(
        (text(purpose=purpose, version=1, words=words(*three)) for purpose, *three in TEXTS), ignore_conflicts=True
    )


def name_tags(apps):
    dimension, value = apps.get_model("customers", "TagDimension"), apps.get_model("customers", "TagValue")
    for code, *names, exclusive, place, answers in TAGS:
        about = {"name": words(*names), "exclusive": exclusive, "place": place}
        made, _new = dimension.objects.get_or_create(code=code, defaults=about)
        value.objects.bulk_create(
            (
                value(dimension=made, code=answer, name=words(*three), place=number)
                for number, (answer, *three) in enumerate(answers)
            ),
            ignore_conflicts=True,
        )


def name_records(apps):
    kind = apps.get_model("customers", "RecordKind")
    kind.objects.bulk_create(
        (
            kind(
                code=code,
                name=words(*names),
                sensitive=sensitive,
                place=place,
                fields=[field(*each) for each in fields],
            )
            for code, *names, sensitive, place, fields in RECORDS
        ),
        ignore_conflicts=True,
    )


def field(key, hans, hant, en, kind, *choices):
    found = {"key": key, "name": words(hans, hant, en), "kind": kind}
    if choices:
        found["choices"] = [{"code": code, "name": words(*names)} for code, *names in choices]
    return found


class Migration(migrations.Migration):
    replaces = [
        ("customers", "0013_facts_told_once"),
        ("customers", "0014_needs_and_steps"),
        ("customers", "0015_consents"),
        ("customers", "0020_tags"),
        ("customers", "0021_records"),
    ]

    dependencies = [("customers", "0001_initial")]

    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
