"""What a sentence seems to say: a proposal with one tap, never a fact by itself."""

from typing import NamedTuple

from customers.models import FactKey, FactRule

GAP = "…"
LONGEST = 20
ENDS = set("，。！？；、,.!?;\n\r 　“”\"'（）()")


class Proposal(NamedTuple):
    """A kind of fact and the words that would be written down."""

    kind: FactKey
    value: str


def proposals(text: str, rules: list[FactRule] | None = None) -> list[Proposal]:
    """At most three, one per kind, in the order of the rules."""
    found: dict[int, Proposal] = {}
    for rule in rules if rules is not None else live_rules():
        said = heard(rule.phrase, text)
        if said is not None and rule.kind_id not in found:
            value = rule.value.replace(GAP, said) if rule.value else said or rule.phrase
            found[rule.kind_id] = Proposal(rule.kind, value[:500])
    return list(found.values())[:3]


def live_rules() -> list[FactRule]:
    return list(FactRule.objects.filter(is_active=True).select_related("kind")[:200])


def heard(phrase: str, text: str) -> str | None:
    """What stands in the phrase's gap, "" for a phrase without one, None where the text does not say it."""
    before, gap, after = phrase.partition(GAP)
    low = text.casefold()
    start = low.find(before.casefold())
    if start < 0:
        return None
    if not gap:
        return ""
    start += len(before)
    end = low.find(after.casefold(), start) if after else _end(text, start)
    said = text[start:end].strip() if end >= start else ""
    return said if 0 < len(said) <= LONGEST and _end(said, 0) == len(said) else None


def _end(text: str, start: int) -> int:
    """Where the clause ends; the point in a number ends nothing."""
    for place in range(start, len(text)):
        if text[place] in ENDS and not (text[place] in ".," and text[place + 1 : place + 2].isdigit()):
            return place
    return len(text)
