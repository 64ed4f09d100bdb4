#!/usr/bin/env python
"""Run one of ArtGen's commands: `python manage.py help` lists them."""

import gc
import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "artgen.settings")
    try:
        execute_from_command_line(sys.argv)
    finally:
        # Else Python ends with a third of a second's search for garbage in all that is loaded
        gc.freeze()
