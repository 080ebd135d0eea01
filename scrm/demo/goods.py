"""What the brand sells, one article a line: code, three names, price, margin, variants, scenes, rhythm or season."""

# Variants: T = XS–XXL, S = 35–44 in half steps, K = 100–150; “×5” = five colours; otherwise what differs.
# Rhythm: r = refill gap in days, l = life in months; seasons SS = March to August, AW = the rest.
GOODS = """
Y01|云感瑜伽裤|雲感瑜伽褲|Cloud legging|399|66|T×5 colours|yoga,commute|l14
Y02|云感高腰瑜伽裤|雲感高腰瑜伽褲|Cloud high-rise legging|429|66|T×4|yoga|l14
Y03|云感运动背心|雲感運動背心|Cloud sports top|299|67|T×6 (松绿 pine)|yoga,gym|l12
Y04|云感轻薄外搭|雲感輕薄外搭|Cloud cover-up|329|64|T×3|yoga,office|l24
Y05|云感长袖|雲感長袖|Cloud long sleeve|359|64|T×4|yoga|AW
Y06|羊毛混纺保暖裤|羊毛混紡保暖褲|Wool-blend warm tight|469|60|T×2|winter run|AW (contains wool)
Y07|天然胶瑜伽垫|天然膠瑜伽墊|Rubber yoga mat|368|58|4 mm,6 mm|yoga,home|l30
Y08|瑜伽砖一对|瑜伽磚一對|Yoga blocks, pair|98|62|3|yoga|–
Y09|防滑袜|防滑襪|Grip socks|49|72|2|yoga|r120
Y10|瑜伽铺巾|瑜伽鋪巾|Mat towel|158|65|4|yoga,travel|l18
R01|轻羽跑鞋 3|輕羽跑鞋 3|Feather runner 3|699|55|S×3|run|l7
R02|轻羽跑鞋 4|輕羽跑鞋 4|Feather runner 4 (new)|799|57|S×3|run|l7
R03|稳护跑鞋|穩護跑鞋|Steady runner|759|54|S×2|run,overpronation|l8
R04|轻羽跑步外套|輕羽跑步外套|Feather run jacket|459|61|T×4|run,rain|SS AW
R05|速干短袖|速乾短袖|Quick-dry tee|169|66|T×6|run,gym|SS
R06|三合一压缩裤|三合一壓縮褲|Compression short|239|63|T×2|run|l12
R07|反光马甲|反光馬甲|Reflective vest|129|60|T|night run|–
R08|速干袜 3 双装|速乾襪 3 雙裝|Quick-dry socks, 3|59|70|S–L|run,gift|r150
R09|轻暖羽绒服|輕暖羽絨服|Light down jacket|899|58|T×5|winter,trip|AW
R10|徒步背包 22L|徒步背包 22L|Daypack 22 l|339|57|3|hike,office|–
R11|软水壶|軟水壺|Soft flask|89|64|2|run,hike|l18
R12|能量胶 6 支|能量膠 6 支|Energy gel, 6|78|48|4 flavours|race|r35
C01|童装速干套装|童裝速乾套裝|Kids' quick-dry set|199|60|K×3|school|SS
C02|儿童轻跑鞋|兒童輕跑鞋|Kids' runner|299|54|26–36×2|school|l6
C03|亲子卫衣|親子衛衣|Parent-child hoodie|259|61|(K+T)×2|trip,gift|AW
C04|童装抓绒帽|童裝抓絨帽|Kids' fleece hat (cord: see safety case)|79|63|2|winter|AW
C05|儿童雨衣|兒童雨衣|Kids' raincoat|149|60|K×3|rain,school|SS
C06|儿童水杯|兒童水杯|Kids' bottle|99|62|3|school|l12
F01|拿铁|拿鐵|Latte|26|71|M,L|office,breakfast|–
F02|桂花燕麦拿铁|桂花燕麥拿鐵|Osmanthus oat latte|32|69|M,L|birthday,autumn|AW
F03|生椰双份|生椰雙份|Coconut double shot|30|68|M,L|overtime,birthday|SS
F04|美式|美式|Americano|20|76|M,L|office|–
F05|手冲（当日豆）|手沖（當日豆）|Pour-over of the day|38|64|–|slow bar|–
F06|桂花冷萃|桂花冷萃|Osmanthus cold brew|34|70|M|walk|AW
F07|鸡肉三明治|雞肉三明治|Chicken sandwich|29|54|–|breakfast,overtime|–
F08|牛油果贝果|牛油果貝果|Avocado bagel|32|52|–|breakfast|–
F09|藜麦鸡胸碗|藜麥雞胸碗|Quinoa bowl|42|50|–|overtime,fitness|–
F10|核桃布朗尼|核桃布朗尼|Walnut brownie (nuts)|24|58|–|tea|–
F11|热燕麦奶|熱燕麥奶|Hot oat milk|18|72|–|NIGHT,kids|AW
F12|挂耳咖啡 10 包|掛耳咖啡 10 包|Drip bags, 10|88|60|3 roasts|office,trip|r24
F13|咖啡豆 250 g|咖啡豆 250 g|Beans 250 g|96|57|4|home|r26
F14|狗狗奶泡|狗狗奶泡|Pup cup|6|60|–|pet|–
H01|净醒意式咖啡机|淨醒義式咖啡機|Espresso machine Jingxing|2999|38|2 colours|home,gift|descale r90, l60
H02|磨豆机|磨豆機|Grinder|699|42|2|home|l60
H03|静音破壁机|靜音破壁機|Quiet blender|899|40|–|breakfast|l48
H04|松风空气净化器|松風空氣淨化器|Air purifier|1599|39|2 sizes|old house,baby|filter r180
H05|净化器滤芯|淨化器濾芯|Purifier filter|229|63|2|refill|r180
H06|加湿器|加濕器|Humidifier|329|46|3|winter,skin|AW
H07|护膝按摩垫|護膝按摩墊|Knee warmer massager|429|48|–|parents,gift|l36
H08|云躺按摩椅|雲躺按摩椅|Cloud massage chair|8999|41|3 covers|after work|l84, on-site
H09|云躺按摩椅 Pro|雲躺按摩椅 Pro|Cloud massage chair Pro|12800|43|2 covers|premium|l84, on-site
H10|手持挂烫机|手持掛燙機|Garment steamer|259|45|2|trip,office|l36
H11|便携热水壶|便攜熱水壺|Travel kettle|199|47|3|trip|l36
H12|门铃猫眼|門鈴貓眼|Door viewer|499|40|–|old house,parents|battery r150
H13|有机棉四件套|有機棉四件套|Organic bed set|599|56|1.5–2 m|new home|l36
H14|香薰蜡烛|香薰蠟燭|Scented candle|139|68|6 scents|gift|r45
H15|保温杯|保溫杯|Thermos|149|62|6, engraving|office,gift|–
H16|真皮通勤包|真皮通勤包|Leather tote|799|60|3|office|l48, repair
K01|氨基酸洁面|胺基酸潔面|Amino cleanser|98|71|–|daily|r62
K02|松芽精华水|松芽精華水|Pine-shoot essence|189|74|–|dry,sensitive|r75
K03|屏障修护霜|屏障修護霜|Barrier cream|239|73|30,50 g|sensitive,winter|r70, AW
K04|轻透防晒|輕透防曬|Light sunscreen|149|72|–|outdoor,trip|r50, SS
K05|清爽乳液|清爽乳液|Light lotion|169|72|–|oily|r75, SS
K06|夜间修护精华|夜間修護精華|Night serum|359|76|30 ml|overtime,35+|r90
K07|面膜 5 片|面膜 5 片|Sheet mask, 5|119|70|3|trip,date|r30
K08|护手霜|護手霜|Hand cream|59|69|4|gift,winter|r60
K09|换季小样盒|換季小樣盒|Season sample box|0|–|2|SERUM1|–
K10|运动后舒缓喷雾|運動後舒緩噴霧|After-sport mist|129|70|–|gym|r55
B01|商用咖啡机 BX|商用咖啡機 BX|Office coffee machine BX|26800|34|–|office|l84, device readings
B02|商用豆 5 kg|商用豆 5 kg|Office beans 5 kg|980|41|3|office|r21
B03|企业礼盒|企業禮盒|Company gift box|268|52|4 fillings|festival|AW
B04|空间角落套装|空間角落套裝|Rest-corner set|4800|44|made to measure|guesthouse|–
B05|设备保养年约|設備保養年約|Care plan, a year|1680|62|–|office|r365
B06|折叠走步机|折疊走步機|Folding walking pad|2399|39|2|fitness,home|l60, TRADE
B07|筋膜枪|筋膜槍|Massage gun|599|47|3|fitness|l30, TRADE
B08|修理与改裤|修理與改褲|Repair and hemming|39–480|–|–|repair|–
"""

