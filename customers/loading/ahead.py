"""Reading ahead: the next rows are read and mapped while the database writes those before."""

from collections.abc import Generator, Iterator
from itertools import islice
from queue import Full, Queue
from threading import Event, Thread
from typing import TypeVar

from django.db import connections
from django.utils import translation

T = TypeVar("T")
CHUNK = 500


def ahead(items: Iterator[T], *, most: int) -> Generator[T, None, None]:
    """The same items, taken by a second thread, which is at most about `most` of them ahead of the first.

    What goes wrong there is raised here, in its place; when this generator is closed the thread ends.
    """
    waiting: Queue[list[T] | BaseException] = Queue(max(most // CHUNK, 1))
    left, language = Event(), translation.get_language()

    def hand(over: list[T] | BaseException) -> None:
        while not left.is_set():
            try:
                return waiting.put(over, timeout=0.2)
            except Full:
                continue

    def take() -> None:
        try:
            with translation.override(language):
                while not left.is_set():
                    some = list(islice(items, CHUNK))
                    hand(some)
                    if not some:
                        return
        except BaseException as error:  # noqa: BLE001 — raised by the other thread
            hand(error)
        finally:
            connections.close_all()  # this thread's own, should a row have asked the database

    thread = Thread(target=take, name="load ahead", daemon=True)
    thread.start()
    try:
        while some := waiting.get():
            if isinstance(some, BaseException):
                raise some
            yield from some
    finally:
        left.set()
        thread.join()
