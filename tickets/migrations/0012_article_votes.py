import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0011_article_guards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ArticleVote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("helped", models.BooleanField()),
                ("visitor", models.CharField(blank=True, max_length=64)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.ticket",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="votes",
                        to="tickets.articleversion",
                    ),
                ),
            ],
            options={
                "verbose_name": "answer to “did this help”",
                "verbose_name_plural": "answers to “did this help”",
                "indexes": [
                    models.Index(
                        condition=models.Q(("ticket", None), _negated=True), fields=["ticket"], name="vote_ticket"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ticket", None), _negated=True),
                        fields=("version", "ticket"),
                        name="vote_once_a_case",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("visitor", ""), _negated=True),
                        fields=("version", "visitor"),
                        name="vote_once_a_visit",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("by__isnull", False), ("ticket__isnull", False), ("visitor", "")),
                            models.Q(("by", None), ("ticket", None), models.Q(("visitor", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="vote_of_case_or_visit",
                    ),
                ],
            },
        ),
    ]
