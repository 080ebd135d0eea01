"""Who the people with names of their own are: numbers, phones, what they bought, what they told us."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Buy:
    """One order `ago` days before D: what, for how much in all (yuan), paid how."""

    ago: int
    what: str  # codes of goods, with “*2” for two
    total: int = 0  # 0: the sum of the prices
    way: str = "till"  # till, coffee, app, mini, web, plat, b2b
    tenders: dict[str, int] = field(default_factory=dict)
    number: str = ""
    store: str = ""
    back: tuple[int, str, str] | None = None  # days ago, what came back, why
    fits: bool = False  # take of the goods as many as make the sum


@dataclass
class Told:
    key: str
    value: str
    concern: str = "other"
    note: str = ""
    ago: int = 60
    channel: str = "store"
    heard: str = ""
    by: str = ""
    pinned: bool = True
    confirmed: int = 0


@dataclass
class Person:
    number: str
    names: str  # family|given|family in traditional|given in traditional|Latin
    phone: str
    store: str = "HZ01"
    advisor: str = ""
    locale: str = "zh-hans"
    joined: int = 700  # days ago
    birthday: int | None = None  # days after D
    born: int | None = None
    company: str = ""
    shown: str = ""
    buys: list[Buy] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    looked: list[tuple[int, str, int]] = field(default_factory=list)  # days ago, goods, views
    came: list[tuple[int, str, str]] = field(default_factory=list)  # days ago, store, received by
    more: dict[str, Any] = field(default_factory=dict)  # further identities: kind → value


def often(total: int, count: int, last: int, gap: int, what: str, way: str = "till", store: str = "") -> list[Buy]:
    """So many orders, `gap` days apart, the last `last` days ago, that sum to `total` exactly."""
    goods = what.split()
    weights = [3 + (number * 7) % 5 for number in range(count)]
    shares = [total * weight // sum(weights) for weight in weights]
    shares[0] += total - sum(shares)
    return [
        Buy(last + gap * number, " ".join(goods[(number * 3 + i) % len(goods)] for i in range(len(goods))),
            share, way, store=store, fits=True)
        for number, share in enumerate(shares)
    ]  # fmt: skip


MEI = Person(
    "20418837", "梅|雨晴|梅|雨晴|Mei Yuqing", "19900001234", advisor="ruoan.shen", joined=1460, birthday=10, born=1993,
    buys=[
        Buy(354, "Y01-BK-S Y09-BK"), Buy(323, "H07"), Buy(292, "Y03-MW-M Y10-PN"), Buy(261, "F13-2 F12-2 H14-1", way="app"),
        Buy(230, "K01 K02 K03-1", way="app"), Buy(199, "R01-MW-37.5"), Buy(168, "Y07-1 Y08-BK"), Buy(137, "H15-PN F13-2*2"),
        Buy(106, "Y02-PN-S Y05-BK-M"), Buy(75, "H16-BK H13-BK-1.5m H06-MW", 1664, tenders={"gift_card": 1500, "wechat_pay": 164}),
        Buy(44, "Y01-BK-S Y04-MW-M", 699, tenders={"wechat_pay": 499, "stored": 200}, number="A-77120"),
    ],
    told=[
        Told("羊毛过敏", "羊毛过敏", "safety", "含羊毛的一律不推荐", 420, "app", confirmed=2),
        Told("自己的话", "先让我自己看看，需要时我会叫你", "words", "", 44, "store", "ke.chen"),
        Told("尺码", "上衣 M · 裤装 S · 鞋 37.5", "sizes", "裤长减 3 厘米，腰要松", 44, "store", "ke.chen"),
        Told("联系方式", "微信，不打电话", "contact", "", 3, "wecom", "shu.lin"),
        Told("送货", "送到公司前台", "other", "", 230, "app", pinned=False),
        Told("职业", "办公室工作，周末练瑜伽", "other", "", 292, "store", "ruoan.shen", pinned=False),
        Told("家人", "常给爸妈买东西", "other", "", 323, "store", "ruoan.shen", pinned=False),
    ],
    looked=[(2, "Y03-PN-M Y01-BK-S Y03-PN-M Y05-PN-M", 9), (5, "Y03-PN-M Y02-PN-S Y04-MW-M", 6), (31, "H14-1 K03-1", 4)],
    came=[(44, "HZ01", "ke.chen"), (106, "HZ01", "ke.chen"), (199, "HZ01", "yue.wu")],
    more={"mail": "yuqing.mei@example.com", "wecom": "wm-mei-yuqing", "app": "app-mei-8837"},
)  # fmt: skip

PEOPLE = [
    MEI,
    Person("20419002", "王|淑兰|王|淑蘭|Wang Shulan", "19900006120", joined=900, born=1964, birthday=140,
           buys=often(780, 3, 58, 60, "K08-1 F12-2 H15-MW R08-M"),
           told=[Told("膝盖", "膝盖不好，先搬把椅子", "safety", "梅雨晴告诉我们的", 120, "store", "yue.wu", "梅雨晴"),
                 Told("阅读", "要大字", "contact", "", 120, "store", "yue.wu"), Told("联系时间", "上午打电话", "contact", "", 58, "phone", "shu.lin"),
                 Told("自己的话", "他记得我膝盖不好，先搬了椅子", "words", "说的是吴越", 20, "phone", "shu.lin")],
           came=[(58, "HZ01", "yue.wu")]),
    Person("20419003", "梅|建国|梅|建國|Mei Jianguo", "19900006131", joined=880, born=1962, birthday=-90,
           buys=often(672, 7, 25, 26, "F13-2"), told=[Told("咖啡豆", "云南豆，250 克，约二十六天一袋", "other", "", 130, "store", "yue.wu", pinned=False)]),
    Person("30419004", "欧阳|慕容雪|歐陽|慕容雪|Alexandra Fitzgerald-Montgomery", "+85290001234", advisor="ruoan.shen", locale="zh-hant", joined=1100, birthday=75,
           buys=[Buy(6, "H09-BK", 12800, "app"), *often(25400, 18, 19, 19, "Y04-BK-S H16-BK K06 Y05-BK-S H13-PN-2m R09-MW-S H14-2", "app")],
           told=[Told("自己的話", "幫我搭好三套，我來挑", "words", "", 30, "wecom", "ruoan.shen"), Told("回覆", "一小時內", "contact", "", 200, "wecom", "ruoan.shen"),
                 Told("行程", "常在香港、杭州、成都之間", "other", "", 30, "wecom", "ruoan.shen", pinned=False)],
           looked=[(1, "H08-BK H09-BK", 5), (3, "Y05-BK-S Y04-BK-S", 8)], more={"mail": "alexandra.fm@example.com", "wecom": "wm-ouyang"}),
    Person("20419005", "高|博文|高|博文|Gao Bowen", "19900003308", advisor="ruoan.shen", joined=1300, birthday=3, born=1985,
           buys=often(21460, 16, 12, 21, "R09-BK-L R04-GY-L H02-BK F13-1 R01-BK-43 H15-BK K06 R10-BK"),
           told=[Told("坚果过敏", "坚果过敏", "safety", "标准礼盒有榛子蛋糕，改茶礼", 380, "store", "ruoan.shen", confirmed=1),
                 Told("联系方式", "打电话，18:00 以后", "contact", "", 8, "app"), Told("尺码", "上衣 L · 鞋 43", "sizes", "", 200, "store", "ke.chen")],
           came=[(12, "HZ01", "ruoan.shen"), (33, "HZ01", "ke.chen"), (75, "HZ01", "ruoan.shen"), (130, "HZ01", "yue.wu"), (180, "HZ01", "ruoan.shen"), (240, "HZ01", "ke.chen"), (300, "HZ01", "ruoan.shen")]),
    Person("20419006", "林|嘉欣|林|嘉欣|Lin Jiaxin", "19900004411", advisor="ruoan.shen", joined=820, birthday=200, born=1996,
           buys=[Buy(243, "R01-BK-38"), Buy(64, "R06-BK-S R08-S", back=(57, "R06-BK-S", "尺码")), *often(3400, 8, 18, 32, "R12-1 R08-S R05-PN-S R04-PN-S R06-BK-S K10")],
           told=[Told("尺码", "鞋 38 · 上衣 S", "sizes", "西湖店留一双 38", 5, "store", "ke.chen"), Told("目标", "四十天后半程马拉松", "words", "", 18, "store", "ruoan.shen")],
           looked=[(1, "R02-BK-38", 7)]),
    Person("20419007", "苏|曼|蘇|曼|Su Man", "19900007752", advisor="ruoan.shen", joined=600, birthday=-20,
           buys=[Buy(92, "H16-PN"), *often(1180, 4, 120, 45, "K02 K07-1 H14-4")],
           told=[Told("联系方式", "短信", "contact", "", 7, "store", "xiang.li"), Told("包", "包掉色染到衬衫，已修好", "other", "", 7, "store", "xiang.li", pinned=False)]),
    Person("20419008", "赵|一诺|趙|一諾|Zhao Yinuo", "19900002090", advisor="ruoan.shen", joined=760, birthday=55, born=1994,
           buys=often(4120, 9, 21, 38, "F13-1 F12-1 H15-MW H14-2 H06-BK K03-2"),
           told=[Told("自己的话", "好惊喜", "words", "订婚纪念日贺卡的回信", 0, "wecom", "ruoan.shen"), Told("想要", "在比较净醒意式咖啡机", "other", "", 14, "store", "ruoan.shen", pinned=False)],
           looked=[(3, "H01-BK", 6), (14, "H01-PN H02-BK", 5)]),
    Person("20419009", "周|敏|周|敏|Zhou Min", "19900005873", joined=500, birthday=-60,
           buys=[Buy(330, "R09-BK-M"), *often(960, 4, 40, 50, "K08-2 R08-S H14-6 K01")],
           told=[Told("联系方式", "短信，修好就告诉我", "contact", "", 9, "store", "ke.chen")]),
    Person("20419010", "李|婧|李|婧|Li Jing", "19900009046", joined=9, birthday=33,
           told=[Told("尺码", "鞋 39，足弓外翻", "sizes", "约试两双跑鞋", 2, "mini")], looked=[(2, "R03-BK-39 R02-BK-39", 6)]),
    Person("20419011", "陈|嘉怡|陳|嘉怡|Chen Jiayi", "19900008185", joined=640, birthday=90, buys=often(2910, 8, 11, 29, "Y02-BK-S K02 K01 F12-1 H14-3", "mini")),
    Person("20419012", "吴|航|吳|航|Wu Hang", "19900006637", store="HZ03", joined=300, birthday=-10,
           buys=[Buy(4, "R04-BK-L", 288, "mini", number="A-77816"), *often(412, 6, 20, 22, "F04-M F07 F01-L", "mini", "HZ03")],
           told=[Told("自己的话", "短一点说", "words", "", 4, "mini", "shu.lin")]),
    Person("20419013", "周|一鸣|周|一鳴|Zhou Yiming", "19900011234", store="HZ02", joined=720, birthday=160, company="一鸣小厂",
           buys=[*often(1880, 6, 15, 34, "B02-2 F12-2 H15-BK", store="HZ02"), Buy(26, "F13-1 F12-1", 184, store="HZ01")],
           told=[Told("发票", "抬头写一鸣小厂，发到邮箱", "other", "", 1, "mail", "shu.lin"), Told("联系方式", "邮件", "contact", "", 200, "mail")],
           came=[(26, "HZ01", "ke.chen")], more={"mail": "yiming.zhou@example.com"}),
    Person("20419014", "许|文静|許|文靜|Xu Wenjing", "19900003021", joined=430, birthday=-140,
           buys=[Buy(13, "C04-BK C03-BK-120", way="app"), *often(690, 3, 60, 70, "C01-PN-110 C06-MW C02-BK-30", "app")],
           told=[Told("花生过敏", "孩子何子墨，5 岁，花生过敏", "safety", "", 220, "store", "hui.luo", confirmed=1), Told("称呼", "何子墨妈妈", "contact", "", 220, "store")]),
    Person("20419015", "罗|启明|羅|啟明|Luo Qiming", "19900007015", advisor="wen.jiang", company="澜峰设计", joined=1449, birthday=44,
           buys=[Buy(700, "B01*2 B02-2*8", 61440, "b2b"), *often(186400, 12, 16, 29, "B02-2*12 B03-1*60 B02-1*10 B04", "b2b")],
           told=[Told("分工", "罗启明拍板，唐静使用并报修，财务小郑付款", "contact", "", 700, "phone", "wen.jiang"), Told("设备", "商用咖啡机 B01-24-00317", "other", "", 700, "phone", "wen.jiang", pinned=False)]),
    Person("20419035", "唐|静|唐|靜|Tang Jing", "19900007016", advisor="wen.jiang", company="澜峰设计", joined=690),
    Person("20419036", "郑|小|鄭|小|Zheng Xiao", "19900007017", advisor="wen.jiang", company="澜峰设计", joined=690, shown="财务小郑"),
    Person("20419016", "方|以宁|方|以寧|Fang Yining", "19900007018", store="HZ04", advisor="wen.jiang", company="山隐民宿", joined=210,
           buys=often(16800, 4, 34, 40, "B04 H13-PN-1.8m B02-1", "b2b"),
           told=[Told("自己的话", "每间房要一个能歇下来的角落，罩子能洗，按摩要安静", "words", "", 2, "wecom", "wen.jiang")]),
    Person("20419017", "韩|雪峰|韓|雪峰|Han Xuefeng", "19900005519", advisor="ruoan.shen", joined=1000, birthday=-33,
           buys=often(4260, 9, 187, 30, "R01-BK-42 R05-BK-L R08-L F13-3"), told=[Told("自己的话", "送晚了也没人说一声", "words", "", 186, "app")]),
    Person("20419037", "韩|雪梅|韓|雪梅|Han Xuemei", "19900005520", joined=980, buys=[Buy(9, "K03-1 K02 K08-1", 468), *often(2300, 6, 210, 34, "K02 K01 H14-1")]),
    Person("20419018", "丁|若溪|丁|若溪|Ding Ruoxi", "19900002746", store="HZ03", joined=380, birthday=12, buys=often(310, 9, 6, 12, "F01-M F04-M", "coffee", "HZ03"),
           looked=[(8, "H08-BK H01-BK", 6), (20, "H08-PN", 5), (41, "H08-BK H01-BK", 6), (50, "H01-BK", 5), (71, "H08-BK H01-PN", 6), (85, "H08-PN H01-BK", 6)],
           told=[Told("自己的话", "下班想歇半小时", "words", "", 4, "mini")]),
    Person("20419019", "宋|子安|宋|子安|Song Zian", "19900008890", store="HZ03", joined=520, birthday=-70, buys=often(2090, 38, 1, 3, "F01-L F07", "coffee", "HZ03"),
           told=[Told("拉花", "要一棵松树", "words", "", 40, "store", "lu.bai"), Told("职业", "程序员，常加班", "other", "", 60, "store", "lu.bai", pinned=False)]),
    Person("20419020", "叶|蓁|葉|蓁|Ye Zhen", "19900001177", store="HZ04", joined=610, birthday=25, buys=often(1460, 14, 5, 16, "F06-M F14 F05 F08", "coffee", "HZ04"),
           told=[Told("豆包", "小狗叫豆包", "words", "", 100, "store", "hui.luo")], came=[(19, "HZ01", "yue.wu")]),
    Person("20419021", "江|一帆|江|一帆|Jiang Yifan", "19900004062", joined=680, birthday=-15, buys=often(5200, 10, 8, 27, "B07-BK R06-BK-L Y07-2 R05-BK-L K10 F09"),
           told=[Told("目标", "一周练三次", "words", "", 84, "app")]),
    Person("20419022", "秦|朗|秦|朗|Qin Lang", "19900009913", store="HZ02", joined=590, birthday=101, buys=often(1720, 7, 14, 33, "R05-GY-L R08-L F12-1 H15-BK", "app"),
           told=[Told("自己的话", "说是红包，其实是满减", "words", "", 11, "social")]),
    Person("20419023", "陈|静|陳|靜|Chen Jing", "19900005023", joined=700, birthday=-5, buys=often(1910, 6, 30, 40, "K01 K02 H14-2 C01-BK-120")),
    Person("20419038", "陈|婧|陳|婧|Chen Jing", "19900005024", joined=690, birthday=66, buys=often(640, 3, 48, 60, "K08-1 K01 F12-3"),
           told=[Told("孕期", "怀孕中，用品要孕期可用", "safety", "只说过一次", 48, "store", "ruoan.shen")]),
    Person("20419024", "邓|一凡|鄧|一凡|Deng Yifan", "19900007204", joined=800, birthday=-120, buys=often(2300, 9, 17, 37, "R05-BK-M F13-2 H15-GY R08-M"),
           told=[Told("打扰", "除了服务，都不要联系我", "contact", "", 400, "app")]),
    Person("20419041", "王|淑兰|王|淑蘭|Wang Shulan", "19900004450", store="CD02", joined=400, born=1992, birthday=77, buys=often(860, 4, 22, 41, "Y01-RS-M Y03-BK-S Y09-BK", store="CD02")),
    Person("20200113", "||||", "", joined=900, shown="已删除的客户", buys=often(520, 3, 200, 60, "F12-1 K08-1 H14-1")),
    Person("30419043", "||||", "", store="", joined=12, shown="游客「晚风」", buys=[Buy(12, "K08-1", way="plat")], more={"shop": "plat-wanfeng"}),
    Person("30077120", "梅||梅||", "19900001234", joined=640, shown="梅小姐", buys=often(1240, 4, 150, 60, "Y03-BK-M K02 F12-1", "app")),
    Person("20419051", "张|伟|張|偉|Zhang Wei", "19900005101", store="SH03", joined=500, buys=often(900, 5, 33, 44, "R05-BK-L R08-L", store="SH03")),
    Person("20419052", "张|伟|張|偉|Zhang Wei", "19900005102", store="BJ01", joined=450, buys=often(620, 3, 71, 50, "H15-BK F12-2", store="BJ01")),
    Person("20419053", "张|伟|張|偉|Zhang Wei", "19900005103", store="GZ01", joined=410, buys=often(330, 2, 15, 90, "R05-PN-L", store="GZ01")),
    Person("30419054", "||||", "19900005104", joined=90, shown="🌲", buys=[Buy(17, "H14-1", way="mini")]),
    Person("30419055", "||||Maximiliana Bartholomea Wright", "19900005105", store="SH01", locale="en", joined=120, shown="Maximiliana Bartholomea Wright", buys=[Buy(28, "Y04-BK-L", store="SH01")]),
    Person("30419056", "马|小路|馬|小路|Ma Xiaolu", "19900005106", joined=20),
    Person("20419057", "何|诗韵|何|詩韻|Ho Sze-wan", "+85290005107", store="HK01", locale="zh-hant", joined=330, birthday=48, buys=often(1380, 5, 13, 36, "Y03-BK-S Y02-BK-M K03-1", store="HK01"),
           told=[Told("尺碼", "上身 S（US 4）、鞋 38（US 7.5）", "sizes", "厘米同 US 都用", 60, "store", "wingshan.ho")], came=[(13, "HK01", "wingshan.ho")]),
]  # fmt: skip
