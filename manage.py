#!/usr/bin/env python3
"""Django's manage.py, which on a bare machine first makes the environment that it needs (aidtracker/local)."""

import os
import sys
from pathlib import Path

LOCAL = Path(__file__).resolve().parent / "aidtracker" / "local"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aidtracker.settings")
    if LOCAL.is_dir():  # the image of a service leaves it out
        from aidtracker.local.commands import run

        sys.exit(run(sys.argv))
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
