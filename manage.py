#!/usr/bin/env python
"""The one command of this project."""

import os
import sys

# These bring up services themselves, or need none.
WITHOUT_SERVICES = {"up", "down", "help", "--help", "--version", "collectstatic", "makemessages", "compilemessages",
                    "diffsettings", "words", "restore"}  # fmt: skip


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scrm.settings")
    from scrm.local import services
    from scrm.local.trouble import Trouble

    try:
        if len(sys.argv) > 1 and sys.argv[1] not in WITHOUT_SERVICES:
            services.ensure()
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)
    except Trouble as trouble:
        sys.exit(f"scrm: {trouble}")


if __name__ == "__main__":
    main()
