"""What a file is by its content, whatever it calls itself; what is none of the few kinds we take is refused."""

import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass

LONGEST = 120  # signs of a name
UNPACKED = 100 * 1024 * 1024  # what an Office file may unpack to
PARTS, RATIO = 2000, 200
TEXT_SEEN = 64 * 1024

# Kind → (type it is served as, endings it may have, the first for a file without one).
KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "png": ("image/png", ("png",)),
    "jpeg": ("image/jpeg", ("jpg", "jpeg", "jpe", "jfif")),
    "gif": ("image/gif", ("gif",)),
    "webp": ("image/webp", ("webp",)),
    "heic": ("image/heic", ("heic", "heif")),
    "pdf": ("application/pdf", ("pdf",)),
    "txt": ("text/plain; charset=utf-8", ("txt", "text")),
    "csv": ("text/csv; charset=utf-8", ("csv",)),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ("docx",)),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ("xlsx",)),
    "mp4": ("video/mp4", ("mp4", "m4v")),
    "m4a": ("audio/mp4", ("m4a",)),
    "mp3": ("audio/mpeg", ("mp3",)),
    "amr": ("audio/amr", ("amr",)),
}
SHOWN_AS_PICTURE = ("png", "jpeg", "webp")

# What is certainly none of ours, to say so in the right words.
PROGRAMS = (b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"#!/", b"#! /", b"L\x00\x00\x00\x01\x14\x02\x00",
            b"{\\rtf")  # fmt: skip
ARCHIVES = (b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"MSCF", b"\x28\xb5\x2f\xfd")
MARKUP = re.compile(
    rb"<\s*(?:!doctype\s+html|html|head|body|script|svg|iframe|object|embed|math|meta|link|img|style|form)\b"
    rb"|<\?php|<\?xml",
    re.IGNORECASE,
)
# In pictures, films and documents chance writes short words too: only what opens a page or a program counts.
PAGE_IN_IT = re.compile(rb"<!doctype\s+html|<html[\s>]|<script[\s>]|<svg[\s>]|<\?php\s", re.IGNORECASE)
ACTIVE_PDF = re.compile(rb"/(?:JavaScript|Launch|EmbeddedFile|RichMedia|XFA)\b")


