"""No test goes on in the language of the one before."""

import pytest
from django.conf import settings
from django.utils import translation


@pytest.mark.parametrize("left", ["en", "ru"])
def test_it_begins_in_the_language_of_the_site_whatever_the_last_test_left(left: str) -> None:
    assert translation.get_language() == settings.LANGUAGE_CODE
    translation.activate(left)
