"""A small writing for articles: paragraphs, lists, headings, bold, links; whatever else stands there stays text."""

import re

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString

LINK = re.compile(r"\[([^\[\]\n]{1,200})\]\((https://[^\s()<>\"'\\`]{1,500}|/help/[a-z0-9_/-]{0,80})\)")
BOLD = re.compile(r"\*\*([^*\n]{1,500})\*\*")
POINT = re.compile(r"[-*•] +(.+)")
NUMBERED = re.compile(r"(\d{1,2})[.、)] *(.+)")
TAGS = {"p", "ul", "ol", "li", "b", "a", "br", "h2", "h3", "span"}
CLASSES = {"ul": {"s-terms"}, "span": {"num"}, "a": {"s-linkish"}}


def rendered(text: str, *, top: int = 2) -> SafeString:
    """The text as HTML, its headings of rank `top`. It is made of escaped text, and cleaned once more for certainty."""
    blocks = [block for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n").replace("\0", "")) if block.strip()]
    html = "".join(_block(block.strip("\n"), top) for block in blocks)
    clean = nh3.clean(
        html, tags=TAGS, attributes={"a": {"href"}}, allowed_classes=CLASSES, url_schemes={"https"},
        link_rel="noopener noreferrer nofollow", strip_comments=True,
    )  # fmt: skip
    return SafeString(clean)


def plain(text: str) -> str:
    """The text without its marks, for a line in a list or a message."""
    bare = BOLD.sub(r"\1", LINK.sub(r"\1", text.replace("\r\n", "\n")))
    return "\n".join(re.sub(r"^\s*#{1,3} +", "", line) for line in bare.split("\n")).strip()


def _block(block: str, top: int) -> str:
    lines = [line.strip() for line in block.split("\n") if line.strip()]
    parts: list[str] = []
    while lines:
        kind = _kind(lines[0])
        same = [lines.pop(0)]
        while lines and kind != "heading" and _kind(lines[0]) == kind:
            same.append(lines.pop(0))
        parts.append(_part(kind, same, top))
    return "".join(parts)


def _kind(line: str) -> str:
    if re.match(r"#{1,3} +\S", line):
        return "heading"
    return "points" if POINT.fullmatch(line) else "numbers" if NUMBERED.fullmatch(line) else "words"


def _part(kind: str, lines: list[str], top: int) -> str:
    if kind == "heading":
        return f"<h{top}>{_inline(lines[0].lstrip('#').strip())}</h{top}>"
    if kind == "points":
        items = "".join(f"<li>{_inline(found[1])}</li>" for line in lines if (found := POINT.fullmatch(line)))
        return f'<ul class="s-terms">{items}</ul>'
    if kind == "numbers":
        items = "".join(
            f'<li><span class="num">{found[1]}.</span> {_inline(found[2])}</li>'
            for line in lines if (found := NUMBERED.fullmatch(line))
        )  # fmt: skip
        return f"<ol>{items}</ol>"
    return f"<p>{'<br>'.join(_inline(line) for line in lines)}</p>"


def _inline(text: str) -> str:
    """Links first, so that their addresses are not read as anything else; all other signs are escaped."""
    html, end = "", 0
    for link in LINK.finditer(text):
        html += _bold(text[end : link.start()]) + f'<a class="s-linkish" href="{escape(link[2])}">{_bold(link[1])}</a>'
        end = link.end()
    return html + _bold(text[end:])


def _bold(text: str) -> str:
    return str(BOLD.sub(r"<b>\1</b>", escape(text)))
