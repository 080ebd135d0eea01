"""The page of a flash drop that a customer opens by a link: looking shows, only the button claims."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from customers.letters import as_letter, gone, language_of
from loyalty import drop_letter, drops
from loyalty.models import Drop
from scrm.kernel.qr import picture_of
from staff.doors import open_door


@csrf_exempt  # the token is the key: no session is used, so none can be ridden on
@open_door
def mine(request: HttpRequest, token: str, code: str) -> HttpResponse:
    """Before, open, won, gone, stopped or over. POST claims, in one round trip, and the same again the same."""
    return claim(request, token, code) if request.method == "POST" else show(request, token, code)


def show(request: HttpRequest, token: str, code: str) -> HttpResponse:
    link, drop = drop_letter.link_of(token), drop_letter.told_of(code)
    if link is None or drop is None:
        return gone(request)
    standing = drop_letter.standing_of(drop, link.customer_id)
    context = {"token": token, "until": link.until, "has_wallet": link.purpose == "wallet"}
    return _page(request, drop, standing, language_of(request, link.customer.locale), context)


def claim(request: HttpRequest, token: str, code: str) -> HttpResponse:
    found = drops.claim_by_link(code, token)
    if found is None:
        return gone(request)
    if found.outcome == "closed":
        return refused(request, token, code)
    drop = Drop.objects.get(code=code)
    if found.outcome == "won" and found.coupon is not None:
        standing = drop_letter.won(drop, found.coupon, found.at, found.place)
    else:
        link = drop_letter.link_of(token)
        if link is None:
            return gone(request)
        standing = drop_letter.gone(drop, link.customer_id, found.place)
    return _page(request, drop, standing, language_of(request, translation.get_language() or ""), {"token": token})


def refused(request: HttpRequest, token: str, code: str) -> HttpResponse:
    """Nothing was given: the page says why; where it is open to others, for whom it is."""
    link, drop = drop_letter.link_of(token), drop_letter.told_of(code)
    if link is None or drop is None:
        return gone(request)
    standing = drop_letter.standing_of(drop, link.customer_id)
    if standing.state == "open":
        standing = drop_letter.Standing("others")
    context = {"token": token, "until": link.until, "has_wallet": link.purpose == "wallet"}
    return _page(request, drop, standing, language_of(request, link.customer.locale), context)


@csrf_exempt
@require_POST
@open_door
def not_mine(request: HttpRequest, token: str, code: str) -> HttpResponse:
    """The link ends; nobody's name is told."""
    if (link := drop_letter.link_of(token)) is not None:
        link.end()
    return gone(request)


def _page(request: HttpRequest, drop: Drop, standing: Any, language: str, context: dict[str, Any]) -> HttpResponse:
    with translation.override(language):
        context |= {"drop": drop, "standing": standing, "language": translation.get_language()}
        if standing.state in ("before", "open", "others"):
            context["rule"] = drop_letter.rule_of(drop)
        if standing.coupon is not None:
            context["qr"] = picture_of(standing.coupon.shown_code)
        name = "offer" if standing.state in ("before", "open", "others") else standing.state
        return as_letter(render(request, f"loyalty/letters/drop_{name}.html", context))
