"""`load_catalog [FILE]`: load models and styles into the database."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.management.base import CommandError, no_translations
from django.db import models, transaction

from artgen.environment import installation
from artgen.management.base import BaseCommand
from generation.catalog.catalog_file import CATALOG_FILE, read_catalog
from generation.jobs import clients
from generation.models import Endpoint, ImageModel, ProviderName, Style, endpoints


class Command(BaseCommand):
    help = (
        "Loads models and styles from a catalog file, those of providers without a key switched "
        "off. Existing rows are kept."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, default=CATALOG_FILE)
        parser.add_argument("--overwrite", action="store_true", help="also update existing rows")
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="check the file and print what would change, and rows that differ from it",
        )

    @no_translations
    def handle(
        self, *args: object, file: Path, overwrite: bool, dry_run: bool, **options: Any
    ) -> None:
        """Load the whole file or nothing."""
        try:
            tables = read_catalog(file)
        except (OSError, ValueError) as error:
            raise CommandError(f"{file}: {error}") from error
        self.missing: set[str] = set()
        with transaction.atomic():
            for kind, name in ((ImageModel, "models"), (Style, "styles")):
                if dry_run:
                    self._show_differences(kind, tables[name])
                counts = self._load(kind, tables[name], overwrite=overwrite)
                self._say(name, counts, dry_run=dry_run)
            if tables["endpoints"]:
                counts = self._load_endpoints(tables["endpoints"], overwrite=overwrite)
                self._say("further endpoints", counts, dry_run=dry_run)
            transaction.set_rollback(dry_run)
        if self.missing:
            self.stdout.write(
                f"Switched off without {', '.join(sorted(self.missing))}. With it: "
                f"{installation.current().command('check_catalog --switch-on')}"
            )

    def _say(self, name: str, counts: dict[str, int], *, dry_run: bool) -> None:
        text = ", ".join(f"{count} {what}" for what, count in counts.items())
        self.stdout.write(("Would load " if dry_run else "") + f"{name}: {text}")

    def _show_differences(
        self, kind: type[ImageModel] | type[Style], tables: list[dict[str, Any]]
    ) -> None:
        """Print each row that differs from the file: staff, or an earlier version, wrote it."""
        rows = {row.slug: row for row in kind._default_manager.all()}
        fields = [field for field in _fields(kind) if field.editable]
        for table in tables:
            if row := rows.get(table.get("slug", "")):
                values = {
                    field.name: table.get(field.name, field.get_default()) for field in fields
                }
                names = [
                    field.name
                    for field in fields
                    if field.name not in ("id", "position")
                    and getattr(_owner(row, field.name), field.name)
                    != field.to_python(values[field.name])
                ]
                if names:
                    self.stdout.write(f"{row.slug} differs in {', '.join(names)}")

    def _load(
        self, kind: type[ImageModel] | type[Style], tables: list[dict[str, Any]], *, overwrite: bool
    ) -> dict[str, int]:
        counts = {"added": 0, "changed": 0, "kept": 0}
        rows: dict[str | None, ImageModel | Style] = {
            row.slug: row for row in kind._default_manager.all()
        }
        fresh: list[Any] = []
        for position, table in enumerate(tables):
            slug = table.get("slug")
            unknown = set(table) - {field.name for field in _fields(kind)}
            if unknown:
                raise CommandError(f"{slug}: unknown field {sorted(unknown)[0]!r}")
            known = rows.get(slug)
            if known is not None and not overwrite:
                counts["kept"] += 1
                continue
            row = known or kind()
            for field, value in {"position": position, **table}.items():
                setattr(_owner(row, field), field, value)
            try:
                row.full_clean(validate_unique=False)  # slugs are checked above
            except ValidationError as error:
                raise CommandError(f"{slug}: {error.message_dict}") from error
            if known is None:
                counts["added"] += 1
                if isinstance(row, ImageModel):
                    row.enabled &= self._is_usable(row.endpoint)
                rows[slug] = row
                fresh.append(row)
                continue
            counts["changed"] += 1
            if row.pk:  # otherwise it is twice in the file and among the new rows
                row.save()
                if isinstance(row, ImageModel):
                    row.save_endpoint()
        kind._default_manager.bulk_create(fresh)
        if kind is ImageModel:
            Endpoint.objects.bulk_create([model.endpoint for model in fresh])
        return counts

    def _load_endpoints(self, tables: list[dict[str, Any]], *, overwrite: bool) -> dict[str, int]:
        """Load endpoints beside the first ones of their models, which may be of another file."""
        counts = {"added": 0, "changed": 0, "kept": 0}
        models = ImageModel.objects.in_bulk([table["model"] for table in tables], field_name="slug")
        for table in tables:
            model = models.get(table["model"])
            if model is None:
                self.stdout.write(
                    f"There is no model {table['model']}: its endpoints are left out."
                )
                continue
            values = {"provider": ProviderName.RUNPOD, **table, "model": model}
            place = {name: values.get(name) for name in ("provider", "endpoint_id")}
            known = model.endpoints.filter(**place).first()
            if known and not overwrite:
                counts["kept"] += 1
                continue
            try:
                row = known or Endpoint(model=model, preference=1)
                for name, value in values.items():
                    setattr(row, row._meta.get_field(name).name, value)
                row.full_clean()
                row.enabled &= known is not None or self._is_usable(row)
            except (FieldDoesNotExist, ValidationError) as error:
                raise CommandError(f"{model.slug}: {place['endpoint_id']}: {error}") from error
            row.save(update_fields=values if known else None)  # not what the engine writes
            counts["changed" if known else "added"] += 1
        return counts

    def _is_usable(self, endpoint: Endpoint) -> bool:
        """Return whether its provider is set up; note what is missing."""
        missing = clients.missing_settings(*endpoint.place)
        self.missing |= {*missing}
        return not missing


def _owner(row: ImageModel | Style, name: str) -> models.Model:
    return row.owner_of(name) if isinstance(row, ImageModel) else row


def _fields(kind: type[ImageModel] | type[Style]) -> "list[models.Field[Any, Any]]":
    return [*kind._meta.fields, *(endpoints.settings_fields() if kind is ImageModel else ())]
