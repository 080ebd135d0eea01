"""Scripts as they are found, chosen and sent."""

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext

from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import LANGUAGES
from staff.models import User
from touchpoints.file_kinds import Looked
from touchpoints.models import Conversation, Message, Script, ScriptUse, ScriptVariant
from touchpoints.models.script import Wording

READ, SHOWN = 300, 12


def wordings_for(talk: Conversation, words: str = "") -> list[Wording]:
    """What may be said here in the customer's language, the most used first; with `words`, those that hold them all."""
    wanted = words.casefold().split()[:8]
    scripts = Script.objects.offered().select_related("topic").prefetch_related("variants").order_by("-uses", "code")
    found = []
    for script in scripts[:READ]:
        wording = script.for_customer(talk.customer, talk.channel.way)
        if wording is None:
            continue
        text = " ".join((*script.name.values(), *script.topic.name.values(), script.code, wording.text)).casefold()
        if all(word in text for word in wanted):
            found.append(wording)
    return found[:SHOWN]


def chosen_for(talk: Conversation, code: str) -> Wording | None:
    """One script by its code; None when it may not be said here or not any more."""
    script = Script.objects.offered().filter(code=code).prefetch_related("variants").first() if code else None
    return script.for_customer(talk.customer, talk.channel.way) if script else None


@transaction.atomic
def say_with(
    talk: Conversation, text: str, *, by: User, token: str = "", code: str = "", files: Sequence[Looked] = ()
) -> Message:
    """Answer in a conversation, and count the script the answer began with. Raises TransitionRefused."""
    message = talk.say(text, by=by, token=token, files=files)
    if code and (script := Script.objects.offered().filter(code=code).prefetch_related("variants").first()):
        ScriptUse.note(script, message, by=by)
    return message


def library(*, stale_first: bool) -> list[dict[str, Any]]:
    """All scripts that are not out of use, by topic; before them what waits for somebody who may approve."""
    every = Script.objects.exclude(state=Script.State.RETIRED).select_related("topic", "owner", "changed_by")
    scripts = list(every.prefetch_related(Prefetch("variants", ScriptVariant.objects.only("script", "way", "locale")))
                   .order_by("topic__place", "topic__code", "code", "state")[:500])  # fmt: skip
    groups: list[dict[str, Any]] = []
    if stale_first:
        waiting = [one for one in scripts if one.state == Script.State.SUBMITTED]
        stale = [one for one in scripts if one.is_stale]
        groups += [{"kind": "waiting", "rows": waiting}] if waiting else []
        groups += [{"kind": "stale", "rows": stale}] if stale else []
    for script in scripts:
        if not groups or groups[-1].get("topic") != script.topic:
            groups.append({"topic": script.topic, "rows": []})
        groups[-1]["rows"].append(script)
    for script in scripts:
        locales = {one.locale for one in script.variants.all()}
        script.locales = [code for code in LANGUAGES if code in locales]  # type: ignore[attr-defined]
    return groups


def begin(bodies: dict[tuple[str, str], str], *, by: User, **columns: Any) -> Script:
    """A new script as a draft. Raises TransitionRefused when another has its code."""
    taken = TransitionRefused(gettext("Another script has this code."))
    try:
        with transaction.atomic():
            if Script.objects.filter(code=columns["code"]).exists():
                raise taken
            script = Script.objects.create(changed_by=by, changed_at=timezone.now(), **columns)
            script.write(bodies, by=by)
    except IntegrityError as faster:
        raise taken from faster
    return script
