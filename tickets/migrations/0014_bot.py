import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import scrm.kernel.words


class Migration(migrations.Migration):
    dependencies = [
        ("tickets", "0013_article_from_case"),
        ("touchpoints", "0031_touchmap"),
    ]

    operations = [
        migrations.CreateModel(
            name="BotRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=40, unique=True, verbose_name="code")),
                (
                    "words",
                    models.JSONField(
                        default=list,
                        help_text="A list of words; the rule most of whose words stand in a message answers it.",
                        verbose_name="words that trigger it",
                    ),
                ),
                (
                    "answer",
                    scrm.kernel.words.WordsField(blank=True, default=scrm.kernel.words.Words, verbose_name="answer"),
                ),
                (
                    "lookup",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "nothing"),
                            ("points", "points"),
                            ("order", "state of the last order"),
                            ("account", "level"),
                        ],
                        default="",
                        max_length=7,
                        verbose_name="looks up",
                    ),
                ),
                ("place", models.PositiveSmallIntegerField(default=50, verbose_name="place")),
                ("used", models.BooleanField(default=True, verbose_name="answers by itself")),
                (
                    "article",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.article",
                        verbose_name="article",
                    ),
                ),
                (
                    "topic",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tickets.topic",
                        verbose_name="topic",
                    ),
                ),
            ],
            options={
                "verbose_name": "rule of the bot",
                "verbose_name_plural": "rules of the bot",
                "ordering": ["place", "code"],
            },
        ),
        migrations.CreateModel(
            name="BotTurn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("matched", models.JSONField(default=list)),
                (
                    "did",
                    models.CharField(
                        choices=[
                            ("answered", "Answered"),
                            ("handed_over", "Handed to a person"),
                            ("silent", "Said nothing"),
                        ],
                        max_length=11,
                    ),
                ),
                (
                    "because",
                    models.CharField(
                        choices=[
                            ("rule", "a rule fits"),
                            ("asked", "a person was asked for"),
                            ("spent", "as much as may be was said automatically"),
                            ("person", "a person has answered already"),
                            ("passed_on", "the case was handed over before"),
                            ("risk", "it touches safety or law"),
                            ("no_rule", "no rule fits"),
                            ("said", "the rule has answered in this case before"),
                            ("refused", "nothing can be sent here"),
                        ],
                        max_length=9,
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "answer",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="touchpoints.message",
                    ),
                ),
                (
                    "message",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="bot_turn", to="touchpoints.message"
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="turns",
                        to="tickets.botrule",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bot_turns",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "verbose_name": "turn of the bot",
                "verbose_name_plural": "turns of the bot",
            },
        ),
        migrations.AddConstraint(
            model_name="botrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answer", {}), _negated=True),
                    ("article__isnull", False),
                    models.Q(("lookup", ""), _negated=True),
                    _connector="OR",
                ),
                name="bot_rule_says_something",
            ),
        ),
        migrations.AddIndex(
            model_name="botturn",
            index=models.Index(fields=["ticket", "at"], name="bot_turn_ticket"),
        ),
        migrations.AddConstraint(
            model_name="botturn",
            constraint=models.UniqueConstraint(
                condition=models.Q(("did", "answered")), fields=("ticket", "rule"), name="bot_rule_once_a_case"
            ),
        ),
    ]
