"""What could answer a case, and why; whether it did, counted once."""

from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from scrm.kernel.words import words
from staff.models import User
from tickets.models import Article, ArticleVersion, ArticleVote, Audience, Ticket, Topic
from tickets.suggestions import shared, suggest, terms_of
from tickets.tests.test_articles import draft, live

HTMX = {"HX-Request": "true"}


@pytest.fixture
def shelf(lin: User, he: User) -> dict[str, ArticleVersion]:
    fault, delivery = Topic.objects.get(code="fault"), Topic.objects.get(code="delivery")
    said: list[tuple[str, Any, Any, dict[str, Any]]] = [
        (
            "pilling",
            words("瑜伽裤起球怎么办", "", "When leggings pill"),
            words("翻面冷水洗。", "", "Wash cold."),
            {"topic": fault},
        ),
        ("points", words("积分余额在哪里看", "", "See your points"), words("打开会员卡。", "", "Open the card."), {}),
        ("parcel", words("包裹到哪了", "", "Where a parcel is"), words("看物流页，冷水不行。"), {"topic": delivery}),
        ("inside", words("起球换新的内部口径"), words("先看洗了几次。"), {"topic": fault, "audience": Audience.STAFF}),
    ]
    made = {code: live(lin, he, code, title=title, body=body, **more) for code, title, body, more in said}
    draft(lin, "draft", title=words("起球"), body=words("起球。"))
    return made


@pytest.fixture
def ticket(mei: Any) -> Ticket:
    ticket = Ticket.open(mei, "裤子问题", topic=Topic.objects.get(code="fault"))[0]
    ticket.hear("我的裤子起球了", channel="wecom", at=timezone.now(), source="t", source_ref="1")
    return ticket


# Proposed


def test_what_shares_rare_words_stands_first_and_says_which(shelf: Any) -> None:
    found = suggest("您好，我买的瑜伽裤洗了两次就起球了", locale="zh-hans")

    assert [one.version.article.code for one in found] == ["pilling", "inside"]
    assert found[0].words == ["瑜伽裤", "起球"]
    assert not found[0].same_topic


def test_english_words_are_found_at_their_beginning(shelf: Any) -> None:
    found = suggest("My legging pills after 2 washes, what can you do?", locale="en")

    assert found[0].version == shelf["pilling"]
    assert found[0].words[:2] == ["legging", "pills"]
    assert suggest("A happily unfit appointment", locale="en") == []


def test_nothing_is_proposed_for_words_of_every_day(shelf: Any) -> None:
    for text in ("您好，请问在吗", "怎么办", "what can you do for me", "", "😀", "'); drop table", "\\ ' & | !", "%%%"):
        assert suggest(text, locale="zh-hans") == [], text


def test_a_topic_proposes_without_a_word(shelf: Any) -> None:
    found = suggest("在吗", Topic.objects.get(code="delivery"), locale="en")

    assert [(one.version.article.code, one.words, one.same_topic) for one in found] == [("parcel", [], True)]
    assert (found[0].locale, found[0].title) == ("en", "Where a parcel is") or found[0].is_fallback


def test_only_colleagues_are_proposed_what_is_for_colleagues(shelf: Any) -> None:
    codes = {one.version.article.code for one in suggest("起球", locale="zh-hans", staff=False)}

    assert codes == {"pilling"}


def test_terms_are_read_back_as_words() -> None:
    assert terms_of("积分余额 points the") == ["积分", "分余", "余额", "point"]
    assert shared("积分余额，还有余额", {"积分", "分余", "余额"}) == ["积分余额", "余额"]
    assert len(terms_of("起球" * 4000 + " a" * 4000)) <= 40


