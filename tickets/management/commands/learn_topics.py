"""Learn which words point to which topic (`learn_topics`), or measure it on a file (`--file rows.csv.gz`)."""

import csv
import gzip
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tickets import topic_lessons


class Command(BaseCommand):
    help = (
        "Learn from the first messages of cases that are done and have a topic. With a CSV file nothing is kept: "
        "it says how often the topic of a message that was left out of the learning is found."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--file", type=Path, help="CSV, also .gz, with a text and its topic")
        parser.add_argument("--text", default="text", help="column of the text")
        parser.add_argument("--topic", default="topic", help="column of the topic")
        parser.add_argument("--folds", type=int, default=topic_lessons.FOLDS)

    def handle(self, *args: Any, **given: Any) -> None:
        if given["file"] is None:
            lesson = topic_lessons.learn()
            if lesson is None:
                raise CommandError(f"Too few cases: {topic_lessons.FEWEST} that are done and have a topic are needed.")
            self.stdout.write(json.dumps({"cases": lesson.cases, "right": round(lesson.right, 4),
                "offered": round(lesson.offered, 4), "right_offered": round(lesson.right_offered, 4)}))  # fmt: skip
            return
        texts, topics = self._read(given["file"], given["text"], given["topic"])
        measured = topic_lessons.measure(texts, topics, folds=given["folds"])
        self.stdout.write(json.dumps({name: round(value, 4) for name, value in asdict(measured).items()}))

    def _read(self, path: Path, text: str, topic: str) -> tuple[list[str], list[str]]:
        opened = gzip.open if path.suffix == ".gz" else open
        try:
            with opened(path, "rt", encoding="utf-8", newline="") as file:
                rows = list(csv.DictReader(file))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise CommandError(f"This file cannot be read: {error}") from error
        if not rows or text not in rows[0] or topic not in rows[0]:
            raise CommandError(f"The columns “{text}” and “{topic}” are needed.")
        whole = [(row[text], row[topic]) for row in rows if row[text] and row[topic]]
        return [one for one, _topic in whole], [topic for _text, topic in whole]
