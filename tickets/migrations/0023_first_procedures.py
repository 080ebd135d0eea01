"""The procedures every brand begins with; all of it may be changed."""

from django.db import migrations

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


def write(apps, schema_editor):
    topic, procedure = apps.get_model("tickets", "Topic"), apps.get_model("tickets", "Procedure")
    step = apps.get_model("tickets", "ProcedureStep")
    words = lambda three: dict(zip(("zh-hans", "zh-hant", "en"), three, strict=True))  # noqa: E731
    for code, (name, steps) in STEPS.items():
        made = procedure.objects.create(topic=topic.objects.get(code=code), name=words(name))
        step.objects.bulk_create(
            step(procedure=made, place=place, text=words(text[:3]), minutes=text[3], where=text[4])
            for place, text in enumerate(steps, start=1)
        )


class Migration(migrations.Migration):
    dependencies = [("tickets", "0022_work")]

    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
