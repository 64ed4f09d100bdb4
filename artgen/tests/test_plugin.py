"""The pytest plugin of the project."""

from django.conf import settings

from artgen.testing.plugin import SLOW_FILES


def test_it_names_existing_files():
    assert [file for file in SLOW_FILES if not (settings.BASE_DIR / file).is_file()] == []
