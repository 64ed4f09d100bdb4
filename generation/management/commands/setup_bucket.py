"""`setup_bucket`: prepare the bucket; can be run again at any time."""

from django.conf import settings
from django.core.management.base import CommandError

from artgen.management.base import BaseCommand
from generation.files.bucket_setup import BucketIsPublicError, set_up


class Command(BaseCommand):
    help = (
        "Creates S3_BUCKET if needed, makes it private; warns about settings "
        "that must be configured manually. Exit status 1 only if images can be "
        "read without a key."
    )
    requires_system_checks = []

    def handle(self, *args: object, **options: object) -> None:
        if not settings.S3_BUCKET:
            self.stdout.write(
                f"S3_BUCKET is not set: images are files below {settings.MEDIA_ROOT}."
            )
            return
        warnings = 0
        try:
            for step in set_up():
                if step.is_warning:
                    warnings += 1
                    self.stderr.write(f"WARNING: {step.text}", self.style.WARNING)
                else:
                    self.stdout.write(step.text)
        except BucketIsPublicError as trouble:
            raise CommandError(str(trouble)) from trouble
        if warnings:
            self.stderr.write(
                f"Warnings about the bucket: {warnings}. ArtGen starts anyway; `manage.py doctor` "
                "checks whether images can be stored. After a correction run "
                "`manage.py setup_bucket`.",
                self.style.WARNING,
            )
