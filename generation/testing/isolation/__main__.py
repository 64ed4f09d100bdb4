"""Print how many requests the isolation suite tries; needs no database."""

import os
import sys

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "artgen.settings")
    django.setup()
    from generation.testing.isolation.counts import counts

    sys.stdout.write(f"{counts()}\n")
