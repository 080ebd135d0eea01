"""What the brand knows: articles for everybody, for colleagues, and product sheets to lay side by side."""

from datetime import date, datetime, timedelta

from scrm.kernel.words import words
from staff.models import User
from tickets.models import Article, ArticleVersion, Audience, Topic

WRITTEN_BY, APPROVED_BY = "shu.lin", "yan.gu"
# code, topic, product or category, for everybody, title and text in three languages
ARTICLES = (
    ("pilling", "fault", "Y01", True,
     ("瑜伽裤起球怎么办", "瑜伽褲起球怎麼辦", "When leggings pill"),
     ("翻到里面，冷水轻柔洗，不加柔顺剂，平铺晾干。\n\n- 大腿内侧起球是摩擦，不是次品。\n- 穿了不到 **30 天** 就起球，拿来任一门店，我们给您换。",
      "翻到裡面，冷水輕柔洗，不加柔順劑，平鋪晾乾。\n\n- 大腿內側起球是摩擦，不是瑕疵。\n- 穿了不到 **30 天** 就起球，拿來任一門市，我們給您換。",
      "Turn them inside out, wash cold and gently without softener, dry them flat.\n\n- Pilling on the inner thigh comes from rubbing, not from a fault.\n- If it begins within **30 days**, bring them to any store and we exchange them.")),
    ("exchange", "return", "", True,
     ("怎么换货", "怎麼換貨", "How to exchange"),
     ("七天内没穿出门、吊牌在，任一门店可换，不用发票，报手机号就行。\n\n1. 到店说要换的尺码。\n2. 店员按订单找到它。\n3. 没货时从别的店调，三天内到。",
      "七天內沒穿出門、吊牌在，任一門市可換，不用發票，報手機號就行。\n\n1. 到店說要換的尺碼。\n2. 店員按訂單找到它。\n3. 沒貨時從別的門市調，三天內到。",
      "Within seven days, unworn and with its tag, any store exchanges it; your phone number is enough.\n\n1. Say which size you want.\n2. We find it by your order.\n3. If it is not here, another store sends it within three days.")),
    ("descaling", "fault", "H01", True,
     ("咖啡机多久除垢一次", "咖啡機多久除垢一次", "How often to descale the espresso machine"),
     ("每 90 天一次，水硬的地方 60 天。除垢灯亮后还能做 20 杯。\n\n水箱加除垢液到刻度，按住热水键 3 秒，约 25 分钟自己走完。",
      "每 90 天一次，水硬的地方 60 天。除垢燈亮後還能做 20 杯。\n\n水箱加除垢液到刻度，按住熱水鍵 3 秒，約 25 分鐘自己走完。",
      "Every 90 days, every 60 where water is hard. After the light goes on it makes 20 more cups.\n\nFill the tank with descaler to the mark and hold the hot-water key for 3 seconds; it takes about 25 minutes by itself.")),
    ("parcel-lost", "delivery", "", False,
     ("快递丢了：谁来赔、怎么说", "快遞丟了：誰來賠、怎麼說", "A lost parcel: who pays, what to say"),
     ("先补发，再找快递赔。不要让客户等快递的答复。\n\n- 客户三天没收到、轨迹两天没动，就算丢了。\n- 新单免运费，走加急。\n- 在工单里写下快递单号，运营每周五统一索赔。",
      "先補寄，再找快遞賠。不要讓客戶等快遞的答覆。\n\n- 客戶三天沒收到、軌跡兩天沒動，就算丟了。\n- 新單免運費，走加急。\n- 在工單裡寫下快遞單號，營運每週五統一索賠。",
      "Send another one first, then claim. The customer does not wait for the courier's answer.\n\n- Not there after three days and no trace for two: it is lost.\n- The new one goes express and free.\n- Write the parcel number into the case; operations claim each Friday.")),
)  # fmt: skip
# code, product, whose, title, text, what is compared, where the figures are from
SHEETS = (
    ("runner-4", "R02", "ours", ("轻羽跑鞋 4", "輕羽跑鞋 4", "Feather runner 4"),
     ("比 3 代轻，前掌更宽，适合日常到半马。", "比 3 代輕，前掌更寬，適合日常到半馬。", "Lighter than the third with a wider forefoot, for every day up to a half marathon."),
     ("重量：218 g（42 码）\n落差：8 mm\n中底：超临界发泡\n前掌：宽\n寿命：700 km\n价格：¥799",
      "重量：218 g（42 碼）\n落差：8 mm\n中底：超臨界發泡\n前掌：寬\n壽命：700 km\n價格：¥799",
      "Weight: 218 g (size 42)\nDrop: 8 mm\nMidsole: supercritical foam\nForefoot: wide\nLasts: 700 km\nPrice: ¥799"),
     "商品部测试，2026-08"),
    ("runner-3", "R01", "former", ("轻羽跑鞋 3", "輕羽跑鞋 3", "Feather runner 3"),
     ("仍在售，脚窄的人穿它更稳。", "仍在售，腳窄的人穿它更穩。", "Still sold; steadier for narrow feet."),
     ("重量：241 g（42 码）\n落差：8 mm\n中底：EVA\n前掌：常规\n寿命：600 km\n价格：¥699",
      "重量：241 g（42 碼）\n落差：8 mm\n中底：EVA\n前掌：常規\n壽命：600 km\n價格：¥699",
      "Weight: 241 g (size 42)\nDrop: 8 mm\nMidsole: EVA\nForefoot: regular\nLasts: 600 km\nPrice: ¥699"),
     "商品部测试，2025-03"),
    ("other-runner", "R02", "rival", ("别家同价位碳板跑鞋", "別家同價位碳板跑鞋", "A carbon shoe of another brand at that price"),
     ("快，但硬；日常慢跑的人不建议。只说数字，不评价别家。", "快，但硬；日常慢跑的人不建議。只說數字，不評價別家。", "Fast but hard; not for easy running. Say the figures, do not judge the other."),
     ("重量：226 g（42 码）\n落差：10 mm\n中底：PEBA + 碳板\n前掌：窄\n价格：¥859",
      "重量：226 g（42 碼）\n落差：10 mm\n中底：PEBA + 碳板\n前掌：窄\n價格：¥859",
      "Weight: 226 g (size 42)\nDrop: 10 mm\nMidsole: PEBA + carbon plate\nForefoot: narrow\nPrice: ¥859"),
     "对方官网与吊牌，2026-09"),
)  # fmt: skip


def plant(on: date, moment: datetime) -> None:
    writer, second = User.objects.get(username=WRITTEN_BY), User.objects.get(username=APPROVED_BY)
    topics = {one.code: one for one in Topic.objects.all()}
    for code, topic, product, public, title, body in ARTICLES:
        _live(code, title, body, writer, second, on, moment, topic=topics.get(topic), product=product,
              audience=Audience.PUBLIC if public else Audience.STAFF)  # fmt: skip
    for code, product, whose, title, body, facts, facts_from in SHEETS:
        _live(code, title, body, writer, second, on, moment, product=product, audience=Audience.STAFF, sheet=whose,
              facts=words(*facts), facts_from=facts_from)  # fmt: skip


def _live(code: str, title, body, writer: User, second: User, on: date, moment: datetime, **more) -> None:
    article = Article.objects.create(code=code, review_by=on + timedelta(days=120), made_by=writer)
    ArticleVersion.objects.create(
        article=article, number=1, title=words(*title), body=words(*body), written_by=writer, approved_by=second,
        state=ArticleVersion.State.LIVE, written_at=moment - timedelta(days=40), submitted_at=moment - timedelta(days=40),
        approved_at=moment - timedelta(days=39), **more,
    )  # fmt: skip
