"""What is bought together and how often things are bought again, as the nightly computation found it."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class ProductPair(models.Model):
    """Of the baskets with the left article, how many hold the right one too; articles by code, sizes together.

    `lift`: so many times what chance would give. `inside`: the same comparison made within each kind of store and put
    together (Mantel–Haenszel risk ratio); `inside_low` is the lower end of its 95 % interval. A pair that only looks
    like one because both are sold in the same kind of store has `inside_low` at 1 or below and does not hold.
    """

    left = models.CharField(max_length=60)
    right = models.CharField(max_length=60)
    baskets = models.PositiveIntegerField()  # with the left one
    together = models.PositiveIntegerField()
    lift = models.FloatField()
    inside = models.FloatField()
    inside_low = models.FloatField()
    as_of = models.DateField()

    class Meta:
        verbose_name, verbose_name_plural = _("pair of products"), _("pairs of products")
        constraints = [
            models.UniqueConstraint(fields=["left", "right"], name="product_pair_once"),
            models.CheckConstraint(
                condition=Q(together__gt=0) & Q(together__lte=F("baskets")), name="product_pair_counts"
            ),
        ]
        indexes = [models.Index(fields=["-together", "id"], name="product_pair_most")]

    def __str__(self) -> str:
        return f"{self.left} → {self.right}"

    @property
    def holds(self) -> bool:
        return self.inside_low > 1

    @property
    def share(self) -> float:
        return self.together / self.baskets


class ArticleFigure(models.Model):
    """How often an article is sold, and after how many days it is usually bought again: the median of people's own
    mean gaps, where enough of them are known."""

    article = models.CharField(max_length=60, unique=True)
    sold = models.PositiveIntegerField(default=0)  # baskets of the last four weeks
    gap = models.PositiveSmallIntegerField(null=True)  # days
    people = models.PositiveIntegerField(default=0)  # who bought it on three days or more
    buyers = models.PositiveIntegerField(default=0)
    as_of = models.DateField()

    class Meta:
        verbose_name, verbose_name_plural = _("figures of a product"), _("figures of products")
        indexes = [models.Index(fields=["-sold", "article"], name="article_figure_sold")]

    def __str__(self) -> str:
        return self.article
