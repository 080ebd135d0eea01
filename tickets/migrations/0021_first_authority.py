"""Reasons, limits and the budget every brand begins with; all of it may be changed."""

from django.db import migrations

REASONS = [  # code, 简体, 繁體, English, points offered, place
    ("late", "答复晚了", "答覆晚了", "Answered late", [100, 300], 10),
    ("wait", "让客户久等了", "讓客戶久等了", "Long wait", [100, 200], 20),
    ("promise", "答应的没做到", "答應的沒做到", "We did not keep our word", [300, 500], 30),
    ("fault", "商品有问题", "商品有問題", "Something was wrong with it", [300, 500], 40),
    ("mistake", "我们弄错了", "我們弄錯了", "Our mistake", [200, 500], 50),
    ("kindness", "一点心意", "一點心意", "A kind gesture", [50, 100], 60),
]

# role → points, and minor units for coupons and money off: act, case, day, customer in 90 days, exception
LIMITS = {
    "associate": [(200, 320, 600, 600, 500), (5_000, 8_000, 15_000, 15_000, 12_000)],
    "agent": [(500, 800, 3_000, 1_500, 1_000), (8_000, 12_800, 48_000, 20_000, 15_000)],
    "advisor": [(800, 1_500, 4_000, 3_000, 1_500), (8_000, 15_000, 40_000, 30_000, 15_000)],
    "lead": [(3_000, None, None, 6_000, 0), (50_000, None, None, 100_000, 0)],
    "operator": [(10_000, None, None, None, 0), (200_000, None, None, None, 0)],
}
BUDGET = 300_000  # a store and month


def write(apps, schema_editor):
    words = lambda hans, hant, en: {"zh-hans": hans, "zh-hant": hant, "en": en}  # noqa: E731
    reason, authority = apps.get_model("tickets", "Reason"), apps.get_model("tickets", "Authority")
    reason.objects.bulk_create(
        reason(code=code, name=words(hans, hant, en), points=points, place=place)
        for code, hans, hant, en, points, place in REASONS
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


class Migration(migrations.Migration):
    dependencies = [("tickets", "0020_authority")]

    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
