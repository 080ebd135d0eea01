"""The authenticator: a device per person, shown once as a picture to scan."""

import io
from typing import TYPE_CHECKING

import qrcode
import qrcode.image.svg
from django.utils.safestring import SafeString, mark_safe
from django_otp.plugins.otp_totp.models import TOTPDevice

if TYPE_CHECKING:
    from staff.models import User


def unconfirmed_device(user: "User") -> TOTPDevice:
    device, _made = TOTPDevice.objects.get_or_create(user=user, confirmed=False, defaults={"name": "authenticator"})
    return device


def picture_of(address: str) -> SafeString:
    """An inline SVG of the QR code (made here from our own address: nothing of it is input)."""
    out = io.BytesIO()
    qrcode.make(address, image_factory=qrcode.image.svg.SvgPathImage, box_size=8).save(out)
    svg = out.getvalue().decode()
    return mark_safe(svg[svg.index("<svg") :])  # noqa: S308
