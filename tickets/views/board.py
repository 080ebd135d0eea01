"""The lead's board: what waits for a word, what slips, who carries how much; and one colleague's cases to pass on."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from commerce.pictures import shares
from customers.facts import asked_twice
from staff.doors import StaffRequest, door
from tickets.board import DAYS, GOAL, board_of, cases_of, colleagues_of
from tickets.forms import hands_of
from tickets.goodwill_page import waiting_for

TOP = 3


@door("team.read")
def show(request: StaffRequest) -> HttpResponse:
    board, questions = board_of(request.user), waiting_for(request.user)
    says = _("Promises kept per day over the last fourteen days, numbers in the table below")
    picture = shares([(f"{one.day:%m-%d}", one.share) for one in board.days], goal=GOAL, says=says, every=3)
    context = {
        "board": board, "picture": picture, "goal": GOAL, "days": DAYS, "store": request.user.counter_store,
        "questions": questions[:TOP], "waiting": len(questions),
        "twice": asked_twice(stores=list(request.user.store_ids), days=DAYS),
    }  # fmt: skip
    return render(request, f"tickets/board/{'_board' if request.htmx else 'show'}.html", context)


@door("team.read")
def person(request: StaffRequest, person_id: int) -> HttpResponse:
    """What a colleague has in hand, and whom it could go to."""
    colleague = get_object_or_404(colleagues_of(request.user), pk=person_id)
    context = {
        "colleague": colleague, "page": cases_of(colleague, request.user, cursor=request.GET.get("after")),
        "hands": list(hands_of(request.user).exclude(pk=colleague.pk)[:40]), "may_work": request.user.may("cases.work"),
    }  # fmt: skip
    return render(request, "tickets/board/person.html", context)
