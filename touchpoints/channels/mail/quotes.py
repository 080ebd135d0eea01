"""What somebody wrote now, and what they quote of before: folded, never thrown away."""

import html
import re
from collections.abc import Iterator

MARKER = "—— 请在此行以上回复 / Reply above this line ——"
LONGEST = 200_000
_BEFORE = re.compile(
    r"""^(?:
      .{0,40}请在此行以上回复.{0,60}
    | .{0,40}請在此行以上回覆.{0,60}
    | -{2,}\s*(?:Original\ Message|Forwarded\ message|原始邮件|原始郵件|转发邮件|轉寄郵件).{0,20}
    | _{10,}
    | On\ .{3,200}\ wrote:
    | 在.{3,200}(?:写道|寫道)\s*[：:]
    | .{3,100}于.{3,60}(?:写道|寫道)\s*[：:]
    | (?:发件人|寄件者|寄件人)\s*[：:].{0,200}
    | From:\ .{0,200}@.{0,200}
    | --\s
    )\s*$""",
    re.VERBOSE | re.IGNORECASE,
)
STUB = re.compile(
    r"(?i)(client|program|reader)[^.]{0,60}(can ?not|not|n't)[^.]{0,40}(html|display)|不支持\s*html|無法顯示|无法显示"
)


def split(text: str) -> tuple[str, str]:
    """What is new, and what is quoted; all of it is new when nothing else would be left."""
    lines = text[:LONGEST].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    cut = len(lines)
    for number, line in enumerate(lines):
        if len(line) < 500 and _BEFORE.match(line):
            cut = number
            break
        # “On … wrote:” is often broken over two lines.
        after = lines[number + 1] if number + 1 < len(lines) else ""
        both = f"{line.rstrip()} {after.strip()}"
        if line.startswith("On ") and len(both) < 300 and _BEFORE.match(both):
            cut = number
            break
    top, rest = lines[:cut], lines[cut:]
    tail = len(top)
    while tail and (top[tail - 1].startswith(">") or not top[tail - 1].strip()):
        tail -= 1
    if any(line.startswith(">") for line in top[tail:]):
        top, rest = top[:tail], top[tail:] + rest
    new = "\n".join(top).strip()
    if not new:
        return "\n".join(lines).strip(), ""
    return new, "\n".join(rest).strip()


# The library's own parser takes quadratic time over what strangers may send; this one passes over a page once.
_BREAKS = {"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "table", "ul", "ol", "hr"}
_SILENT = {"script", "style", "head", "title", "template", "noscript", "iframe", "object", "svg"}
_NAME = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)")
_QUOTES = re.compile(r"""\bid\s*=\s*["']?divRplyFwdMsg\b|\bclass\s*=\s*["'][^"']*\bgmail_quote\b""")


def text_of(page: str) -> str:
    """The words of a page; scripts and styles are none, and a quotation begins with the marker."""
    out: list[str] = []
    silent = ""
    for tag, text in _pieces(page[:LONGEST]):
        if not tag:
            if not silent:
                # Numbers of endless digits are no characters, and no numbers Python reads.
                out.append(re.sub(r"\s+", " ", html.unescape(re.sub(r"&#\d{8,}", "", text))))
            continue
        found = _NAME.match(tag)
        name = found[1].lower() if found else ""
        if silent:
            silent = "" if tag.startswith("</") and name == silent else silent
        elif name in _SILENT and not tag.startswith("</"):
            silent = "" if tag.endswith("/>") else name
        elif not tag.startswith("</") and (name == "blockquote" or _QUOTES.search(tag[:1000])):
            out.append(f"\n{MARKER}\n")
        elif name in _BREAKS:
            out.append("\n")
    words = re.sub(r"[ \t]+", " ", "".join(out))  # first, or a long run of blanks takes quadratic time
    words = re.sub(r" ?\n ?", "\n", words)
    return re.sub(r"\n{3,}", "\n\n", words).strip()


def _pieces(page: str) -> Iterator[tuple[str, str]]:
    """Tags and texts in turn: (tag, "") or ("", text)."""
    at = 0
    while (start := page.find("<", at)) >= 0:
        if not re.match(r"[A-Za-z/!?]", page[start + 1 : start + 2]):
            yield "", page[at : start + 1]
            at = start + 1
            continue
        yield "", page[at:start]
        comment = page.startswith("<!--", start)
        end = page.find("-->" if comment else ">", start + 1)
        if end < 0:
            return  # what never closes hides the rest
        for _quote in range(3):  # a sign that ends a tag may stand in an attribute's quotes
            inside = page[start : min(end, start + 2000)]
            if comment or inside.count('"') % 2 == 0 or (further := page.find(">", end + 1)) < 0:
                break
            end = further
        at = end + (3 if comment else 1)
        if not comment:
            yield page[start:at], ""
    yield "", page[at:]
