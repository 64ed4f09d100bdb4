"""The migrations make the tables that the models describe."""

import pytest
from django.core.management import call_command
from django.test import TestCase


class TestMigrations(TestCase):
    def test_it_finds_no_missing_migration(self):
        try:
            call_command("makemigrations", check=True, dry_run=True, verbosity=0)
        except SystemExit:
            pytest.fail("a model has changed: run `manage.py makemigrations`")
