"""Three languages, complete, and really Chinese where they say so."""

import ast
import re
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.test import Client
from django.utils.translation.template import templatize

ROOT = Path(settings.ROOT)
ROOMS = ["scrm", "staff", "customers", "commerce", "touchpoints", "loyalty", "tickets", "journeys"]
CODES = ["zh_Hans", "zh_Hant"]
CALLS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext"}
# Written alike in every language.
SAME = {"QR", "APP", "SCRM"}
# Signs that only one of the two scripts uses, enough to catch a page in the wrong one.
ONLY_SIMPLIFIED = set("们说没时间务号码单户这页删导试验认读写门东车马鸟鱼龙龟贝见风飞长张远运还进边过达选递适连迟")
ONLY_TRADITIONAL = (
    set("們說沒時間務號碼單戶這頁刪導試驗認讀寫門東車馬鳥魚龍龜貝見風飛長張遠運還進邊過達選遞適連遲") - ONLY_SIMPLIFIED
)


def texts_of(source: str) -> set[str]:
    """Every literal that a Python source hands to gettext."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                found.add(first.value)
    return found


def texts_of_template(source: str) -> set[str]:
    plain = re.sub(r"^.*?(?=(?:gettext|ngettext|_|pgettext)\()", "", templatize(source), flags=re.S)
    literal = r"""u?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    return {ast.literal_eval(match) for match in re.findall(rf"\b(?:n?gettext|_)\(\s*{literal}", plain)}


def wanted() -> set[str]:
    python = [
        path for room in ROOMS for path in (ROOT / room).rglob("*.py") if not {"tests", "migrations"} & set(path.parts)
    ]
    texts = set().union(*(texts_of(path.read_text()) for path in python))
    for path in (ROOT / "templates").rglob("*.html"):
        texts |= texts_of_template(path.read_text())
    return {text for text in texts if text.strip()}


@pytest.fixture(scope="module", params=CODES)
def catalogue(request) -> tuple[str, dict[str, list[str]]]:
    entries = polib.pofile(str(ROOT / "locale" / request.param / "LC_MESSAGES" / "django.po"))
    for entry in entries:
        assert "fuzzy" not in entry.flags, entry.msgid
    return request.param, {
        entry.msgid: list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr] for entry in entries
    }


def test_nothing_lacks_its_words(catalogue) -> None:
    _code, words = catalogue

    assert sorted(text for text in wanted() if not all(words.get(text, [""]))) == []


def test_chinese_is_chinese(catalogue) -> None:
    _code, words = catalogue

    english = [text for text, said in words.items() if not all(re.search(r"[一-鿿]", it) or it in SAME for it in said)]
    assert english == []


def test_each_script_keeps_to_itself(catalogue) -> None:
    code, words = catalogue
    foreign = ONLY_SIMPLIFIED if code == "zh_Hant" else ONLY_TRADITIONAL

    # The name of a language is written in that language.
    mixed = [it for text, said in words.items() for it in said if set(it) & foreign and "Chinese" not in text]
    assert mixed == []


def test_every_placeholder_survives(catalogue) -> None:
    _code, words = catalogue
    names = re.compile(r"%\((\w+)\)s")
    for text, said in words.items():
        for it in said:
            assert set(names.findall(it)) >= set(names.findall(text)) - {"n"}, text
            assert set(names.findall(it)) - set(names.findall(text)) <= {"n", "pieces", "views", "days", "orders"}, text


@pytest.mark.parametrize(
    ("language", "word"), [("zh-hans", "正在接待"), ("zh-hant", "正在接待"), ("en", "Serving now")]
)
def test_the_counter_speaks_the_readers_language(ke, client: Client, language: str, word: str) -> None:
    type(ke).objects.update(language=language)
    client.force_login(ke)

    assert word in client.get("/counter/").content.decode()
