"""A colleague named in an internal note by `@` and the name they sign in with."""

import re

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scrm.kernel.refusals import TransitionRefused
from staff.models import User
from tickets.models.entry import Entry
from tickets.models.notice import Notice
from tickets.models.ticket import Ticket

# Not within an address of mail; Chinese words may stand on both sides without a space.
NAMED = re.compile(r"(?<![A-Za-z0-9_.+-])@([\w.+-]{1,150})")
MOST = 20


class EntryMention(models.Model):
    """That a note names a colleague: they were told once, and may read this note."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="mentions", db_index=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        verbose_name, verbose_name_plural = _("name in a note"), _("names in notes")
        constraints = [models.UniqueConstraint(fields=["entry", "user"], name="entry_mention_once")]

    def __str__(self) -> str:
        return f"{self.entry_id} @{self.user_id}"

    @classmethod
    def spread(cls, entry: Entry, people: list[User]) -> None:
        """Keep who is named and let them know."""
        EntryMention.objects.bulk_create(
            (EntryMention(entry=entry, user=person) for person in people), ignore_conflicts=True
        )
        for person in people:
            Notice.tell(person.pk, Notice.Kind.MENTION, entry.ticket, key=f"entry:{entry.pk}", by=entry.author)


def named_in(text: str, ticket: Ticket) -> list[User]:
    """The colleagues a note names. Raises TransitionRefused for one who may not see the case, and for too many.

    An `@` before a name nobody has is text like any other.
    """
    spelled = list(dict.fromkeys(NAMED.findall(text)))
    if not spelled:
        return []
    known = {user.username: user for user in User.objects.filter(username__in=_beginnings(spelled), is_active=True)}
    found = dict.fromkeys(user for word in spelled if (user := _longest(word, known)) is not None)
    if len(found) > MOST:
        raise TransitionRefused(gettext("A note names twenty colleagues at most."))
    for user in found:
        if not Ticket.objects.visible_to(user).filter(pk=ticket.pk).exists():
            raise TransitionRefused(
                gettext("%(who)s may not see this case: pass it on first, or leave the name out.") % {"who": user}
            )
    return list(found)


def _beginnings(spelled: list[str]) -> set[str]:
    """“shu.lin看一下” is shu.lin: no space need follow a name."""
    return {word[:length] for word in spelled[:100] for length in range(1, len(word) + 1)}


def _longest(word: str, known: dict[str, User]) -> User | None:
    """A name ends where no sign of a name follows: “@shu.lin2” does not name shu.lin."""
    for length in range(len(word), 0, -1):
        if (user := known.get(word[:length])) is None:
            continue
        return None if re.match(r"[.+-]*[A-Za-z0-9_]", word[length:]) else user
    return None
