"""What somebody wrote now, and what they quote of before: folded, never thrown away."""

import re
from html.parser import HTMLParser

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


class _Text(HTMLParser):
    """The words of a page; scripts and styles are none, and a quotation begins with the marker."""

    BREAKS = {"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "table", "ul", "ol", "hr"}
    SILENT = {"script", "style", "head", "title", "template", "noscript", "iframe", "object"}

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.SILENT:
            self.silent += 1
        names = dict(attrs)
        quotes = tag == "blockquote" or names.get("id") == "divRplyFwdMsg"
        if quotes or "gmail_quote" in (names.get("class") or "").split():
            self.out.append(f"\n{MARKER}\n")
        elif tag in self.BREAKS:
            self.out.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.SILENT and self.silent:
            self.silent -= 1
        elif tag in self.BREAKS:
            self.out.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.out.append(re.sub(r"\s+", " ", data))


def text_of(page: str) -> str:
    parser = _Text()
    parser.feed(page[:LONGEST])
    parser.close()
    text = re.sub(r"[ \t]*\n[ \t]*", "\n", "".join(parser.out))
    return re.sub(r"\n{3,}", "\n\n", text).strip()
