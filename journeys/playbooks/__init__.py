"""Playbooks: drafting and publishing, taking people in, moving them on, counting."""

from journeys.playbooks.drafting import draft_of, make, pause, publish, resume, retire
from journeys.playbooks.enrolling import came_into, enrol
from journeys.playbooks.news import heard_of
from journeys.playbooks.walking import advance

__all__ = [
    "advance", "came_into", "draft_of", "enrol", "heard_of", "make", "pause", "publish", "resume", "retire",
]  # fmt: skip
