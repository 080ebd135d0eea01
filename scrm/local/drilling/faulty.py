"""Start a process of the drill's house, with the fault that its environment names: `web PORT` or `worker`."""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scrm.settings")

import django

django.setup()

from scrm.local.drilling.faults import plant_here  # noqa: E402 — the product is set up first


def main() -> None:
    plant_here()
    if sys.argv[1] == "web":
        from scrm.local import web

        sys.argv = [sys.argv[0], "--port", sys.argv[2]]
        web.main()
    else:
        from scrm.local.drilling.chores import keep_at_it

        keep_at_it()


if __name__ == "__main__":
    main()
