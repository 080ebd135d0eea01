"""The brand's journey maps as its people drew them, and its bank of questions."""

from datetime import datetime, timedelta

from customers.models import NeedKind, Scene, TagDimension, TagValue
from journeys import bank, maps
from journeys.models import MapPoint
from scrm.kernel.words import words
from staff.models import User

# code, name, trade; then per stage and place: feeling in tenths, pains, delights (“*”: a customer's own words)
MAPS = (
    ("sportswear", ("运动装", "運動服", "Sportswear"), "apparel", {
        (0, 0): (6, ("*搜到三个店，不知道哪家是真的",), ("*橱窗里有我同事那双",)),
        (1, 0): (-4, ("*尺码表看不懂，问了半天没人",), ("*顾问先问我怕不怕勒",)),
        (1, 1): (3, ("周末试穿间排队，没人管",), ()),
        (2, 0): (8, ("*三张券只能用一张，没人说",), ("*两分钟就办完了",)),
        (2, 1): (-2, ("*快递到哪了查不到",), ()),
        (3, 0): (-8, ("*换一条裤子等了四天", "换货进度只能打电话问"), ()),
        (3, 1): (2, (), ("*修好还帮我改了裤长",)),
        (4, 0): (7, ("*发的都是我不穿的羊毛",), ("*记得我要 37.5",)),
        (5, 0): (9, ("*三次说好回电，都没回",), ("*我妈也办了会员",)),
    }),
    ("coffee-shops", ("咖啡店", "咖啡店", "Coffee shops"), "coffee", {
        (0, 0): (4, (), ("*路过就闻到",)), (1, 0): (3, ("低因只有一种",), ()),
        (2, 0): (-3, ("*早上八点半排到门口",), ()), (2, 1): (1, (), ()), (3, 0): (8, (), ("*插座多，狗也能进",)),
        (4, 0): (5, ("*章快满了没人提醒",), ()), (5, 0): (6, (), ("*带了三个同事来",)),
    }),
    ("home", ("家电和服务", "家電和服務", "Appliances and service"), "appliance", {
        (0, 0): (2, (), ()), (1, 0): (1, ("*装不装得下没人说得准",), ()), (2, 0): (4, (), ()),
        (2, 1): (-5, ("*约了上午，下午四点才来",), ()), (3, 0): (-3, ("*说了三遍哪里坏了",), ("*师傅戴了鞋套",)),
    }),
    ("companies", ("企业客户", "企業客戶", "Companies"), "business", {
        (1, 0): (3, (), ("72 小时出方案做到了",)), (2, 0): (-1, ("开票信息要填两次",), ()),
        (3, 0): (6, (), ("*四小时真的到了",)),
    }),
)  # fmt: skip
DIMENSIONS = (  # code, name, one value at a time
    ("gift-for", ("送给谁", "送給誰", "Gift for"), False), ("budget", ("预算", "預算", "Budget"), True),
    ("sport-kind", ("做什么运动", "做什麼運動", "Sport"), False), ("fit-wish", ("喜欢的松紧", "喜歡的鬆緊", "Fit"), True),
    ("trip-kind", ("出行", "出行", "Trip"), False), ("weather", ("那边天气", "那邊天氣", "Weather there"), False),
    ("dinner", ("晚饭怎么吃", "晚飯怎麼吃", "Dinner"), True), ("home-stage", ("装修到哪", "裝修到哪", "Renovation"), True),
    ("fitting-time", ("几点方便", "幾點方便", "Time that suits"), True), ("coffee", ("咖啡", "咖啡", "Coffee"), True),
    ("wash", ("怎么洗", "怎麼洗", "Washing"), True), ("help-wish", ("要不要人陪", "要不要人陪", "Company"), True),
)  # fmt: skip
# scene, code, words, dimension, answers: value, words, need
QUESTIONS = (
    ("everyday", "fit-wish", ("喜欢贴身还是宽松？", "喜歡貼身還是寬鬆？", "Close or loose?"), "fit-wish", (
        ("close", ("贴身", "貼身", "Close"), "fit"), ("regular", ("合身", "合身", "Regular"), "fit"),
        ("loose", ("宽松", "寬鬆", "Loose"), "comfort"))),
    ("everyday", "wash", ("平时机洗还是手洗？", "平時機洗還是手洗？", "Machine or hand?"), "wash", (
        ("machine", ("机洗", "機洗", "Machine"), "care"), ("hand", ("手洗", "手洗", "By hand"), "care"),
        ("cleaner", ("送洗", "送洗", "Cleaner's"), "care"))),
    ("everyday", "leaning", ("更看功能还是穿着感觉？", "更看功能還是穿著感覺？", "Function or feel?"), "leaning", (
        ("function", ("看功能", "看功能", "Function"), "advice"), ("experience", ("看体验", "看體驗", "Feel"), "comfort"))),
    ("everyday", "company", ("想自己看，还是有人陪着挑？", "想自己看，還是有人陪著挑？", "Alone, or with advice?"), "help-wish", (
        ("alone", ("自己看", "自己看", "Alone"), ""), ("advice", ("陪着挑", "陪著挑", "With advice"), "advice"))),
    ("gift", "gift-for", ("送给谁？", "送給誰？", "Who is it for?"), "gift-for", (
        ("parents", ("爸妈", "爸媽", "Parents"), "advice"), ("partner", ("另一半", "另一半", "Partner"), "advice"),
        ("child", ("孩子", "孩子", "Child"), "fit"), ("colleague", ("同事", "同事", "Colleague"), "advice"))),
    ("gift", "gift-budget", ("大概多少预算？", "大概多少預算？", "About how much?"), "budget", (
        ("small", ("三百以内", "三百以內", "Up to 300"), "advice"), ("middle", ("三百到一千", "三百到一千", "300–1,000"), "advice"),
        ("large", ("一千以上", "一千以上", "Above 1,000"), "advice"))),
    ("trip", "trip-kind", ("出差还是玩？", "出差還是玩？", "Work or leisure?"), "trip-kind", (
        ("work", ("出差", "出差", "Work"), "sooner"), ("leisure", ("玩", "玩", "Leisure"), "advice"),
        ("family", ("一家人", "一家人", "With family"), "advice"))),
    ("trip", "weather", ("那边冷还是热？", "那邊冷還是熱？", "Cold or hot there?"), "weather", (
        ("cold", ("冷", "冷", "Cold"), "comfort"), ("hot", ("热", "熱", "Hot"), "comfort"),
        ("wet", ("多雨", "多雨", "Wet"), "care"))),
    ("overtime", "dinner", ("晚饭在公司吃还是路上吃？", "晚飯在公司吃還是路上吃？", "At the office or on the way?"), "dinner", (
        ("office", ("公司", "公司", "Office"), "delivery"), ("way", ("路上", "路上", "On the way"), "sooner"))),
    ("overtime", "coffee", ("要不要低因？", "要不要低因？", "Decaf?"), "coffee", (
        ("decaf", ("低因", "低因", "Decaf"), "stock"), ("normal", ("普通", "普通", "Normal"), ""))),
    ("sport", "sport-kind", ("最近练什么？", "最近練什麼？", "What do you train?"), "sport-kind", (
        ("running", ("跑步", "跑步", "Running"), "fit"), ("yoga", ("瑜伽", "瑜伽", "Yoga"), "comfort"),
        ("weights", ("力量", "力量", "Weights"), "advice"), ("hiking", ("徒步", "健行", "Hiking"), "advice"))),
    ("sport", "service", ("更要快，还是要舒服？", "更要快，還是要舒服？", "Speed or comfort?"), "service", (
        ("speed", ("要快", "要快", "Speed"), "sooner"), ("feeling", ("要舒服", "要舒服", "Comfort"), "comfort"))),
    ("renovation", "home-stage", ("装修到哪一步了？", "裝修到哪一步了？", "How far is the work?"), "home-stage", (
        ("plan", ("还在想", "還在想", "Planning"), "advice"), ("work", ("在施工", "在施工", "Under way"), "delivery"),
        ("done", ("装好了", "裝好了", "Done"), "care"))),
    ("renovation", "fitting-time", ("上门几点方便？", "到府幾點方便？", "When may we come?"), "fitting-time", (
        ("morning", ("上午", "上午", "Morning"), "delivery"), ("evening", ("下班后", "下班後", "After work"), "delivery"),
        ("weekend", ("周末", "週末", "Weekend"), "delivery"))),
)  # fmt: skip


