"""Which articles could answer a text: by the words they share, the rarer the heavier, and by topic."""

import re
from dataclasses import dataclass, field

from django.db import connection

from tickets.models import ArticleVersion, ArticleVote, Audience, Entry, Ticket, Topic

READ, TERMS, MOST = 1000, 40, 4
OF_TITLE, OF_TOPIC, LEAST = 2.0, 0.5, 0.3
WORDS = re.compile(r"[a-z0-9][a-z0-9'-]{2,29}|[\u3400-\u9fff]+")
# Signs and words that stand in every sentence: a pair with one of them says nothing about the matter.
COMMON = set(
    "的了吗呢吧啊我你您他她它们是在不有和就都也还很这那个么什怎可以要会能给把被让没请问想一嗎們個這麼會給讓沒請問"
)
USUAL = frozenset((
    "the", "and", "for", "you", "your", "our", "are", "was", "were", "has", "have", "had", "not", "but", "can", "could",
    "would", "will", "what", "when", "where", "which", "who", "how", "why", "this", "that", "these", "those", "with",
    "from", "into", "about", "there", "here", "they", "them", "then", "than", "just", "been", "please", "hello",
    "thanks", "thank", "its", "it's", "i'm", "don't", "does", "did", "get", "got", "any", "some", "one", "two",
))  # fmt: skip

# Each term by the index of pairs, then sign for sign; a term in few articles weighs more than one in many.
FOUND = r"""
with asked as (select unnest(%(terms)s::text[]) as term),
hit as (
  select v.id, asked.term,
         (strpos(lower(coalesce(v.title->>'zh-hans', '') || ' ' || coalesce(v.title->>'zh-hant', '') || ' ' ||
                       coalesce(v.title->>'en', '')), asked.term) > 0) as titled
  from asked join tickets_articleversion v
    on tickets_article_pairs(v.title, v.body) @@ tickets_pairs_query(asked.term, ' & ')
   and case when asked.term ~ '^[a-z0-9]' then tickets_article_text(v.title, v.body) ~ ('\m' || asked.term)
            else strpos(tickets_article_text(v.title, v.body), asked.term) > 0 end
  where v.state = 'live' and v.audience = any(%(audiences)s)
),
rare as (select term, 1 / sqrt(count(*)) as weight from hit group by term),
worded as (
  select hit.id, sum(rare.weight * case when hit.titled then %(of_title)s else 1 end) as weight,
         array_agg(hit.term) as terms
  from hit join rare using (term) group by hit.id
),
of_topic as (
  select id from tickets_articleversion
  where state = 'live' and audience = any(%(audiences)s) and topic_id = %(topic)s
  order by helped - not_helped desc, id limit %(most)s
)
select id, coalesce(worded.weight, 0) + case when v.topic_id = %(topic)s then %(of_topic)s else 0 end as weight,
       coalesce(worded.terms, '{}')
from worded full join of_topic using (id) join tickets_articleversion v using (id)
where coalesce(worded.weight, 0) + case when v.topic_id = %(topic)s then %(of_topic)s else 0 end >= %(least)s
order by weight desc, v.helped - v.not_helped desc, id limit %(most)s
"""


@dataclass
class Suggestion:
    """An article that could answer, in the language it is read in, and why it is proposed."""

    version: ArticleVersion
    locale: str
    is_fallback: bool
    words: list[str]  # of the text, that stand in the article
    same_topic: bool
    answer: bool | None = field(default=None)  # whether it helped in this case, when somebody has said

    @property
    def title(self) -> str:
        return self.version.title.get(self.locale, "")

    @property
    def body(self) -> str:
        return self.version.body.get(self.locale, "")


def suggest(
    text: str, topic: Topic | None = None, *, locale: str, staff: bool = True, most: int = MOST
) -> list[Suggestion]:
    """Live articles that share words with a text or its topic, the best first; only public ones unless for `staff`."""
    terms = terms_of(text)
    asked = {
        "terms": terms, "topic": topic.pk if topic else None, "most": most, "of_title": OF_TITLE, "of_topic": OF_TOPIC,
        "least": LEAST, "audiences": [Audience.PUBLIC, Audience.STAFF] if staff else [Audience.PUBLIC],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(FOUND, asked)
        found = cursor.fetchall()
    rows = ArticleVersion.objects.select_related("article", "topic").in_bulk([pk for pk, _weight, _terms in found])
    return [_suggestion(rows[pk], text, set(matched), topic, locale) for pk, _weight, matched in found]


def _suggestion(version: ArticleVersion, text: str, matched: set[str], topic: Topic | None, locale: str) -> Suggestion:
    own = version.locale_for(locale)
    same_topic = topic is not None and version.topic_id == topic.pk
    return Suggestion(version, own, own != locale, shared(text, matched), same_topic)


def for_case(ticket: Ticket, *, locale: str) -> list[Suggestion]:
    """What could answer this case: its subject and the customer's last words, and what was said of it here."""
    said = Entry.objects.filter(ticket=ticket, direction="in", machine=False).order_by("-at", "-pk")
    text = "\n".join([ticket.subject, *said.values_list("body", flat=True)[:5]])
    found = suggest(text, ticket.topic, locale=locale)
    votes = dict(ArticleVote.objects.filter(ticket=ticket).values_list("version", "helped"))
    for one in found:
        one.answer = votes.get(one.version.pk)
    return found


def terms_of(text: str) -> list[str]:
    """What a text is looked up by: its Latin words, and the pairs of its Chinese signs."""
    found: dict[str, None] = {}
    for run in WORDS.findall(text[:READ].lower()):
        if run[0] < "\u3400":
            found |= {} if run in USUAL else {_stem(run): None}
        else:
            pairs = (run[place : place + 2] for place in range(len(run) - 1))
            found |= dict.fromkeys(pair for pair in pairs if not set(pair) & COMMON)
    return list(found)[:TERMS]


def shared(text: str, matched: set[str]) -> list[str]:
    """The matched terms as one reads them: neighbouring pairs of signs grow together."""
    found: dict[str, None] = {}
    for run in WORDS.findall(text[:READ].lower()):
        if run[0] < "\u3400" and _stem(run) in matched:
            found[run] = None
            continue
        grown = ""
        for place in range(len(run) - 1):
            if run[place : place + 2] in matched and run[0] >= "\u3400":
                grown = grown + run[place + 1] if grown else run[place : place + 2]
            elif grown:
                found[grown], grown = None, ""
        if grown:
            found[grown] = None
    return list(found)[:5]


def _stem(word: str) -> str:
    """One legging, two leggings: what is looked for is the beginning of a word."""
    return word.removesuffix("s") if len(word) > 4 and not word.endswith("ss") else word
