"""Product sheets: written like articles, laid side by side, rows by name; another brand's only with a source."""

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client

from conftest import PASSWORD
from scrm.kernel.words import words
from tickets.models import ArticleVersion, Audience
from tickets.sheets import check_facts, compared, facts_of
from tickets.tests.test_articles import draft, live

NEW = words("重量：218 g\n落差：8 mm", "重量：218 g\n落差：8 mm", "Weight: 218 g\nDrop: 8 mm")
OLD = words("重量：241 g\n落差: 8mm\n寿命：600 km", "", "Weight: 241 g\nDrop: 8mm\nLasts: 600 km")


def sheet(by, second, code, facts, whose="ours", **more) -> ArticleVersion:
    title = words(code, code, code)
    return live(by, second, code, title=title, sheet=whose, facts=facts, audience=Audience.STAFF, **more)


@pytest.fixture
def two(lin, he) -> list[ArticleVersion]:
    return [sheet(lin, he, "new-shoe", NEW), sheet(lin, he, "old-shoe", OLD, "former")]


def test_rows_are_by_name_and_say_where_they_differ(two, lin) -> None:
    found = compared(lin, ["new-shoe", "old-shoe"], locale="en")

    assert [(row.name, row.values, row.differs) for row in found.rows] == [
        ("Weight", ["218 g", "241 g"], True), ("Drop", ["8 mm", "8mm"], False), ("Lasts", ["", "600 km"], True),
    ]  # fmt: skip


def test_each_is_read_in_the_readers_language_or_its_own(two) -> None:
    assert facts_of(two[0], "zh-hans") == {"重量": "218 g", "落差": "8 mm"}
    assert facts_of(two[1], "zh-hant") == {"重量": "241 g", "落差": "8mm", "寿命": "600 km"}


def test_what_is_not_live_no_sheet_or_unknown_is_left_out(two, lin, he) -> None:
    draft(lin, "begun", sheet="ours", facts=NEW)
    live(lin, he, "article")

    found = compared(lin, ["begun", "article", "none", "old-shoe", "old-shoe"], locale="en")

    assert [one.article.code for one in found.sheets] == ["old-shoe"]


def test_another_brands_needs_its_source_also_behind_the_form(lin, he) -> None:
    begun = draft(lin, "begun")
    with pytest.raises(IntegrityError), transaction.atomic():
        begun.article.write(NEW, NEW, by=lin, read=begun.pk, sheet="rival", facts=NEW)
    assert sheet(lin, he, "rival", NEW, "rival", facts_from="Their site, 2026-09").state == "live"


def test_what_is_compared_never_changes(two) -> None:
    for change in ({"facts": OLD}, {"sheet": "rival"}, {"facts_from": "x"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            ArticleVersion.objects.filter(pk=two[0].pk).update(**change)


@pytest.mark.parametrize(
    "text", ["no colon", "Weight:", ": 3", "Weight: 1\nweight : 2", "\n".join(f"{n}: x" for n in range(31)),
             "Weight: " + "9" * 200]
)  # fmt: skip
def test_lines_that_cannot_be_compared_are_refused(text) -> None:
    with pytest.raises(ValidationError):
        check_facts(text)


@pytest.fixture
def desk(lin, client: Client) -> Client:
    client.login(username=lin.username, password=PASSWORD)
    return client


def test_one_writes_a_sheet_and_finds_it_in_the_comparison(desk, lin, he, two, django_assert_max_num_queries) -> None:
    asked = {
        "code": "third", "audience": "staff", "review_by": "2099-01-01", "title_en": "Third", "body_en": "Good.",
        "sheet": "rival", "facts_en": "Weight: 1 g",
    }  # fmt: skip
    refused = desk.post("/knowledge/new/", asked)
    assert refused.status_code == 422
    assert "Say where the figures" in refused.content.decode()
    assert desk.post("/knowledge/new/", asked | {"facts_en": "nothing", "facts_from": "x"}).status_code == 422
    assert desk.post("/knowledge/new/", asked | {"sheet": "", "facts_from": "x"}).status_code == 422
    assert desk.post("/knowledge/new/", asked | {"facts_from": "Their site"}).status_code == 302
    version = ArticleVersion.objects.get(article__code="third")
    version.submit(by=lin)
    version.approve(by=he)

    with django_assert_max_num_queries(12):
        page = desk.get("/knowledge/compare/?sheet=new-shoe&sheet=third").content.decode()

    assert "218 g" in page
    assert "Their site" in page
    assert 'class="differs"' in page
    assert "Weight" in desk.get("/knowledge/third/").content.decode()


@pytest.mark.parametrize(
    "asked", ["", "?sheet=' OR 1=1", "?sheet=%00", "?sheet=" + "x" * 3000, "?sheet=a" * 1 + "&sheet=b" * 9]
)
def test_any_address_shows_what_may_be_chosen(desk, asked) -> None:
    page = desk.get(f"/knowledge/compare/{asked}")

    assert page.status_code == 200
    assert "No product sheet yet" in page.content.decode()
