"""Help for everybody: what is public and nothing else, in the reader's language, hostile words inert."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from scrm.kernel.words import words
from staff.models import User
from tickets.models import ArticleVersion, ArticleVote, Audience, Topic
from tickets.tests.test_articles import draft, live
from tickets.tests.test_markup import HOSTILE
from touchpoints.models import Channel


def bare(answer: Any) -> str:
    return re.sub(r'X-CSRFToken": "\w+"', "", answer.content.decode())


@pytest.fixture
def pilling(lin: User, he: User) -> ArticleVersion:
    return live(lin, he, topic=Topic.objects.get(code="fault"), video="https://video.example/v")


def test_everybody_reads_what_is_public_and_nothing_else(client: Client, pilling: Any, lin: User, he: User) -> None:
    live(lin, he, "inside", title=words("内部口径"), audience=Audience.STAFF)
    draft(lin, "draft", title=words("还没定"))
    newer = pilling.article.write(words("新版起球"), words("还没批。"), by=lin, read=None, audience=Audience.PUBLIC)

    shelf = client.get("/help/?language=zh-hans")
    page = client.get("/help/pilling/?language=zh-hans").content.decode()

    assert "X-Robots-Tag" not in shelf  # these pages may be found
    assert "瑜伽裤起球怎么办" in shelf.content.decode()
    for hidden in ("内部口径", "还没定", "新版起球"):
        assert hidden not in shelf.content.decode() + page
        assert hidden not in client.get(f"/help/?words={hidden}").content.decode().replace(f'value="{hidden}"', "")
    missing = bare(client.get("/help/no-such/"))
    for code in ("inside", "draft"):
        answer = client.get(f"/help/{code}/")
        assert (answer.status_code, bare(answer)) == (404, missing)
        assert client.post(f"/help/{code}/", {"helped": "yes"}).status_code == 404
    newer.submit(by=lin)
    pilling.retire(by=he)
    assert client.get("/help/pilling/").status_code == 404


@pytest.mark.parametrize(
    ("language", "shown", "html"),
    [("zh-hans", "翻到里面", "zh-Hans"), ("zh-hant", "翻到裡面", "zh-Hant"), ("en", "Turn them inside out", "en")],
)
def test_it_speaks_the_readers_language(client: Client, pilling: Any, language: str, shown: str, html: str) -> None:
    asked = client.get(f"/help/pilling/?language={language}")
    browser = client.get("/help/pilling/", headers={"Accept-Language": language})

    for answer in (asked, browser):
        assert shown in answer.content.decode()
        assert f'<html lang="{html}">' in answer.content.decode()
        assert answer["Content-Language"] == html
    assert f"?language={language}" in asked.content.decode()


def test_another_language_is_said_to_be_another(client: Client, lin: User, he: User) -> None:
    live(lin, he, title=words("起球"), body=words("冷水洗。"))

    page = client.get("/help/pilling/?language=en").content.decode()

    assert "We have not written this in your language yet" in page
    assert '<article class="stack" lang="zh-hans">' in page


def test_two_signs_find_it_and_a_question_comes_near(client: Client, pilling: Any) -> None:
    for asked in ("起球", "冷水", "inside", "我的瑜伽裤为什么起球了呢", "leggings%20are%20pilling"):
        assert "/help/pilling/" in client.get(f"/help/?words={asked}&language=zh-hans").content.decode(), asked
    for strange in ("'", "\\", "%25", "%00", "<script>", "a" * 5000):
        answer = client.get("/help/", {"words": strange, "language": "en"})
        assert answer.status_code == 200
        assert "<script>a" not in answer.content.decode()


def test_to_read_changes_nothing_and_sets_no_visit(client: Client, pilling: Any) -> None:
    answer = client.get("/help/pilling/?said=yes")

    assert answer.status_code == 200
    assert "visit" not in client.cookies
    assert not ArticleVote.objects.exists()


def test_an_answer_counts_once_a_visit(client: Client, pilling: ArticleVersion) -> None:
    for _press in range(3):
        answer = client.post("/help/pilling/", {"helped": "yes"})
        assert answer.status_code == 302
    Client().post("/help/pilling/?language=en", {"helped": "no"})
    Client().post("/help/pilling/", {"helped": "maybe"})
    Client().post("/help/pilling/", {})

    pilling.refresh_from_db()
    assert (pilling.helped, pilling.not_helped) == (1, 1)
    visit = client.cookies["visit"]
    assert (visit["httponly"], visit["samesite"], visit["max-age"]) == (True, "Lax", "")
    assert not ArticleVote.objects.filter(visitor__contains=visit.value).exists()


def test_an_address_that_presses_all_day_is_not_counted_on(pilling: ArticleVersion) -> None:
    cache.clear()
    for _press in range(40):
        assert Client().post("/help/pilling/", {"helped": "yes"}).status_code == 302
    client = Client()
    client.cookies["visit"] = "x" * 5000
    assert client.post("/help/pilling/", {"helped": "yes"}).status_code == 302

    pilling.refresh_from_db()
    assert pilling.helped == 30


def test_a_share_is_shown_when_enough_have_answered(client: Client, pilling: ArticleVersion) -> None:
    ArticleVersion.objects.update(helped=5, not_helped=1)
    assert "%" not in client.get("/help/pilling/?language=en").content.decode().split('id="solved"')[1]

    ArticleVersion.objects.update(helped=6000, not_helped=1000)

    assert "86% of those who answered" in client.get("/help/pilling/?language=en").content.decode()


def test_when_it_did_not_help_there_is_a_way_to_a_person(client: Client, pilling: Any) -> None:
    client.post("/help/pilling/", {"helped": "no"})
    assert "Ask in a store" in client.get("/help/pilling/?said=no&language=en").content.decode()
    Channel.objects.create(code="site", adapter="web", way="web", state=Channel.State.ON)

    page = client.get("/help/pilling/?said=no&language=en").content.decode()

    assert 'href="/c/write/site/?language=en"' in page
    assert client.get("/c/write/site/?language=en").status_code == 200


class Tags(HTMLParser):
    """What a browser would make of a page's article."""

    def __init__(self) -> None:
        super().__init__()
        self.inside, self.found, self.attributes = False, set(), set()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == "article":
            self.inside = True
        elif self.inside and tag not in ("svg", "path"):
            self.found.add(tag)
            self.attributes |= {name for name, _value in attrs}
            for name, value in attrs:
                assert name != "href" or value.startswith(("https://", "/help/")), value

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "article"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_stay_words_on_the_page(client: Client, lin: User, he: User, text: str) -> None:
    text = text.replace("\0", "")
    live(lin, he, title=words(text[:100], "", text[:100]), body=words(text, "", text))

    for path in ("/help/pilling/?language=en", "/help/?language=en"):
        page = client.get(path).content.decode()
        seen = Tags()
        seen.feed(page)
        assert seen.found <= {"p", "h1", "h2", "ul", "ol", "li", "b", "a", "br", "span"}
        assert seen.attributes <= {"href", "rel", "class", "lang"}
        assert page.count("<script") == Client().get("/help/?language=en&words=zzz").content.decode().count("<script")
    client.force_login(lin)
    assert client.get("/knowledge/pilling/").content.decode().count("<script") == client.get(
        "/knowledge/new/"
    ).content.decode().count("<script")


def test_the_pages_ask_as_often_for_many_as_for_few(client: Client, lin: User, he: User) -> None:
    live(lin, he, "first", topic=Topic.objects.get(code="fault"))
    asked = {}
    for path in ("/help/?language=en", "/help/?words=起球", "/help/first/?language=en"):
        with CaptureQueriesContext(connection) as few:
            client.get(path)
        asked[path] = len(few)
    for number in range(12):
        live(lin, he, f"more-{number}", topic=Topic.objects.get(code="fault"))

    for path, few_asked in asked.items():
        with CaptureQueriesContext(connection) as many:
            client.get(path)
        assert len(many) <= few_asked + 1 <= 6, path  # what comes near is fetched once there is something