def plant(moment: datetime) -> None:
    """Maps with what people drew on them, the bank, and the numbers counted as of the demo's day."""
    owner = User.objects.filter(username="yan.gu").first()
    for number, (code, name, trade, drawn) in enumerate(MAPS):
        made = maps.make(code, words(*name), trade, by=owner)
        points = {(one.stage.place, one.place): one for one in MapPoint.objects.select_related("stage").filter(
            stage__map=made)}  # fmt: skip
        for place, (feeling, pains, delights) in drawn.items():
            point = points[place]
            point.feel(feeling, by=owner, version=point.version, at=moment - timedelta(days=9 + number))
            for kind, said in [("pain", one) for one in pains] + [("delight", one) for one in delights]:
                point.note(kind, said.lstrip("*"), by=owner, verbatim=said.startswith("*"), version=point.version)
    ask()
    maps.reckon(moment)


def ask() -> None:
    scenes = {one.code: one for one in Scene.objects.all()}
    needs = {one.code: one for one in NeedKind.objects.all()}
    for place, (code, name, alone) in enumerate(DIMENSIONS):
        TagDimension.objects.get_or_create(
            code=code, defaults={"name": words(*name), "exclusive": alone, "place": 60 + place}
        )  # fmt: skip
    dimensions = {one.code: one for one in TagDimension.objects.all()}
    for scene, code, said, dimension, answers in QUESTIONS:
        question = bank.make(code, words(*said), by=None, scene=scenes[scene], dimension=dimensions[dimension])
        for place, (value, told, need) in enumerate(answers):
            TagValue.objects.get_or_create(
                dimension=dimensions[dimension], code=value, defaults={"name": words(*told), "place": place}
            )  # fmt: skip
            bank.put_answer(question, value, words(*told), need=needs.get(need), by=None)
