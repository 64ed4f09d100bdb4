#!/usr/bin/env python
"""Run one of ArtGen's commands: `python manage.py help` lists them."""

import gc
import os
import sys

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from artgen.environment import broken_settings


def main() -> None:
    """Run the command; say in one line what is wrong with the settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "artgen.settings")
    try:
        django.setup()  # loads them and configures logging
    except (ImproperlyConfigured, ValueError, OSError) as error:
        sys.exit(broken_settings.report(error, sys.argv))
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"ArtGen {settings.VERSION}\n")
        return
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    try:
        main()
    finally:
        # Else Python ends with a third of a second's search for garbage in all that is loaded
        gc.freeze()
