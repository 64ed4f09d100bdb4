"""`secret_paths`: write nginx/secret_paths.txt from the URL configuration."""

from typing import Any

from django.urls import get_resolver

from artgen import secret_paths
from artgen.management.base import BaseCommand
from artgen.observability.redaction import SECRET_PATHS


class Command(BaseCommand):
    """Write the file from which all logs are redacted."""

    help = (
        "Writes nginx/secret_paths.txt, from which secrets in paths are redacted in all logs. Run "
        "it after a route with a secret parameter was added or changed."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file and print its lines."""
        lines = secret_paths.prefixes(get_resolver().url_patterns)
        SECRET_PATHS.write_text("".join(f"{line}\n" for line in lines))
        self.stdout.write("\n".join(lines))
