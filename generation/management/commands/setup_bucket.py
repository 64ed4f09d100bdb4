"""`setup_bucket`: prepare the bucket; safe to run again at any time."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from generation.files.bucket_setup import BucketIsPublicError, set_up


class Command(BaseCommand):
    """Create the bucket if need be, check that it is private, merge the lifecycle rules."""

    help = (
        "Creates S3_BUCKET if need be, makes it private and tidy; warns of what has to be set by hand. "
        "Exit status 1 only when images can be read without a key."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take --keep-old-versions."""
        parser.add_argument(
            "--keep-old-versions", action="store_true", help="what is deleted can be restored"
        )

    def handle(self, *args: Any, keep_old_versions: bool, **options: Any) -> None:
        """Do it; raises CommandError when images can be read without a key."""
        if not settings.S3_BUCKET:
            self.stdout.write(
                f"S3_BUCKET is not set: images are files below {settings.MEDIA_ROOT}."
            )
            return
        warnings = 0
        try:
            for step in set_up(keep_old_versions=keep_old_versions):
                if step.is_warning:
                    warnings += 1
                    self.stderr.write(f"WARNING: {step.text}", self.style.WARNING)
                else:
                    self.stdout.write(step.text)
        except BucketIsPublicError as trouble:
            raise CommandError(str(trouble)) from trouble
        if warnings:
            self.stderr.write(
                f"Warnings about the bucket: {warnings}. ArtGen starts anyway; `manage.py doctor` tells whether "
                "images can be stored. After a correction: `manage.py setup_bucket`.",
                self.style.WARNING,
            )
