"""`setup_bucket`: make the bucket ready, as often as wanted."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from generation.bucket import BucketTrouble, set_up


class Command(BaseCommand):
    """Create the bucket if need be, keep strangers out, set CORS and lifecycle."""

    help = "Makes S3_BUCKET exist, private, readable by ArtGen's pages and tidy; says what the store cannot do."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take --keep-old-versions and more origins."""
        parser.add_argument("--keep-old-versions", action="store_true", help="what is deleted can be brought back")
        parser.add_argument("--origin", action="append", default=[], help="besides PUBLIC_URL, may be repeated")

    def handle(self, *args: Any, keep_old_versions: bool, origin: list[str], **options: Any) -> None:
        """Do it; raises CommandError when pictures could not be stored or would be public."""
        if not settings.S3_BUCKET:
            self.stdout.write(f"S3_BUCKET is not set: pictures are files below {settings.MEDIA_ROOT}.")
            return
        try:
            for line in set_up(origins=[settings.PUBLIC_URL, *origin], keep_old_versions=keep_old_versions):
                self.stdout.write(line)
        except BucketTrouble as trouble:
            raise CommandError(str(trouble)) from trouble
