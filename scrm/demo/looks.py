"""Looks for the cast: what is being laid out for Alexandra's Chengdu trip, what was answered, what Mei saved."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from commerce.models import Product
from customers.models import Customer, Scene
from staff.models import User
from touchpoints.models import LookBoard, LookItem

ALEXANDRA, MEI = "30419004", "20418837"


@dataclass(frozen=True)
class Laid:
    """One board: pieces as “code | word | answer”, hours since it was changed last."""

    number: str
    title: str
    state: str
    hours: int
    pieces: tuple[str, ...]
    scene: str = ""
    note: str = ""
    words: str = ""
    by: str = "ruoan.shen"


BOARDS = (
    Laid(MEI, "周末瑜伽", "answered", 30, ("Y03-PN-M||like", "Y04-MW-M||like", "Y10-PN||like"), scene="sport",
         words="松绿这件想先摸摸面料", by=""),
    Laid(ALEXANDRA, "杭州週末", "answered", 400, ("Y05-BK-S|室內穿這件就夠|like", "H14-2|晚上點|", "C03-1||pass"),
         words="黑色那件很好"),
    Laid(ALEXANDRA, "成都行三套", "draft", 1, (
        "R09-BK-S|第一天，早晚涼|", "Y04-BK-S|飛機上披著|", "Y01-BK-S|三套都配|", "H16-BK|三套都配這只|",
        "R04-BK-S|去看熊貓，怕下雨|", "H10-BK|衣服皺了自己燙|"), scene="trip", note="三天兩晚，早晚涼。同一只包，三套都能換。"),
)  # fmt: skip


def plant(moment: datetime) -> None:
    goods = {one.code: one for one in Product.objects.filter(kind=Product.Kind.GOODS)}
    for number, laid in enumerate(BOARDS):
        customer = Customer.objects.select_related("advisor").filter(number=laid.number).first()
        pieces = [line.split("|") for line in laid.pieces if line.split("|")[0] in goods]
        if customer is None or not pieces:
            continue
        at, by = moment - timedelta(hours=laid.hours), User.objects.filter(username=laid.by).first()
        answered = at if laid.state == "answered" else None
        board = LookBoard.objects.create(
            customer=customer, owner=by or customer.advisor, made_by=by, source="demo", source_ref=str(number),
            title=laid.title, scene=Scene.objects.filter(code=laid.scene).first(), note=laid.note, state=laid.state,
            words=laid.words, made_at=at - timedelta(hours=2), changed_at=at, answered_at=answered,
        )  # fmt: skip
        LookItem.objects.bulk_create(
            LookItem(
                board=board, product=goods[code], place=place, word=word, said=said, said_at=answered if said else None
            )
            for place, (code, word, said) in enumerate(pieces, start=1)
        )
        told: dict[str, Any] = {"board": board.pk, "title": board.title}
        if by is None:
            customer.record("look.saved", at=at, pieces=len(pieces), **told)
        elif answered:
            customer.record("look.shared", at=at - timedelta(hours=1), by=by, **told)
            said = [piece[2] for piece in pieces]
            customer.record("look.answered", at=at, liked=said.count("like"), declined=said.count("pass"), **told)
