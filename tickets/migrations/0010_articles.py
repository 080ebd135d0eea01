import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import scrm.kernel.words


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0021_records"),
        ("tickets", "0005_translations"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Article",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=60, unique=True, verbose_name="code")),
                ("review_by", models.DateField(verbose_name="to be looked at again by")),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "made_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "article",
                "verbose_name_plural": "articles",
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="ArticleVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("title", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words, verbose_name="title")),
                ("body", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words, verbose_name="text")),
                ("product", models.CharField(blank=True, max_length=60)),
                (
                    "audience",
                    models.CharField(
                        choices=[("public", "Everybody"), ("staff", "Colleagues")], default="staff", max_length=6
                    ),
                ),
                ("video", models.CharField(blank=True, max_length=300)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("submitted", "Waits for a second person"),
                            ("live", "In use"),
                            ("retired", "Out of use"),
                            ("replaced", "Draft written anew"),
                        ],
                        default="draft",
                        max_length=9,
                    ),
                ),
                ("written_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("submitted_at", models.DateTimeField(null=True)),
                ("approved_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("helped", models.PositiveIntegerField(default=0)),
                ("not_helped", models.PositiveIntegerField(default=0)),
                (
                    "approved_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "article",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="tickets.article",
                    ),
                ),
                (
                    "scene",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.scene",
                    ),
                ),
                (
                    "topic",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.topic",
                    ),
                ),
                (
                    "written_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "version of an article",
                "verbose_name_plural": "versions of articles",
                "ordering": ["article", "-number"],
                "indexes": [
                    models.Index(fields=["state", "-written_at", "-id"], name="article_list"),
                    models.Index(condition=models.Q(("state", "live")), fields=["topic"], name="article_topic"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("article", "number"), name="article_version_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "live")), fields=("article",), name="article_live_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("draft", "submitted"))),
                        fields=("article",),
                        name="article_open_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "live"), _negated=True),
                            models.Q(("approved_at__isnull", False), ("approved_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="article_approval_has_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("approved_by", None),
                            models.Q(("approved_by", models.F("written_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="article_approved_by_second",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("video", ""), ("video__startswith", "https://"), _connector="OR"),
                        name="article_video_safe",
                    ),
                ],
            },
        ),
    ]
