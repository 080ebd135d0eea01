"""The draft of a playbook: a step put in, changed, moved or taken out; who comes in, the goal, the rules."""

from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from journeys.models import Playbook
from journeys.playbooks import drafting, flow, pages, settings
from journeys.playbooks.steps import KINDS
from journeys.views.playbooks import whole
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.segment_field import Several, Slot
from staff.doors import StaffRequest, door

PARTS = ("trigger", "goal", "rules")


@door("playbook.change")
def edit(request: StaffRequest, code: str) -> HttpResponse:
    """Addresses open what is to be changed (?insert=, ?step=, ?part=); a post does one thing and comes back."""
    playbook = get_object_or_404(Playbook, code=code)
    if request.method != "POST":
        return _draft(request, playbook, _open(request.GET))
    said = request.POST
    do, key, place = said.get("do", ""), said.get("key", "")[:12], said.get("place", "")[:16]
    edition, opened = whole(said.get("edition", "")), _open(said)
    given = _given(said, _slots(do, said))
    try:
        if do == "put":
            drafting.put_step(playbook, {"kind": said.get("kind", ""), **given}, key=key, place=place, edition=edition)
        elif do in PARTS:
            kind = {"kind": said.get("kind", "")} if do == "trigger" else {}
            drafting.put_settings(playbook, do, kind | given, edition=edition)
        elif do == "remove":
            drafting.remove_step(playbook, key, edition=edition)
        elif do in ("up", "down"):
            drafting.move_step(playbook, key, -1 if do == "up" else 1, edition=edition)
        else:
            raise TransitionRefused(_("This is not on offer."))
    except TransitionRefused as refusal:
        return _draft(request, playbook, opened, typed=given, trouble=str(refusal))
    spot = f"n-{key}" if key and do != "remove" else "flow"
    return redirect(f"{reverse('journeys:edit_playbook', args=[code])}#{spot}")


def _open(said: QueryDict) -> dict[str, str]:
    """What the reader has open: an insert point, a kind of step there, a step, or a part."""
    do = said.get("do", "")
    return {
        "insert": said.get("insert", said.get("place", ""))[:16], "inserts": "yes" if "insert" in said or (
            do == "put" and not said.get("key")) else "",
        "kind": said.get("kind", "")[:10], "step": said.get("step", said.get("key", "") if do == "put" else "")[:12],
        "part": said.get("part", do if do in PARTS else "")[:10],
    }  # fmt: skip


def _slots(do: str, said: QueryDict) -> tuple[Slot, ...]:
    if do == "trigger":
        kind = str(said.get("kind"))
        return settings.TRIGGERS[kind][1] if kind in settings.TRIGGERS else ()
    if do in PARTS:
        return settings.GOAL if do == "goal" else settings.RULES
    step_kind = KINDS.get(str(said.get("kind")))
    return step_kind.slots if step_kind else ()


def _given(said: QueryDict, slots: tuple[Slot, ...]) -> dict[str, Any]:
    return {
        slot.name: said.getlist(f"s-{slot.name}") if isinstance(slot, Several) else said.get(f"s-{slot.name}", "")
        for slot in slots
    }


def _draft(
    request: StaffRequest, playbook: Playbook, opened: dict[str, str], *, typed: dict[str, Any] | None = None,
    trouble: str = "",
) -> HttpResponse:  # fmt: skip
    """The editor; what was typed and refused stands in its form."""
    playbook.refresh_from_db()
    draft, runs = playbook.draft, playbook.running
    content = (draft or runs).content if draft or runs else settings.DEFAULT  # type: ignore[union-attr]
    wrong = dict(drafting.troubles(content))
    marks = flow.difference(content, runs.content) if runs else None
    context = {
        "playbook": playbook, "runs": runs, "draft": draft, "edition": draft.edition if draft else 0,
        "number": draft.number if draft else playbook.version + 1, "trouble": trouble, "open": opened,
        "nodes": pages.nodes(content["steps"], {}, marks=marks, wrong=wrong), "editing": True,
        "trigger": settings.trigger_says(content["trigger"]), "goal": settings.goal_says(content["goal"]),
        "rules": settings.rules_say(content["rules"]), "holdout": content["rules"].get("holdout", 0),
        "wrong": {part: wrong[part] for part in (*PARTS, "steps") if part in wrong},
        "difference": pages.difference(draft, runs) if draft and runs else [], **_panel(content, opened, typed),
    }  # fmt: skip
    return render(request, "journeys/playbooks/edit.html", context, status=422 if trouble else 200)


def _panel(content: dict[str, Any], opened: dict[str, str], typed: dict[str, Any] | None) -> dict[str, Any]:
    """What the open form asks for."""
    part, kind = opened["part"], opened["kind"]
    if part in ("goal", "rules"):
        slots: tuple[Slot, ...] = settings.GOAL if part == "goal" else settings.RULES
        optional = frozenset(slot.name for slot in slots) - {"days"}
        return {"slots": pages.laid_out(slots, typed or content[part] or {"": ""}, optional)}
    if part == "trigger":
        now = content["trigger"]
        kind = kind if kind in settings.TRIGGERS else now.get("kind", "segment")
        _words, slots, optional = settings.TRIGGERS[kind]
        given = typed or (now if now.get("kind") == kind else {})
        kinds = [(code, words) for code, (words, *_rest) in settings.TRIGGERS.items()]
        return {"slots": pages.laid_out(slots, given, optional), "trigger_kinds": kinds, "trigger_kind": kind}
    if opened["step"]:
        step = flow.find(content["steps"], opened["step"])
        return {"slots": pages.slots_of(step["kind"], typed or step), "step_kind": KINDS[step["kind"]]} if step else {}
    if opened["inserts"]:
        kinds_on_offer = list(KINDS.values())
        if kind in KINDS:
            return {"kinds": kinds_on_offer, "slots": pages.slots_of(kind, typed or {}), "step_kind": KINDS[kind]}
        return {"kinds": kinds_on_offer}
    return {}