def test_each_term_is_looked_up_by_the_index(lin: User, he: User) -> None:
    now = timezone.now()
    made = Article.objects.bulk_create(Article(code=f"c{n}", review_by=now.date(), made_by=lin) for n in range(2000))
    ArticleVersion.objects.bulk_create(
        ArticleVersion(article=one, number=1, title=words(f"第{one.pk}篇"), body=words(f"内容{one.pk * 7919}号"), state="live",
                       written_by=lin, approved_by=he, approved_at=now)
        for one in made
    )  # fmt: skip
    with connection.cursor() as cursor, CaptureQueriesContext(connection) as seen:
        cursor.execute("analyze tickets_articleversion")
        suggest("起球 leggings", locale="en")
        cursor.execute("explain " + seen.captured_queries[0]["sql"])
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "article_pairs" in plan


# In the case


def test_a_case_shows_what_could_answer_it(client: Client, shelf: Any, ticket: Ticket, lin: User) -> None:
    client.force_login(lin)

    page = client.get(f"/knowledge/suggest/?ticket={ticket.number}").content.decode()
    part = client.get(f"/knowledge/suggest/?ticket={ticket.number}", headers=HTMX).content.decode()

    assert "起球换新的内部口径" in page
    assert "When leggings pill" in page
    assert "Same words: 起球" in part
    assert "<html" not in part


def test_an_outsider_finds_no_case(client: Client, shelf: Any, ticket: Ticket, zhao: User) -> None:
    client.force_login(zhao)

    assert client.get(f"/knowledge/suggest/?ticket={ticket.number}").status_code == 404
    said = {"ticket": ticket.number, "helped": "yes"}
    assert client.post("/knowledge/pilling/helped/", said).status_code == 404
    for strange in ("", "x", "-1", "9" * 30, "１", "1'"):
        assert client.get(f"/knowledge/suggest/?ticket={strange}").status_code == 404
    assert not ArticleVote.objects.exists()


def test_whether_it_helped_is_counted_once_a_case(client: Client, shelf: Any, ticket: Ticket, lin: User) -> None:
    client.force_login(lin)
    said = {"ticket": ticket.number, "helped": "yes"}

    for _press in range(2):
        assert client.post("/knowledge/pilling/helped/", said, headers=HTMX).status_code == 200
    version = shelf["pilling"]
    version.refresh_from_db()
    assert (version.helped, version.not_helped) == (1, 0)
    page = client.post("/knowledge/pilling/helped/", said | {"helped": "no"}, headers=HTMX).content.decode()

    version.refresh_from_db()
    assert (version.helped, version.not_helped) == (0, 1)
    assert "helped 0, did not 1" in page
    assert ArticleVote.objects.get().by == lin


def test_a_draft_is_not_voted_on(client: Client, shelf: Any, ticket: Ticket, lin: User) -> None:
    client.force_login(lin)

    assert client.post("/knowledge/draft/helped/", {"ticket": ticket.number, "helped": "yes"}).status_code == 404


def test_a_visit_counts_once_and_leaves_no_trace_of_itself(shelf: Any) -> None:
    version = shelf["pilling"]
    for _press in range(3):
        ArticleVote.of_visit(version, "random-number", helped=True)
    ArticleVote.of_visit(shelf["points"], "random-number", helped=True)

    version.refresh_from_db()
    digests = list(ArticleVote.objects.values_list("visitor", flat=True))
    assert (version.helped, len(set(digests))) == (1, 2)
    assert "random-number" not in "".join(digests)
    with pytest.raises(IntegrityError), transaction.atomic():
        ArticleVote.objects.create(version=version, helped=True)


@pytest.mark.django_db(transaction=True)
def test_twenty_presses_at_once_count_once(lin: User, he: User, own_connections: None) -> None:
    version = live(lin, he)
    start = Barrier(10)

    def press(helped: bool) -> None:
        start.wait()
        for _time in range(2):
            ArticleVote.of_visit(ArticleVersion.objects.get(pk=version.pk), "one", helped=helped)
        connections.close_all()

    threads = [Thread(target=press, args=(number % 2 == 0,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    version.refresh_from_db()
    assert version.helped + version.not_helped == ArticleVote.objects.count() == 1
    assert version.helped == int(ArticleVote.objects.get().helped)
