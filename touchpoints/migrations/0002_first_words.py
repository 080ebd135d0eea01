"""What most shops offer, alter and are asked about; an operator renames, adds and takes out of use."""

from django.db import migrations

APPOINTMENTS = (  # code, 简体, 繁體, English, minutes, where, place
    ("trial", "试穿", "試穿", "Trial", 30, "store", 10),
    ("viewing", "私享看货", "私享看貨", "Private viewing", 60, "store", 20),
    ("lounge", "贵宾室", "貴賓室", "VIP room", 60, "store", 30),
    ("doorstep", "上门", "到府", "At your door", 90, "doorstep", 40),
)  # fmt: skip
FITTINGS = (  # code, 简体, 繁體, English, place
    ("hem", "裤长", "褲長", "Hem", 62),
    ("waist", "腰围", "腰圍", "Waist", 64),
    ("sleeve", "袖长", "袖長", "Sleeve", 66),
)  # fmt: skip
TOPICS = (  # code, 简体, 繁體, English, place
    ("return", "退换", "退換", "Returns and exchanges", 10),
    ("size", "尺码", "尺碼", "Sizes", 20),
    ("parcel", "快递", "快遞", "Parcels", 30),
    ("points", "积分和券", "點數和券", "Points and coupons", 40),
    ("product", "商品", "商品", "Products", 50),
    ("store", "门店", "門市", "Stores", 60),
    ("sorry", "道歉", "道歉", "Saying sorry", 70),
)  # fmt: skip


def words(*three):
    return dict(zip(("zh-hans", "zh-hant", "en"), three, strict=True))


def write(apps, schema_editor):
    name_appointments(apps)
    name_topics(apps)


def name_appointments(apps):
    kind, fact = apps.get_model("touchpoints", "AppointmentKind"), apps.get_model("customers", "FactKey")
    kind.objects.bulk_create(
        (
            kind(code=code, name=words(*names), minutes=minutes, where=where, place=place)
            for code, *names, minutes, where, place in APPOINTMENTS
        ),
        ignore_conflicts=True,
    )
    fact.objects.bulk_create(
        (
            fact(code=code, name=words(*names), concern="sizes", pinned=True, place=place)
            for code, *names, place in FITTINGS
        ),
        ignore_conflicts=True,
    )


def name_topics(apps):
    topic = apps.get_model("touchpoints", "ScriptTopic")
    topic.objects.bulk_create(
        (topic(code=code, name=words(*names), place=place) for code, *names, place in TOPICS), ignore_conflicts=True
    )


class Migration(migrations.Migration):
    replaces = [
        ("touchpoints", "0020_reception"),
        ("touchpoints", "0030_scripts"),
    ]

    dependencies = [
        ("customers", "0002_first_words"),
        ("touchpoints", "0001_initial"),
    ]

    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
