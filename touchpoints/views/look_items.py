"""The pieces of a look board: put on, moved, taken off, back again, and the word to each."""

from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from staff.doors import StaffRequest, door
from touchpoints.look_forms import PieceForm, PieceWordForm
from touchpoints.models import LookItem
from touchpoints.views.looks import done, first_of, page, visible_board


@door("look.make")
@require_POST
def create(request: StaffRequest, board_id: int) -> HttpResponse:
    board, form = visible_board(request, board_id), PieceForm(request.POST)
    if not form.is_valid():
        return page(request, board, trouble=first_of(form))
    answer = done(request, board, lambda: LookItem.add(board, form.cleaned_data["piece"]))
    text = request.POST.get("q", "")[:60]
    # The hits stay, so that the next piece is one tap away.
    if answer.status_code == 302 and text:
        return redirect(f"{reverse('looks:show', args=[board.pk])}?{urlencode({'q': text})}#find")
    return answer


@door("look.make")
@require_POST
def update(request: StaffRequest, board_id: int, item_id: int) -> HttpResponse:
    """Up, down, off, back, or another word."""
    board, form = visible_board(request, board_id), PieceWordForm(request.POST)
    item = get_object_or_404(LookItem.objects.select_related("board"), pk=item_id, board=board)
    if not form.is_valid():
        return page(request, board, trouble=first_of(form))
    deeds: dict[str, Callable[[], object]] = {
        "up": lambda: item.move(by=-1), "down": lambda: item.move(by=1), "remove": item.remove,
        "back": item.put_back, "word": lambda: item.say(form.cleaned_data["word"]),
    }  # fmt: skip
    deed = deeds.get(request.POST.get("do", ""))
    if deed is None:
        return page(request, board, trouble=_("Choose what is to be done."))
    return done(request, board, deed)
