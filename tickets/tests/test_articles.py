"""Articles: two people see each wording before anybody reads it, and no wording changes afterwards."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import Words, words
from staff.models import User
from tickets.articles import begin
from tickets.models import Article, ArticleVersion, Audience, Topic

TITLE = words("瑜伽裤起球怎么办", "瑜伽褲起球怎麼辦", "When leggings pill")
BODY = words("翻到里面，**冷水**洗。", "翻到裡面，**冷水**洗。", "Turn them inside out and wash **cold**.")


def draft(by: User, code: str = "pilling", title: Words = TITLE, body: Words = BODY, **more: Any) -> ArticleVersion:
    soon = timezone.localdate() + timedelta(days=90)
    return begin(code, title, body, by=by, **({"review_by": soon, "audience": Audience.PUBLIC} | more))


def live(by: User, second: User, code: str = "pilling", **more: Any) -> ArticleVersion:
    version = draft(by, code, **more)
    version.submit(by=by)
    version.approve(by=second)
    return version


# Two people


def test_who_wrote_it_does_not_approve_it(lin: User, he: User) -> None:
    version = draft(lin)
    version.submit(by=lin)

    with pytest.raises(TransitionRefused):
        version.approve(by=lin)
    version.approve(by=he)

    assert version.state == "live"
    with pytest.raises(IntegrityError), transaction.atomic():  # nor behind the verb
        ArticleVersion.objects.filter(pk=version.pk).update(approved_by=lin)


def test_of_two_clicks_the_second_is_refused(lin: User, he: User, gu: User) -> None:
    version = draft(lin)
    version.submit(by=lin)
    in_another_tab = ArticleVersion.objects.get(pk=version.pk)
    version.approve(by=he)

    for deed in (in_another_tab.approve, in_another_tab.send_back, in_another_tab.submit):
        with pytest.raises(TransitionRefused):
            deed(by=gu)

    assert ArticleVersion.objects.get().approved_by == he


def test_a_draft_cannot_be_approved_unseen_nor_a_submitted_one_written_over(lin: User, he: User) -> None:
    version = draft(lin)
    with pytest.raises(TransitionRefused):
        version.approve(by=he)
    version.submit(by=lin)

    with pytest.raises(TransitionRefused):
        version.article.write(TITLE, words("另一句。"), by=lin, read=version.pk)

    assert ArticleVersion.objects.get().state == "submitted"


def test_no_wording_ever_changes(lin: User) -> None:
    version = draft(lin)
    rows = ArticleVersion.objects.filter(pk=version.pk)

    for change in (
        {"body": words("别的。")},
        {"audience": "staff"},
        {"video": "https://other.example/"},
        {"number": 9},
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.delete()

    assert rows.get().body == BODY


def test_the_next_version_stands_in_for_the_former_only_when_it_is_approved(lin: User, he: User) -> None:
    version = live(lin, he)
    newer = version.article.write(TITLE, words("新的做法。"), by=lin, read=None, audience=Audience.PUBLIC)
    assert ArticleVersion.objects.live().get() == version

    newer.submit(by=lin)
    newer.approve(by=he)

    assert ArticleVersion.objects.live().get() == newer
    version.refresh_from_db()
    assert (version.state, newer.number) == ("retired", 2)


def test_of_two_who_write_on_one_draft_nothing_is_lost(lin: User, he: User) -> None:
    version = draft(lin)
    article = version.article
    mine = article.write(TITLE, words("我的。"), by=lin, read=version.pk)

    with pytest.raises(TransitionRefused):
        article.write(TITLE, words("你的。"), by=he, read=version.pk)
    with pytest.raises(TransitionRefused):
        article.write(TITLE, words("你的。"), by=he, read=None)

    assert list(article.versions.values_list("number", "state")) == [(2, "draft"), (1, "replaced")]
    assert ArticleVersion.objects.get(state="draft") == mine


def test_out_of_use_it_may_be_written_anew(lin: User, he: User) -> None:
    version = live(lin, he)
    version.retire(by=he)
    assert ArticleVersion.objects.out_of_use().get() == version
    with pytest.raises(TransitionRefused):
        version.retire(by=he)

    version.article.write(TITLE, BODY, by=lin, read=None)

    assert not ArticleVersion.objects.out_of_use().exists()


def test_what_nobody_looked_at_is_stale(lin: User, he: User) -> None:
    version = live(lin, he)
    Article.objects.update(review_by=timezone.localdate() - timedelta(days=1))
    assert ArticleVersion.objects.stale().get() == version

    with pytest.raises(TransitionRefused):
        version.article.still_holds(by=he, review_by=timezone.localdate())
    version.article.still_holds(by=he, review_by=timezone.localdate() + timedelta(days=30))

    assert not ArticleVersion.objects.stale().exists()


def test_a_code_is_taken_once_and_words_are_needed(lin: User) -> None:
    draft(lin)

    with pytest.raises(TransitionRefused):
        draft(lin)
    with pytest.raises(TransitionRefused):
        draft(lin, "empty", body=Words())

    assert Article.objects.count() == 1


# Found


def test_two_signs_and_parts_of_words_are_found(lin: User, he: User) -> None:
    pilling = live(lin, he)
    live(
        lin,
        he,
        "parcel",
        title=words("包裹在哪里", "", "Where is my parcel"),
        body=words("看'物流'页。", "", "It's 100% on time\\"),
    )
    rows = ArticleVersion.objects.live()

    assert rows.holding("起球").get() == pilling
    assert rows.holding("起 冷水 LEGG").get() == pilling
    for asked in ("'物流'", "IT'S", "100%", "time\\", "包"):
        assert rows.holding(asked).get().article.code == "parcel", asked
    for asked in ("球起", "100_", "' | '", "没有", "\\'"):
        assert not rows.holding(asked).exists(), asked


def test_the_end_of_a_long_text_is_found_too(lin: User, he: User) -> None:
    live(lin, he, body=words("水" * 3798 + "末尾", "", "x" * 3790 + " the end"))

    assert ArticleVersion.objects.holding("末尾").exists()
    assert ArticleVersion.objects.holding("the end").exists()


def test_two_signs_are_found_by_the_index(lin: User, he: User) -> None:
    live(lin, he)
    now = timezone.now()
    made = Article.objects.bulk_create(Article(code=f"c{n}", review_by=now.date(), made_by=lin) for n in range(2000))
    ArticleVersion.objects.bulk_create(
        ArticleVersion(article=one, number=1, title=words(f"第{one.pk}篇"), body=words(f"内容{one.pk * 7919}号"), state="live",
                       written_by=lin, approved_by=he, approved_at=now)
        for one in made
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("analyze tickets_articleversion")

    plan = ArticleVersion.objects.live().holding("起球").order_by("-written_at", "-pk")[:26].explain()

    assert "article_pairs" in plan


# Pages


def given(**more: Any) -> dict[str, Any]:
    return {"code": "late", "topic": "delivery", "audience": "staff", "title_en": "Late", "body_en": "Ask the courier.",
            "review_by": str(timezone.localdate() + timedelta(days=90))} | more  # fmt: skip


def test_an_article_is_written_laid_before_and_approved_on_the_page(client: Client, lin: User, he: User) -> None:
    client.force_login(lin)
    assert client.post("/knowledge/new/", given(body_en="")).status_code == 422
    assert client.post("/knowledge/new/", given(code="new")).status_code == 422
    assert client.post("/knowledge/new/", given()).status_code == 302
    assert client.post("/knowledge/new/", given()).status_code == 422  # the code is taken

    first = ArticleVersion.objects.get()
    changed = given(body_en="Ask the shop.", read=first.pk)
    assert client.post("/knowledge/late/write/", changed).status_code == 302
    assert client.post("/knowledge/late/write/", changed).status_code == 422  # read before the last change
    assert client.post("/knowledge/late/submit/", {"version": 2}).status_code == 302
    assert client.post("/knowledge/late/approve/", {"version": 2}).status_code == 404  # an agent approves nothing
    client.force_login(he)
    assert client.post("/knowledge/late/approve/", {"version": 1}).status_code == 422
    assert client.post("/knowledge/late/approve/", {"version": 2}).status_code == 302

    version = ArticleVersion.objects.live().get()
    assert (version.body["en"], version.topic.code, version.approved_by) == ("Ask the shop.", "delivery", he)
    assert client.post("/knowledge/late/still-holds/", {"version": 2, "review_by": "2001-01-01"}).status_code == 422
    assert client.post("/knowledge/late/retire/", {"version": 2}).status_code == 302


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "http://plain.example/v",
        'https://x.example/" onload=',
        "data:text/html,x",
        "//x.example/",
    ],
)
def test_a_video_is_an_address_of_https_and_nothing_else(client: Client, lin: User, address: str) -> None:
    client.force_login(lin)

    assert client.post("/knowledge/new/", given(video=address)).status_code == 422
    assert not Article.objects.exists()
    assert client.post("/knowledge/new/", given(video="https://video.example/v?id=1")).status_code == 302


def test_who_only_reads_finds_no_drafts(client: Client, lin: User, he: User, ke: User, lu: User) -> None:
    live(lin, he)
    draft(lin, "secret", title=words("还没定"))
    client.force_login(ke)

    page = client.get("/knowledge/?shelf=draft").content.decode()
    assert "When leggings pill" in page
    assert "还没定" not in page
    assert client.get("/knowledge/secret/").status_code == 404
    assert client.get("/knowledge/pilling/?version=2").status_code == 404
    assert client.get("/knowledge/pilling/write/").status_code == 403
    assert "Lay before" not in client.get("/knowledge/pilling/").content.decode()
    client.force_login(lu)
    assert client.get("/knowledge/").status_code == 403


def test_another_language_is_shown_as_such(client: Client, lin: User, he: User) -> None:
    live(lin, he, title=words("只有中文"), body=words("只有中文。"))
    ArticleVersion.objects.get()
    client.force_login(lin)

    page = client.get("/knowledge/pilling/").content.decode()

    assert "Not written in your language" in page
    assert 'lang="zh-hans"' in page


def test_the_list_is_filtered_and_goes_on(client: Client, lin: User, he: User) -> None:
    fault = Topic.objects.get(code="fault")
    for number in range(27):
        live(
            lin,
            he,
            f"a-{number}",
            title=words(f"第{number}篇起球"),
            topic=fault if number else None,
            product="leggings",
        )
    client.force_login(lin)

    first = client.get("/knowledge/?topic=fault&words=起球&product=leggings&audience=public")
    assert len(first.context["page"].rows) == 25
    rest = client.get(f"/knowledge/?topic=fault&after={first.context['page'].next_cursor}")
    assert [one.article.code for one in rest.context["page"].rows] == ["a-1"]
    for strange in ("?words=%00", "?after=x&words='", "?topic=%00", "?shelf=none", "?scene=no", "?words=" + "a" * 500):
        assert client.get(f"/knowledge/{strange}").status_code == 200


def test_the_shelf_asks_as_often_for_many_as_for_few(client: Client, lin: User, he: User) -> None:
    client.force_login(he)
    live(lin, he, "first")
    client.get("/knowledge/")
    with CaptureQueriesContext(connection) as few:
        client.get("/knowledge/")
    for number in range(20):
        live(lin, he, f"more-{number}", topic=Topic.objects.get(code="fault"))

    with CaptureQueriesContext(connection) as many:
        client.get("/knowledge/")

    assert len(many) == len(few) <= 12
