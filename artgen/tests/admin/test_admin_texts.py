"""Texts of Django's admin that are translated here are still those that it shows."""

from pathlib import Path

from django.contrib import admin

from artgen.admin.third_party_texts import DJANGO_TEXTS


def test_django_has_each_text() -> None:
    source = (Path(admin.__file__).parent / "options.py").read_text()
    words = " ".join(source.replace('"', " ").split())
    assert [text for text in DJANGO_TEXTS if text not in words] == []
