"""Bytes to text, by what they are rather than by what they say: old Chinese clients name their charsets wrongly."""

import base64
import binascii
import codecs
import quopri
import re

GB = {"gb2312", "gbk", "gb18030"}  # by Python's names
BIG5 = {"big5", "cp950", "big5hkscs"}
SILENT = {"", "ascii", "iso8859-1"}
# No codec beside these: some of Python's unpack, some take quadratic time.
KNOWN = re.compile(
    r"utf-8|utf-16(-[lb]e)?|utf-32(-[lb]e)?|iso8859-\d+|cp125\d|cp874|koi8-[ru]|shift_jis|cp932|euc_jp|iso2022_jp"
    r"|euc_kr|cp949|tis-620|hz"
)
WORD = re.compile(r"=\?([^?\s]{1,60})\?([BbQq])\?([^?]*)\?=")


def decoded(raw: bytes, charset: str | None) -> tuple[str, bool]:
    """The text, and whether it came out without loss."""
    name = _name(charset)
    if name in GB:
        return _first(raw, "gb18030")
    if name in BIG5:
        return _first(raw, "cp950", "big5hkscs")
    if name in SILENT or not KNOWN.fullmatch(name):
        if name == "iso8859-1":
            text, whole = _first(raw, "utf-8", "gb18030")
            return (text, True) if whole else (raw.decode("latin-1"), True)
        return _first(raw, "utf-8", "gb18030")
    if name == "utf-8":
        return _first(raw, "utf-8", "gb18030")
    return _first(raw, name)


def header_text(raw: str) -> str:
    """A header as people read it. `raw` holds strange bytes as lone surrogates, as the parser leaves them."""
    raw = re.sub(r"[\r\n]+[ \t]*", " ", raw)
    if not raw.isascii():
        raw = decoded(raw.encode("utf-8", "surrogateescape"), None)[0]
    out: list[str] = []
    pending: tuple[str, bytes] | None = None
    end = 0
    for found in WORD.finditer(raw):
        between = raw[end : found.start()]
        end = found.end()
        charset, bytes_ = found[1].partition("*")[0].lower(), _word(found[2], found[3])
        # Blanks between two words are none; a sign may be cut in two by them.
        if pending and not between.strip():
            if pending[0] == charset:
                pending = (charset, pending[1] + bytes_)
                continue
            out.append(decoded(pending[1], pending[0])[0])
        else:
            if pending:
                out.append(decoded(pending[1], pending[0])[0])
            out.append(between)
        pending = (charset, bytes_)
    if pending:
        out.append(decoded(pending[1], pending[0])[0])
    out.append(raw[end:])
    return re.sub(r"[\x00-\x1f\x7f]+", " ", "".join(out)).strip()


def _word(kind: str, text: str) -> bytes:
    try:
        if kind in "Bb":
            return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
        return quopri.decodestring(text.replace("_", " ").encode("utf-8", "replace"), header=True)
    except (binascii.Error, ValueError):
        return text.encode("utf-8", "replace")


def _name(charset: str | None) -> str:
    try:
        return codecs.lookup((charset or "").strip("\"' ")).name
    except (LookupError, ValueError, TypeError):
        lowered = (charset or "").strip("\"' ").lower()
        return "gb18030" if "gb" in lowered else "cp950" if "big5" in lowered else ""


def _first(raw: bytes, *names: str) -> tuple[str, bool]:
    for name in names:
        try:
            return raw.decode(name), True
        except (UnicodeError, ValueError):
            continue
    return raw.decode(names[0], "replace"), False
