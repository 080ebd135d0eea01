"""Who an anonymous visitor of a site or app turned out to be."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer


class VisitorName(models.Model):
    """That a visitor signed in as a customer, once per source, visitor and moment."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="visitor_names", db_index=False)
    source = models.CharField(max_length=60)
    visitor = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("name of a visitor"), _("names of visitors")
        constraints = [models.UniqueConstraint(fields=["source", "visitor", "at"], name="visitor_name_once")]
        indexes = [models.Index(fields=["customer"], name="visitor_name_customer")]

    def __str__(self) -> str:
        return f"{self.visitor} {self.customer_id}"
