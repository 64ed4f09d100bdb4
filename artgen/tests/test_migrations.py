"""The migrations make the tables that the models describe."""

from django.core.management import call_command
from django.test import TestCase


class MigrationsTests(TestCase):
    def test_none_is_missing(self):
        try:
            call_command("makemigrations", check=True, dry_run=True, verbosity=0)
        except SystemExit:
            self.fail("a model has changed: run `manage.py makemigrations`")
