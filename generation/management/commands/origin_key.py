"""`origin_key create | show | install`: the key that signs images (ORIGIN_KEY)."""

from argparse import ArgumentParser
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from django.conf import settings
from django.core.management.base import CommandError

from artgen.management.base import BaseCommand
from generation.imaging import origin_key
from generation.imaging.origin_key import KeyInvalid


class Command(BaseCommand):
    help = "Prints a line ORIGIN_KEY=… for the settings, or shows the certificates of the one set."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="action", required=True)
        create = commands.add_parser("create", help="a new key with a self-signed chain")
        create.add_argument("--name", default=settings.PUBLIC_URL, help="the name of the signer")
        install = commands.add_parser("install", help="a key and certificates that you have")
        install.add_argument("files", nargs="+", type=Path, help="PEM: key, certificate, issuers")
        commands.add_parser("show", help="the certificates of ORIGIN_KEY, to publish them")

    def handle(self, *args: object, action: str, **options: object) -> None:
        try:
            if action == "show":
                self._show()
                return
            if action == "create":
                key = origin_key.create(str(options["name"])[:60])
            else:
                files: list[Path] = options["files"]  # type: ignore[assignment]
                key = origin_key.from_pem(b"\n".join(file.read_bytes() for file in files))
        except (KeyInvalid, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"ORIGIN_KEY={key.as_line()}")
        self.stderr.write(
            f"Put this line into the settings and keep it secret. Valid until {key.expires_at:%F}. "
            "With another key, files signed by the present one are not recognized any more."
        )

    def _show(self) -> None:
        key = origin_key.current()
        if key is None:
            raise CommandError("ORIGIN_KEY is not set: images are not signed.")
        for certificate in key.chain:
            self.stdout.write(
                f"{certificate.subject.rfc4514_string()}, until "
                f"{certificate.not_valid_after_utc:%F}, SHA-256 "
                f"{certificate.fingerprint(hashes.SHA256()).hex()}"
            )
        self.stdout.write(key.chain_pem.decode())
