"""A QR code as a picture in the page."""

import io

import qrcode
import qrcode.image.svg
from django.utils.safestring import SafeString, mark_safe


def picture_of(code: str) -> SafeString:
    """The QR code as inline SVG (of our own signs: a code of elsewhere is drawn as modules, never written out)."""
    out = io.BytesIO()
    qrcode.make(code, image_factory=qrcode.image.svg.SvgPathImage, box_size=8).save(out)
    svg = out.getvalue().decode()
    return mark_safe(svg[svg.index("<svg") :])  # noqa: S308
