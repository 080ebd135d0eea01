"""Start a process of the drill's house, with the fault named last, if any: `web PORT [FAULT]` or `worker [FAULT]`."""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scrm.settings")

import django

django.setup()

from scrm.local.drilling.faults import FAULTS  # noqa: E402 — the product is set up first


def main() -> None:
    what, *more = sys.argv[1:]
    if more and more[-1] in FAULTS:
        FAULTS[more[-1]].patch()
    if what == "web":
        from scrm.local import web

        sys.argv = [sys.argv[0], "--port", more[0]]
        web.main()
    else:
        from scrm.local.drilling.chores import keep_at_it

        keep_at_it()


if __name__ == "__main__":
    main()
