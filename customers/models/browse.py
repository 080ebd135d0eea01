"""Raw clicks: narrow, partitioned by month, kept ninety days; each session becomes one line of the timeline."""

from django.db import models


class Browse(models.Model):
    """One page or action seen in a shop, app or site. The table is partitioned by `at` (see the migration)."""

    pk = models.CompositePrimaryKey("at", "id")
    id = models.BigIntegerField(editable=False)
    at = models.DateTimeField()
    customer_id = models.BigIntegerField(null=True)
    source = models.CharField(max_length=60)
    visitor = models.CharField(max_length=80, blank=True)
    session = models.CharField(max_length=80)
    kind = models.CharField(max_length=30)
    category = models.CharField(max_length=60, blank=True)
    product = models.CharField(max_length=60, blank=True)
    channel = models.CharField(max_length=10, blank=True)

    class Meta:
        managed = False
        db_table = "customers_browse"

    def __str__(self) -> str:
        return f"{self.kind} {self.at}"


class BrowseSession(models.Model):
    """One sitting of one visitor: kept when the clicks are gone."""

    customer = models.ForeignKey(
        "customers.Customer", null=True, on_delete=models.PROTECT, related_name="browse_sessions"
    )
    source = models.CharField(max_length=60)
    session = models.CharField(max_length=80)
    visitor = models.CharField(max_length=80, blank=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    channel = models.CharField(max_length=10, blank=True)
    counts = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "session"], name="browse_session_once")]

    def __str__(self) -> str:
        return f"{self.session} {self.started_at}"
