"""The templates a map begins from: per trade its stages with what customers do there, and the places in each."""
# ruff: noqa: E501

from typing import NamedTuple

Three = tuple[str, str, str]  # 简体, 繁體, English


class Place(NamedTuple):
    name: Three
    touchpoints: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()


Template = tuple[tuple[str, Three, Three, tuple[Place, ...]], ...]  # kind, name, what customers do, places

TRADES: dict[str, Template] = {
    "apparel": (
        ("know", ("知道", "知道", "Gets to know"), ("逛街、看同事穿", "逛街、看同事穿", "Strolls by, sees it on others"), (
            Place(("橱窗和陈列", "櫥窗和陳列", "Window and display"), ("window",)),)),
        ("decide", ("决定", "決定", "Chooses"), ("看尺码、问料子、试穿", "看尺碼、問料子、試穿", "Looks at sizes, asks, tries on"), (
            Place(("问尺码和搭配", "問尺碼和搭配", "Asks about size and style"), ("style-chat", "site-chat"), ("size", "product")),
            Place(("试穿", "試穿", "Tries on"), ("fitting",), ("appointment",)))),
        ("buy", ("购买", "購買", "Buys"), ("付款、用券、拿货", "付款、用券、取貨", "Pays, uses coupons, takes it home"), (
            Place(("付款", "付款", "Pays"), ("till",), ("coupon", "invoice")),
            Place(("收货", "收貨", "Gets the parcel"), ("sms-parcel",), ("delivery",)))),
        ("use", ("使用", "使用", "Uses"), ("穿、洗、换、修", "穿、洗、換、修", "Wears, washes, exchanges, repairs"), (
            Place(("换货", "換貨", "Exchanges"), ("exchange-chat",), ("return",)),
            Place(("保养维修", "保養維修", "Care and repair"), ("hotline",), ("fault", "safety")))),
        ("again", ("再买", "再買", "Buys again"), ("看新品、来店", "看新品、來店", "Looks at what is new, comes by"), (
            Place(("到店迎候", "到店迎候", "Is welcomed"), ("welcome",), ("points",)),)),
        ("tell", ("推荐或离开", "推薦或離開", "Recommends or leaves"), ("带朋友来，或者不再来", "帶朋友來，或者不再來", "Brings friends, or stays away"), (
            Place(("说好话或不满", "說好話或不滿", "Praises or complains"), (), ("praise", "manner")),
            Place(("离开回访", "離開回訪", "Is called after leaving"), ("goodbye",)))),
    ),
    "coffee": (
        ("know", ("知道", "知道", "Gets to know"), ("路过、看朋友打卡", "路過、看朋友打卡", "Walks past, sees friends there"), (
            Place(("门头和海报", "門面和海報", "Front and posters"), ("window",)),)),
        ("decide", ("选", "選", "Chooses"), ("看菜单、看队伍", "看菜單、看隊伍", "Reads the menu, sees the line"), (
            Place(("菜单和推荐", "菜單和推薦", "Menu and advice"), ("site-chat",), ("product", "safety")),)),
        ("buy", ("点单", "點單", "Orders"), ("点单、用券、等", "點單、用券、等", "Orders, uses a coupon, waits"), (
            Place(("柜台点单", "櫃台點單", "Orders at the counter"), ("till",), ("coupon",)),
            Place(("外送", "外送", "Delivery"), ("parcel-chat",), ("delivery",)))),
        ("use", ("喝和坐", "喝和坐", "Drinks and stays"), ("坐下、聊、办公", "坐下、聊、辦公", "Sits, talks, works"), (
            Place(("店里坐", "店裡坐", "Sits in the store"), ("welcome",), ("manner",)),
            Place(("出错重做", "出錯重做", "Something is made anew"), ("hotline",), ("fault",)))),
        ("again", ("再来", "再來", "Comes again"), ("集章、升级", "集章、升級", "Collects stamps"), (
            Place(("会员和积分", "會員和點數", "Membership and points"), (), ("points",)),)),
        ("tell", ("带人或不来", "帶人或不來", "Brings others or stays away"), ("带同事来，或者换一家", "帶同事來，或者換一家", "Brings colleagues, or goes elsewhere"), (
            Place(("说好说坏", "說好說壞", "Praises or complains"), ("goodbye",), ("praise",)),)),
    ),
    "appliance": (
        ("know", ("想换", "想換", "Thinks of it"), ("旧的坏了、要装修", "舊的壞了、要裝修", "The old one broke, the home is renewed"), (
            Place(("展厅和样机", "展廳和樣機", "Showroom"), ("window",)),)),
        ("decide", ("比", "比", "Compares"), ("量尺寸、比型号", "量尺寸、比型號", "Measures, compares models"), (
            Place(("问型号和尺寸", "問型號和尺寸", "Asks about model and size"), ("style-chat", "site-chat"), ("product", "size")),)),
        ("buy", ("买和装", "買和裝", "Buys, has it fitted"), ("付款、约送装", "付款、約送裝", "Pays, books delivery and fitting"), (
            Place(("送货", "送貨", "Delivery"), ("sms-parcel", "parcel-chat"), ("delivery",)),
            Place(("上门安装", "到府安裝", "Fitting at home"), (), ("appointment",)))),
        ("use", ("使用和修", "使用和修", "Uses, has it repaired"), ("学着用、报修", "學著用、報修", "Learns it, reports faults"), (
            Place(("报修", "報修", "Reports a fault"), ("hotline",), ("fault", "safety")),
            Place(("退换", "退換", "Return and exchange"), ("exchange-chat",), ("return",)))),
        ("again", ("保养再买", "保養再買", "Care, buys again"), ("换滤芯、以旧换新", "換濾芯、以舊換新", "Changes filters, trades in"), (
            Place(("保养提醒", "保養提醒", "Reminder of care"), ("welcome",), ("points",)),)),
        ("tell", ("推荐或离开", "推薦或離開", "Recommends or leaves"), ("推荐给邻居，或者投诉", "推薦給鄰居，或者申訴", "Tells neighbours, or complains"), (
            Place(("投诉", "申訴", "Complains"), ("goodbye",), ("legal", "manner")),)),
    ),
    "business": (
        ("know", ("接触", "接觸", "First contact"), ("熟人介绍、来函", "熟人介紹、來函", "Is introduced, writes"), (
            Place(("来函", "來函", "Writes to us"), ("site-chat",), ("product",)),)),
        ("decide", ("方案", "方案", "Proposal"), ("看方案、比价、试用", "看方案、比價、試用", "Reads the proposal, compares, tries"), (
            Place(("方案和报价", "方案和報價", "Proposal and price"), ("style-chat",), ("gift", "size")),)),
        ("buy", ("签约交付", "簽約交付", "Contract and delivery"), ("签合同、开票、收货", "簽合約、開發票、收貨", "Signs, gets invoice and goods"), (
            Place(("开票", "開發票", "Invoice"), (), ("invoice",)),
            Place(("交付", "交付", "Delivery"), ("sms-parcel",), ("delivery",)))),
        ("use", ("使用", "使用", "Uses"), ("发给员工、报修", "發給員工、報修", "Hands it out, reports faults"), (
            Place(("到场维修", "到場維修", "Repair on site"), ("hotline",), ("fault",)),
            Place(("换码", "換碼", "Exchanges sizes"), ("exchange-chat",), ("return",)))),
        ("again", ("续单", "續單", "Orders again"), ("年度复盘、加单", "年度回顧、加單", "Reviews the year, orders more"), (
            Place(("年度拜访", "年度拜訪", "Yearly visit"), ("welcome",), ("appointment",)),)),
        ("tell", ("推荐或换家", "推薦或換家", "Recommends or moves on"), ("推荐同行，或者换供应商", "推薦同行，或者換供應商", "Tells peers, or changes supplier"), (
            Place(("不满和挽留", "不滿和挽留", "Complains, is kept"), ("goodbye",), ("manner", "legal")),)),
    ),
}  # fmt: skip
