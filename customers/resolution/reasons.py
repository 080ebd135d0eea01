"""Why two records may be one person: as codes with weights, and as sentences in the reader's language."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

# From how many bits on a reason is called so: a hundredfold, tenfold likelier for one person than for two.
STRONG, MEDIUM, SAID = 6.6, 3.3, 0.3

SENTENCES = {
    "phone.same": gettext_lazy("Same phone"),
    "phone.near": gettext_lazy("Phones differ by one digit"),
    "phone.different": gettext_lazy("Different phones"),
    "mail.same": gettext_lazy("Same mail"),
    "mail.near": gettext_lazy("Mails almost the same"),
    "mail.user": gettext_lazy("Same name in the mail, another host"),
    "mail.similar": gettext_lazy("Similar mails"),
    "mail.different": gettext_lazy("Different mails"),
    "id_number.same": gettext_lazy("Same ID number"),
    "id_number.near": gettext_lazy("ID numbers differ by one sign"),
    "id_number.similar": gettext_lazy("ID numbers differ by two signs"),
    "id_number.different": gettext_lazy("Different ID numbers"),
    "account.same": gettext_lazy("Same account or member code"),
    "given.same": gettext_lazy("Same given name"),
    "given.variant": gettext_lazy("Given name written another way"),
    "given.near": gettext_lazy("Given names differ by a slip"),
    "given.similar": gettext_lazy("Similar given names"),
    "given.different": gettext_lazy("Different given names"),
    "family.same": gettext_lazy("Same family name"),
    "family.variant": gettext_lazy("Family name written another way"),
    "family.near": gettext_lazy("Family names differ by a slip"),
    "family.similar": gettext_lazy("Similar family names"),
    "family.different": gettext_lazy("Different family names"),
    "swapped.swapped": gettext_lazy("Family and given name changed places"),
    "birth.same": gettext_lazy("Same birth date"),
    "birth.near": gettext_lazy("Birth dates differ by a slip"),
    "birth.close": gettext_lazy("Birth dates agree in part"),
    "birth.different": gettext_lazy("Different birth dates"),
    "birthday.same": gettext_lazy("Same birthday"),
    "birthday.near": gettext_lazy("Day and month changed places"),
    "birthday.close": gettext_lazy("Birthdays agree in part"),
    "birthday.different": gettext_lazy("Different birthdays"),
    "year.same": gettext_lazy("Same year of birth"),
    "year.near": gettext_lazy("Years of birth differ by a slip"),
    "year.different": gettext_lazy("Different years of birth"),
    "street.same": gettext_lazy("Same street"),
    "street.near": gettext_lazy("Streets almost the same"),
    "street.similar": gettext_lazy("Similar streets"),
    "street.different": gettext_lazy("Different streets"),
    "house.same": gettext_lazy("Same house number"),
    "house.near": gettext_lazy("House numbers agree in part"),
    "house.different": gettext_lazy("Different house numbers"),
    "postcode.same": gettext_lazy("Same postcode"),
    "postcode.near": gettext_lazy("Postcodes differ by one sign"),
    "postcode.different": gettext_lazy("Different postcodes"),
    "city.same": gettext_lazy("Same city"),
    "city.near": gettext_lazy("City written another way"),
    "city.different": gettext_lazy("Different cities"),
    "region.same": gettext_lazy("Same province"),
    "region.different": gettext_lazy("Different provinces"),
    "store.same": gettext_lazy("Same home store"),
    "store.different": gettext_lazy("Different home stores"),
    "sizes.same": gettext_lazy("Same sizes"),
    "sizes.different": gettext_lazy("Different sizes"),
    "rule.household": gettext_lazy("Share a household phone; that alone joins nobody"),
    "rule.proven_apart": gettext_lazy("Each has a verified number of their own, and they differ"),
    "rule.contradicted": gettext_lazy("Name and birth date both contradict"),
    "rule.third": gettext_lazy("Both match a third record"),
}  # fmt: skip
VERIFIED = gettext_lazy("Same phone, verified on both sides")
STRENGTHS = {
    "strong": pgettext_lazy("reason", "strong"),
    "medium": pgettext_lazy("reason", "medium"),
    "weak": pgettext_lazy("reason", "weak"),
    "doubtful": pgettext_lazy("reason", "doubtful"),
}


def strength_of(reason: dict[str, Any]) -> str:
    """strong, medium, weak, or doubtful for what speaks against."""
    weight = float(reason.get("weight") or 0)
    return "strong" if weight >= STRONG else "medium" if weight >= MEDIUM else "weak" if weight > 0 else "doubtful"


class Said(NamedTuple):
    """One reason in the reader's language; a doubtful one speaks against."""

    sentence: str
    strength: str
    doubtful: bool


def sentences(reasons: Iterable[dict[str, Any]]) -> list[Said]:
    """The reasons in the reader's language, the strongest first, doubts last.

    A code of another version of the program shows as itself.
    """
    said = []
    for reason in sorted(reasons, key=lambda one: -float(one.get("weight") or 0)):
        strength = strength_of(reason)
        said.append(Said(_sentence(reason), str(STRENGTHS[strength]), strength == "doubtful"))
    return said


def _sentence(reason: dict[str, Any]) -> str:
    code = str(reason.get("code", ""))
    if code == "phone.same" and reason.get("verified"):
        return str(VERIFIED)
    return str(SENTENCES.get(code, code)) or _("No reason given")
