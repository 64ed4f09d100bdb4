"""`load_catalog [FILE]`: put the models on offer and the styles into the database."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, no_translations
from django.db import models, transaction

from generation.catalog import CATALOG_FILE, read_catalog
from generation.models import ImageModel, Style


class Command(BaseCommand):
    """Add what is missing; with --overwrite also make what is there equal to the file."""

    help = "Loads the models on offer and the styles from a catalog file. What staff have edited is kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take FILE and --overwrite."""
        parser.add_argument("file", nargs="?", type=Path, default=CATALOG_FILE)
        parser.add_argument("--overwrite", action="store_true", help="also change rows that are there already")

    @no_translations
    def handle(self, *args: Any, file: Path, overwrite: bool, **options: Any) -> None:
        """Load all of the file or nothing."""
        try:
            tables = read_catalog(file)
        except (OSError, ValueError) as error:
            raise CommandError(f"{file}: {error}") from error
        with transaction.atomic():
            for kind, name in ((ImageModel, "models"), (Style, "styles")):
                counts = {"added": 0, "changed": 0, "kept": 0}
                for position, table in enumerate(tables[name]):
                    counts[self._load(kind, {"position": position, **table}, overwrite=overwrite)] += 1
                self.stdout.write(f"{name}: " + ", ".join(f"{count} {what}" for what, count in counts.items()))

    def _load(self, kind: type[models.Model], table: dict[str, Any], *, overwrite: bool) -> str:
        unknown = set(table) - {field.name for field in kind._meta.fields}
        if unknown:
            raise CommandError(f"{table.get('slug')}: unknown field {sorted(unknown)[0]!r}")
        row = kind._default_manager.filter(slug=table.get("slug")).first()
        if row is not None and not overwrite:
            return "kept"
        fresh = row is None
        row = row or kind()
        for field, value in table.items():
            setattr(row, field, value)
        try:
            row.full_clean()
        except ValidationError as error:
            raise CommandError(f"{table.get('slug')}: {error.message_dict}") from error
        row.save()
        return "added" if fresh else "changed"