class NotTaken(Exception):
    """This file is not taken: `why` is a code of `Attachment.LeftOut`."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Looked:
    """A file that was looked at: how it is called, what it is, what it holds."""

    name: str
    kind: str
    content: bytes


def look(name: str, content: bytes, *, most: int) -> Looked:
    """What it is. Raises NotTaken for what is none of our kinds, holds a program, or is called otherwise."""
    if not content:
        raise NotTaken("empty")
    if len(content) > most:
        raise NotTaken("large")
    kind = _kind_of(content)
    name = clean_name(name)
    stem, dot, ending = name.rpartition(".")
    if kind == "txt" and ending.lower() == "csv":
        kind = "csv"
    if not dot or not stem:
        name = f"{name.strip('.') or 'file'}.{KINDS[kind][1][0]}"
    elif ending.lower() not in KINDS[kind][1]:
        raise NotTaken("name")
    return Looked(name, kind, content)


def clean_name(name: str) -> str:
    """How it is called, to be shown: no path, no hidden or turning signs, not too long. Never used as a path."""
    name = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode())
    name = re.split(r"[/\\]", name)[-1]
    name = "".join(" " if sign.isspace() else sign for sign in name if sign.isspace() or sign.isprintable())
    name = re.sub(r'[<>:"|?*]', "_", " ".join(name.split())).strip(" .")
    if len(name) > LONGEST:
        stem, dot, ending = name.rpartition(".")
        short = dot and len(ending) <= 8
        name = f"{stem[: LONGEST - len(ending) - 1].rstrip(' .')}.{ending}" if short else name[:LONGEST]
    if re.fullmatch(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?", name):
        name = f"_{name}"
    return name or "file"


def _kind_of(content: bytes) -> str:
    kind = _by_signs(content)
    if kind in ("txt", "docx", "xlsx"):
        return kind
    if content[:4096].find(b"%PDF-", 1) >= 0 or PAGE_IN_IT.search(content) or _ends_as_archive(content):
        raise NotTaken("mixed")
    return kind


def _by_signs(content: bytes) -> str:
    head = content[:64]
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return _whole(_png_ends(content) == len(content), "png")
    if head.startswith(b"\xff\xd8\xff"):
        return _whole(content.rstrip(b"\x00").endswith(b"\xff\xd9") or b"\xff\xd9" in content[2:], "jpeg")
    if head.startswith((b"GIF87a", b"GIF89a")):
        return _whole(_gif_ends(content) == len(content.rstrip(b"\x00")), "gif")
    if head[:4] == b"RIFF":
        size = int.from_bytes(head[4:8], "little") + 8
        return _whole(head[8:12] == b"WEBP" and size <= len(content) <= size + 1, "webp")
    if head.startswith(b"%PDF-"):
        return _pdf(content)
    if head[4:8] == b"ftyp":
        return _film(content)
    if head.startswith((b"#!AMR\n", b"#!AMR-WB\n")):
        return "amr"
    if head.startswith(b"ID3") or (head[0] == 0xFF and len(head) > 3 and head[1] & 0xE0 == 0xE0):
        return _whole(_is_mp3(content), "mp3")
    if head.startswith(b"PK\x03\x04"):
        return _office(content)
    if head.startswith(PROGRAMS):
        raise NotTaken("active")
    if head.startswith((*ARCHIVES, b"PK")) or content[257:262] == b"ustar":
        raise NotTaken("packed")
    return _text(content)


def _whole(good: bool, kind: str) -> str:
    if not good:
        raise NotTaken("broken")
    return kind


def _png_ends(content: bytes) -> int:
    """Where the last block ends; 0 when the blocks do not follow each other."""
    at = 8
    while at + 12 <= len(content):
        size, name = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        if at == 8 and (name, size) != (b"IHDR", 13):
            return 0
        at += 12 + size
        if name == b"IEND":
            return at
    return 0


def _gif_ends(content: bytes) -> int:
    """Where its last block ends; 0 when the blocks do not follow each other."""

    def table(flags: int) -> int:
        return 3 << (flags & 7) + 1 if flags & 0x80 else 0

    def past_blocks(at: int) -> int:
        while content[at]:
            at += 1 + content[at]
        return at + 1

    try:
        at = 13 + table(content[10])
        while content[at] != 0x3B:
            if content[at] == 0x21:
                at = past_blocks(at + 2)
            elif content[at] == 0x2C:
                at = past_blocks(at + 11 + table(content[at + 9]))
            else:
                return 0
        return at + 1
    except IndexError:
        return 0


def _pdf(content: bytes) -> str:
    # A name may be written with its signs in hexadecimal; what is packed inside a stream nobody sees here.
    plain = re.sub(rb"#([0-9A-Fa-f]{2})", lambda found: bytes([int(found[1], 16)]), content)
    if ACTIVE_PDF.search(plain):
        raise NotTaken("active")
    return _whole(re.match(rb"%PDF-[12]\.\d", content) is not None and b"%%EOF" in content[-2048:], "pdf")


def _film(content: bytes) -> str:
    """By its brand, when its boxes fill it to the last byte."""
    at = 0
    while at + 8 <= len(content):
        size = int.from_bytes(content[at : at + 4])
        if size == 1 and at + 16 <= len(content):
            size = int.from_bytes(content[at + 8 : at + 16])
        elif size == 0:
            size = len(content) - at
        if size < 8:
            break
        at += size
    brand = content[8:12]
    kind = (
        "heic" if brand in (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
        else "m4a" if brand in (b"M4A ", b"M4B ")
        else "mp4" if brand in (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ",
                                b"3gp4", b"3gp5", b"dash", b"MSNV")
        else ""
    )  # fmt: skip
    if not kind:
        raise NotTaken("kind")
    return _whole(at == len(content), kind)


def _is_mp3(content: bytes) -> bool:
    at = 0
    if content.startswith(b"ID3"):
        if len(content) < 10 or any(sign & 0x80 for sign in content[6:10]):
            return False
        at = 10 + sum(sign << shift for sign, shift in zip(content[6:10], (21, 14, 7, 0), strict=True))
        while at < len(content) and content[at] == 0:
            at += 1
    head = content[at : at + 4]
    return (
        len(head) == 4 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2
        and head[2] >> 4 not in (0, 15) and head[2] >> 2 & 3 != 3
    )  # fmt: skip


def _office(content: bytes) -> str:
    """A packed document with the right parts, nothing that runs, nothing that explodes; never unpacked as a whole."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
            names = [part.filename for part in parts]
            if len(parts) > PARTS or len(names) != len(set(names)) or any(part.flag_bits & 1 for part in parts):
                raise NotTaken("packed")
            if sum(part.file_size for part in parts) > UNPACKED or any(
                part.file_size > 1024 * 1024 and part.file_size > RATIO * max(part.compress_size, 1) for part in parts
            ):
                raise NotTaken("packed")
            kind = "docx" if "word/document.xml" in names else "xlsx" if "xl/workbook.xml" in names else ""
            if "[Content_Types].xml" not in names or not kind:
                raise NotTaken("packed")
            lowered = [name.lower() for name in names]
            if any(re.search(r"vbaproject|vbadata|\.bin$|activex|macrosheets|oleobject|embeddings/|customui", name)
                   and "printersettings" not in name for name in lowered):  # fmt: skip
                raise NotTaken("active")
            with packed.open("[Content_Types].xml") as file:
                types = file.read(1024 * 1024).lower()
            if b"macroenabled" in types or b"vbaproject" in types or b"activex" in types:
                raise NotTaken("active")
            for name in names:
                # A template from elsewhere is a program from elsewhere.
                if name.endswith(".rels"):
                    with packed.open(name) as file:
                        links = file.read(1024 * 1024)
                    if re.search(rb'relationships/(?:attachedTemplate|oleObject|frame|subDocument)"', links) and (
                        b'"External"' in links
                    ):
                        raise NotTaken("active")
            begins = min(part.header_offset for part in parts)
            ends = content.rfind(b"PK\x05\x06")
            whole = ends + 22 + int.from_bytes(content[ends + 20 : ends + 22], "little")
            if any(not name or name.startswith(("/", "\\")) or ".." in name or "\x00" in name for name in names):
                raise NotTaken("packed")
            return _whole(begins == 0 and whole == len(content), kind)
    except NotTaken:
        raise
    except Exception:  # noqa: BLE001 — whatever a reader of archives trips over, the file is not taken
        raise NotTaken("broken") from None


def _ends_as_archive(content: bytes) -> bool:
    """Whether somebody who reads from the end finds an archive there."""
    ends = content.rfind(b"PK\x05\x06", max(0, len(content) - 65_557))
    if ends < 0 or len(content) - ends < 22:
        return False
    return ends + 22 + int.from_bytes(content[ends + 20 : ends + 22], "little") == len(content) or (
        content.rfind(b"PK\x01\x02", 0, ends) >= 0
    )


def _text(content: bytes) -> str:
    """Words in UTF-8, or in GB 18030 as older programs write them; nothing that a browser or a shell would run."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise NotTaken("kind")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError:
            raise NotTaken("kind") from None
        # Chance is good at Chinese characters: what is no text holds signs nobody writes.
        if sum(sign in "\t\n\r" or sign.isprintable() for sign in text) < len(text):
            raise NotTaken("kind") from None
    if any((ord(sign) < 32 and sign not in "\t\n\r\f") or sign == "\x7f" for sign in text):
        raise NotTaken("kind")
    if MARKUP.search(content) or text.lstrip().startswith(("#!", "<")):
        raise NotTaken("active")
    return "txt"
