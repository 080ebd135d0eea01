"""The people with names of their own."""

from datetime import date, datetime


def plant(end: date, moment: datetime) -> None: ...


def freshen(moment: datetime) -> None: ...