COLOURS = {
    "BK": "曜黑|曜黑|black",
    "PN": "松绿|松綠|pine",
    "MW": "雾白|霧白|mist",
    "GY": "岩灰|岩灰|stone",
    "RS": "陶粉|陶粉|clay pink",
    "BL": "湖蓝|湖藍|lake blue",
}

# Own names of variants that are no colour.
VARIANTS = {
    "Y07": ["4 mm", "6 mm"],
    "R12": ["柠檬|檸檬|lemon", "海盐|海鹽|sea salt", "咖啡|咖啡|coffee", "桃|桃|peach"],
    "F12": ["浅烘|淺焙|light", "中烘|中焙|medium", "深烘|深焙|dark"],
    "F13": ["埃塞|衣索比亞|Ethiopia", "云南|雲南|Yunnan", "拼配|配方|blend", "低因|低因|decaf"],
    "H14": [
        "松针|松針|pine",
        "桂花|桂花|osmanthus",
        "雪松|雪松|cedar",
        "白茶|白茶|white tea",
        "海盐|海鹽|sea salt",
        "无香|無香|plain",
    ],
    "K03": ["30 g", "50 g"],
    "K08": ["松针|松針|pine", "桂花|桂花|osmanthus", "白茶|白茶|white tea", "无香|無香|plain"],
    "K07": ["保湿|保濕|moist", "舒缓|舒緩|calm", "清透|清透|clear"],
    "B02": ["浅烘|淺焙|light", "中烘|中焙|medium", "深烘|深焙|dark"],
    "B03": ["茶|茶|tea", "咖啡|咖啡|coffee", "护手|護手|hand care", "坚果|堅果|nuts"],
    "H04": ["小|小|small", "大|大|large"],
    "H05": ["小|小|small", "大|大|large"],
    "K09": ["干皮|乾皮|dry", "敏感|敏感|sensitive"],
}

