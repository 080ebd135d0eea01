"""Keeping a coupon's draft as the builder says it."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from loyalty.models import CouponTemplate
from scrm.kernel.refusals import TransitionRefused
from staff.models import User


@transaction.atomic
def save_draft(template: CouponTemplate, *, by: User) -> CouponTemplate:
    """Raises TransitionRefused when it is no draft any more, or another has its code."""
    if template.pk:
        now = CouponTemplate.objects.select_for_update().get(pk=template.pk)
        if now.state != CouponTemplate.State.DRAFT:
            raise TransitionRefused(_("This coupon is in another state by now. Look again."))
    template.made_by = template.made_by or by
    try:
        with transaction.atomic():
            template.save()
    except IntegrityError:
        raise TransitionRefused(_("Another coupon has this code.")) from None
    return template
