"""A first draft of a map, from the names of the columns and the look of their values."""

import re
from collections.abc import Sequence
from typing import Any

from scrm.kernel.loading import LoadKind

# What shops call things; compared without case, spaces and signs.
NAMES = {
    "source_ref": "id key ref customerid memberid userid orderid orderno receipt basketid 编号 会员编号 订单号 单号",
    "number": "number membernumber memberno cardno 会员号 会员卡号",
    "display_name": "name fullname customername 姓名 名字 会员姓名",
    "family_name": "familyname lastname surname 姓",
    "given_name": "givenname firstname 名",
    "phone": "phone mobile tel telephone 手机 手机号 电话 联系电话",
    "mail": "mail email emailaddress 邮箱 电子邮箱",
    "birthday": "birthday birth dob dateofbirth birthdate 生日 出生日期",
    "joined_at": "joined joinedat regtime registered createdat 入会时间 注册时间",
    "home_store": "homestore 归属门店 所属门店",
    "store": "store storeid storecode shop 门店 店铺 门店编号",
    "code": "code sku productid productcode storeid storecode 编码 货号 商品编码 门店编号",
    "name": "name title productname storename description 名称 商品名称 门店名称 品名",
    "category": "category categoryname 品类 类目 分类",
    "brand": "brand 品牌",
    "price": "price listprice 价格 吊牌价 售价",
    "customer": "customer customerid memberid memberno householdid userid 会员 会员编号 会员号 客户",
    "placed_at": "date time datetime timestamp orderdate orderedat paidat createdat 时间 日期 下单时间 支付时间",
    "at": "at time date timestamp eventtime sentat 时间 发送时间 联系时间",
    "refunded_at": "date time refundedat refunddate 退款时间 时间 日期",
    "arrived_at": "arrivedat arrival visitedat date 到店时间",
    "total": "total amount sales salesvalue dollarvalue value 金额 总额 实付 实付金额",
    "amount": "amount total value paid 金额 支付金额 退款金额",
    "discount": "discount 优惠 折扣",
    "order": "order orderid orderno receipt basketid 订单 订单号 单号",
    "line_ref": "line lineno lineid 行 行号",
    "ref": "payment paymentid ref reference 支付单号 流水号",
    "sku": "sku productid productcode article 货号 商品编码",
    "quantity": "quantity qty pieces count 数量 件数",
    "unit_price": "unitprice price 单价",
    "kind": "kind type tender event 类型 支付方式 事件",
    "value": "value tag 值 标签",
    "dimension": "dimension taggroup 维度 标签组",
    "product": "product productid sku 商品 货号",
    "session": "session sessionid 会话",
    "till": "till register pos 收银机",
    "reason": "reason 原因",
    "campaign": "campaign campaignid 活动 活动编号",
    "channel": "channel 渠道 触达渠道",
    "outcome": "outcome status result 状态 结果 发送状态",
    "subject": "subject title 标题 主题",
    "text": "text body content message 内容 正文 文案",
    "city": "city 城市",
    "street": "street address 地址",
    "postcode": "postcode zip 邮编",
}


def fields_for(kind: LoadKind, columns: Sequence[str]) -> dict[str, Any]:
    """field → column, each column and field used once."""
    plain = {_plain(column): column for column in reversed(columns)}
    found: dict[str, Any] = {}
    # In a file of orders the member's number is whose the order is, not which.
    whose = set(NAMES["customer"].split()) if kind.field("customer") else set()
    for field in kind.fields:
        names = (field.name, *NAMES.get(field.name, "").split())
        for name in [name for name in names if field.name != "source_ref" or name not in whose]:
            column = plain.get(_plain(name))
            if column is not None and column not in found.values():
                found[field.name] = column
                break
    return found


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


def date_form(values: Sequence[str]) -> tuple[str, int, int]:
    """(format, how many values fit only this order, how many fit both) for days with slashes or points; "" if ISO."""
    written = [re.match(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})(.*)", value.strip()) for value in values]
    parts = [match.groups() for match in written if match]
    if not parts:
        return "", 0, 0
    day_first = sum(int(one) > 12 for one, _sign, _two, _year, _rest in parts)
    month_first = sum(int(two) > 12 for _one, _sign, two, _year, _rest in parts)
    sign, rest = parts[0][1], parts[0][4]
    order = ("%m", "%d") if month_first > day_first else ("%d", "%m")
    time = {0: "", 6: " %H:%M", 9: " %H:%M:%S"}.get(len(rest.rstrip()), "")
    telling = max(day_first, month_first)
    return f"{order[0]}{sign}{order[1]}{sign}%Y{time}", telling, len(parts) - day_first - month_first


def decimal_sign(values: Sequence[str]) -> str:
    """The decimal sign most numbers with two digits at their end use."""
    commas = sum(bool(re.search(r"\d,\d{1,2}\D*$", value)) for value in values)
    points = sum(bool(re.search(r"\d\.\d{1,2}\D*$", value)) for value in values)
    return "," if commas > points else "."