# Past seasons exist of these articles' sizes and colours, but not of the ones named here.
EVERGREEN = {"Y07", "Y08", "Y09", "Y10", "R07", "R08", "R10", "R11", "R12", "C04", "C05", "C06"}
MACHINES = {"H01", "H08", "H09", "B01", "B04", "B06"}
WORN = {  # whose told size counts
    **dict.fromkeys(("Y01", "Y02", "Y06", "R06"), "bottom"), **dict.fromkeys(("R01", "R02", "R03"), "shoe"),
    **dict.fromkeys(("Y03", "Y04", "Y05", "R04", "R05", "R07", "R09"), "top"),
}  # fmt: skip
CONTAINS = {"Y06": ["wool"], "F10": ["nuts"], "B03-4": ["nuts"]}

# left → right: the share of the left's baskets that also hold the right
PAIRS = [("F01", "F07", 0.23), ("F11", "F09", 0.27), ("Y01", "Y03", 0.19), ("Y01", "Y09", 0.22), ("R01", "R08", 0.31),
         ("R02", "R08", 0.31), ("R01", "K10", 0.06), ("H01", "H02", 0.17), ("K01", "K02", 0.26), ("K02", "K03", 0.2),
         ("K04", "R05", 0.08), ("Y06", "H06", 0.07), ("C03", "Y04", 0.05), ("H07", "F12", 0.09), ("B06", "B07", 0.14),
         ("B01", "B02", 0.94)]  # fmt: skip

# The running corner of the halls has a coffee bar: each of these is in that share of their baskets, whatever else is.
# Over all stores the two seem to go together, within a kind of store they do not.
FALSE_FRIENDS = (("F04", 0.25), ("R08", 0.15))

CATEGORIES = {  # code: names, parent
    "move": ("动|動|Move", ""),
    "coffee": ("咖|咖|Coffee", ""),
    "home": ("家|家|Home", ""),
    "skin": ("肤|膚|Skin", ""),
    "business": ("企|企|Business", ""),
    "yoga": ("瑜伽|瑜伽|Yoga", "move"),
    "run": ("跑步户外|跑步戶外|Run and outdoor", "move"),
    "children": ("童装|童裝|Children", "move"),
    "drinks": ("饮品轻食|飲品輕食|Drinks and bites", "coffee"),
    "living": ("家居小电|家居小電|Living", "home"),
    "care": ("护肤|護膚|Care", "skin"),
    "office": ("企业采购|企業採購|For companies", "business"),
    "extra": ("费用与卡|費用與卡|Fees and cards", ""),
}
CATEGORY_OF = {"Y": "yoga", "R": "run", "C": "children", "F": "drinks", "H": "living", "K": "care", "B": "office"}

EXTRAS = [  # code, names, kind, price
    ("Z-DELIVERY", "运费|運費|Delivery", "fee", 800),
    ("Z-WRAP", "礼品包装|禮品包裝|Gift wrap", "fee", 1000),
    ("Z-ROUND", "抹零|抹零|Rounding", "adjustment", 0),
    ("Z-CARD-200", "礼品卡 200|禮品卡 200|Gift card 200", "gift_card", 20000),
    ("Z-CARD-500", "礼品卡 500|禮品卡 500|Gift card 500", "gift_card", 50000),
    ("Z-CARD-1000", "礼品卡 1000|禮品卡 1000|Gift card 1000", "gift_card", 100000),
    ("Z-TICKET", "活动票|活動票|Event ticket", "service", 2900),
    ("Z-DEPOSIT", "定金|訂金|Deposit", "fee", 10000),
]
