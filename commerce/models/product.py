"""What is sold, and what stands in which store."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from scrm.kernel.words import WordsField
from staff.models import Store


class Category(models.Model):
    code = models.CharField(max_length=60, unique=True)
    name = WordsField()
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")

    class Meta:
        verbose_name, verbose_name_plural = _("category"), _("categories")
        ordering = ["code"]

    def __str__(self) -> str:
        return str(self.name) or self.code


class Product(models.Model):
    """One thing with its own code; `parent` is the code of the article it is a size or colour of."""

    class Kind(models.TextChoices):
        GOODS = "goods", _("Goods")
        SERVICE = "service", _("Service")
        FEE = "fee", _("Fee")
        GIFT_CARD = "gift_card", _("Gift card")
        ADJUSTMENT = "adjustment", _("Adjustment")

    code = models.CharField(max_length=60, unique=True)
    parent = models.CharField(max_length=60, blank=True, db_index=True)
    name = WordsField()
    category = models.ForeignKey(Category, null=True, blank=True, on_delete=models.PROTECT, related_name="products")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.GOODS)
    brand = models.CharField(max_length=80, blank=True)
    price = models.BigIntegerField(null=True, blank=True)
    size = models.CharField(max_length=40, blank=True)
    attributes = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("product"), _("products")
        ordering = ["code"]

    def __str__(self) -> str:
        return str(self.name) or self.code


class Stock(models.Model):
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="stock")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="stock")
    quantity = models.DecimalField(max_digits=14, decimal_places=3)
    counted_at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("stock"), _("stock")
        constraints = [models.UniqueConstraint(fields=["store", "product"], name="stock_once")]

    def __str__(self) -> str:
        return f"{self.product_id} at {self.store_id}: {self.quantity}"
