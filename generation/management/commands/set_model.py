"""`set_model SLUG field=value…`: change a model."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, no_translations
from django.db import models

from artgen.management.base import BaseCommand
from generation.jobs.budgets import budget_changes
from generation.management.text_table import counted
from generation.models import ImageModel, endpoints

FIELDS = {
    field.name: field
    for field in ImageModel._meta.concrete_fields
    if not field.primary_key and field.editable
} | {field.name: field for field in endpoints.settings_fields()}


class Command(BaseCommand):
    help = (
        "Changes a model, for example: set_model flux-dev max_in_flight=2 enabled=false "
        "'price={\"per_image\": 3}' workflow=@graph.json. Fields: " + ", ".join(FIELDS) + "."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("changes", nargs="+", metavar="field=value")

    @no_translations
    def handle(self, *args: object, slug: str, changes: list[str], **options: object) -> None:
        """Change all fields or none; raise CommandError for invalid values."""
        model = ImageModel.objects.filter(slug=slug).first()
        if model is None:
            slugs = ", ".join(
                ImageModel.objects.order_by("position", "slug").values_list("slug", flat=True)
            )
            raise CommandError(
                f"Unknown model {slug!r}. Models: {slugs or 'none, run load_catalog'}."
            )
        before: dict[str, Any] = {}
        for change in changes:
            name, value = _parsed(change)
            owner = model.owner_of(name)
            before.setdefault(name, getattr(owner, name))
            setattr(owner, name, value)
        try:
            model.full_clean()
        except ValidationError as error:
            raise CommandError(
                "\n".join(
                    f"{name}: {' '.join(texts)}" for name, texts in error.message_dict.items()
                )
            ) from error
        model.save_values(before)
        budget_changes.reconsider(too_dear_at=model)
        for name, old in before.items():
            new = getattr(model.owner_of(name), name)
            self.stdout.write(
                f"{name}: {_shown(old)}" + (" (unchanged)" if new == old else f" → {_shown(new)}")
            )
        under_way = model.jobs.active().count()
        if under_way:
            self.stdout.write(
                f"{counted(under_way, 'job')} in progress; existing jobs keep their settings."
            )


def _parsed(change: str) -> tuple[str, Any]:
    name, equals, text = change.partition("=")
    field = FIELDS.get(name)
    if not equals or field is None:
        raise CommandError(
            f"{change!r}: use field=value with one of the fields {', '.join(FIELDS)}."
        )
    if text.startswith("@"):
        try:
            text = Path(text[1:]).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            raise CommandError(f"{name}: {error}") from error
    return name, _typed(name, field, text)


def _typed(name: str, field: "models.Field[Any, Any]", text: str) -> Any:
    if not text and not isinstance(field, models.CharField | models.TextField):
        return None
    if isinstance(field, models.JSONField | models.BooleanField):
        try:
            return json.loads(text)
        except ValueError as error:
            raise CommandError(f"{name}: not valid JSON: {error}") from error
    try:
        return field.to_python(text)
    except ValidationError as error:
        raise CommandError(f"{name}: {' '.join(error.messages)}") from error


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
