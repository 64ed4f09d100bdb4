import io
import os
from datetime import timedelta
from unittest import skipUnless
from urllib.parse import urlsplit
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils import timezone

from artgen.test import EmulatorTestCase, catch_up
from generation.files import storage, uploads
from generation.jobs import driver
from generation.models import Image, Job, Status, Upload


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


class StorageTestCase(EmulatorTestCase):
    def draw(self) -> Image:
        job = self.place()
        driver.submit("flux-schnell")
        self.emulator.advance(10)
        catch_up()
        return Image.objects.get(job=job)

    def upload(self, image: Image) -> Upload:
        return uploads.keep(user=self.alice, data=storage.read(image.key))

    def differences(self, *arguments: str) -> list[str]:
        """Return the lines of a verify_storage that fails."""
        out = io.StringIO()
        with self.assertRaises(CommandError):
            call_command("verify_storage", *arguments, stdout=out)
        return out.getvalue().splitlines()


class VerifyTests(StorageTestCase):
    def test_it_finds_everything_in_place(self) -> None:
        self.assertEqual(run("verify_storage"), "0 files verified.\n")
        self.upload(self.draw())
        for arguments in ([], ["--deep"]):
            self.assertEqual(run("verify_storage", *arguments), "3 files verified.\n")

    def test_it_names_what_is_missing(self) -> None:
        image = self.draw()
        upload = self.upload(image)
        for key in (image.key, image.thumbnail_key, upload.key):
            storage.delete(key)
        lines = self.differences()
        self.assertEqual(
            [line.split()[:2] for line in lines],
            [["missing", image.key], ["missing", image.thumbnail_key], ["missing", upload.key]],
        )
        self.assertIn(f"image {image.id}", lines[0])

    def test_it_names_files_of_another_size(self) -> None:
        image = self.draw()
        storage.save(image.key, b"short", content_type="image/png")
        storage.save(image.thumbnail_key, b"", content_type="image/webp")
        self.assertEqual(
            [line.split()[:2] for line in self.differences()],
            [["size", image.key], ["size", image.thumbnail_key]],
        )

    def test_it_finds_changed_bytes_only_when_it_reads_them(self) -> None:
        image = self.draw()
        data = bytearray(storage.read(image.key))
        data[-20] ^= 1
        storage.save(image.key, bytes(data), content_type="image/png")
        self.assertEqual(run("verify_storage"), "2 files verified.\n")
        [line] = self.differences("--deep")
        self.assertEqual(line.split()[:2], ["sha256", image.key])
        self.assertIn(image.sha256, line)

    def test_it_finds_files_without_a_row_and_removes_them_when_told(self) -> None:
        image = self.draw()
        orphans = [
            f"images/{self.alice.id}/{uuid4()}-0.png",
            f"thumbnails/{self.alice.id}/stray.webp",
            f"uploads/{uuid4()}/x.png",
        ]
        for key in orphans:
            storage.save(key, b"1", content_type="image/png")
        self.assertEqual(
            [line.split()[:2] for line in self.differences()], [["orphan", key] for key in orphans]
        )
        self.assertIn("3 orphans removed.", run("verify_storage", "--delete-orphans"))
        self.assertEqual(run("verify_storage"), "2 files verified.\n")
        self.assertTrue(storage.read(image.key))

    def test_it_leaves_files_alone_whose_job_is_still_being_stored(self) -> None:
        job = self.place()
        Job.objects.filter(id=job.id).update(status=Status.STORING)
        key = storage.image_key(
            user_id=self.alice.id, job_id=job.id, position=0, content_type="image/png"
        )
        storage.save(key, b"1", content_type="image/png")
        run("verify_storage", "--delete-orphans")
        self.assertEqual(storage.read(key), b"1")


class PurgeTests(StorageTestCase):
    def test_it_removes_only_what_was_trashed_long_enough_ago(self) -> None:
        old, young, kept = self.draw(), self.draw(), self.draw()
        now = timezone.now()
        Image.objects.filter(id=old.id).update(trashed_at=now - timedelta(days=8))
        Image.objects.filter(id=young.id).update(trashed_at=now - timedelta(days=6))
        Image.objects.update(created_at=now - timedelta(days=100))
        self.assertTrue(
            run("purge_images", "--older-than", "7", "--dry-run").startswith(
                "Would remove 1 picture, "
            )
        )
        self.assertEqual(Image.objects.count(), 3)
        self.assertEqual(run("purge_images", "--older-than", "7"), "1 picture removed.\n")
        self.assertEqual(set(Image.objects.values_list("id", flat=True)), {young.id, kept.id})
        with self.assertRaises(FileNotFoundError):
            storage.read(old.key)
        self.assertEqual(run("verify_storage"), "4 files verified.\n")

    def test_it_wants_days(self) -> None:
        for wrong in ([], ["--older-than", "-1"], ["--older-than", "soon"]):
            with self.assertRaises(CommandError):
                run("purge_images", *wrong)


@pytest.mark.s3
@skipUnless(os.environ.get("TEST_S3_URL"), "needs an S3 server")
class BucketTests(StorageTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.enterContext(bucket_settings())

    def test_it_compares_with_a_real_bucket(self) -> None:
        image = self.draw()
        self.assertEqual(run("verify_storage", "--deep"), "2 files verified.\n")
        storage.delete(image.key)
        orphan = f"images/{self.alice.id}/{uuid4()}-0.png"
        storage.save(orphan, b"1", content_type="image/png")
        self.assertEqual(
            [line.split()[:2] for line in self.differences()],
            [["missing", image.key], ["orphan", orphan]],
        )


def bucket_settings(**changes: object) -> override_settings:
    """Return settings with a new bucket on the test's S3 server."""
    url = urlsplit(os.environ["TEST_S3_URL"])
    endpoint, bucket = f"http://{url.hostname}:{url.port}", f"test-{uuid4()}"
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="ru-central1",
        aws_access_key_id=url.username,
        aws_secret_access_key=url.password,
    )
    client.create_bucket(Bucket=bucket)
    options = {
        "bucket_name": bucket,
        "endpoint_url": endpoint,
        "region_name": "ru-central1",
        "access_key": url.username,
        "secret_key": url.password,
        "default_acl": None,
        "file_overwrite": True,
        "client_config": Config(
            signature_version="s3v4",
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
        **changes,
    }
    return override_settings(
        S3_BUCKET=bucket,
        S3_ENDPOINT_URL=endpoint,
        STORAGES={
            "default": {"BACKEND": "generation.files.bucket.BucketStorage", "OPTIONS": options},
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        },
    )
