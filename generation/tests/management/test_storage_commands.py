import io
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from generation.files import consistency, object_keys, storage, uploads
from generation.models import Image, Job, Status, Upload
from generation.testing.cases import EmulatorTestCase
from generation.testing.commands import run


class StorageTestCase(EmulatorTestCase):
    def upload(self, image: Image) -> Upload:
        return uploads.keep(user=self.alice, data=storage.read(image.key))

    def differences(self, *arguments: str) -> list[str]:
        """Return the lines of a verify_storage that fails."""
        out = io.StringIO()
        with pytest.raises(CommandError):
            call_command("verify_storage", *arguments, stdout=out)
        return out.getvalue().splitlines()


class TestVerify(StorageTestCase):
    def test_it_finds_everything_in_place(self) -> None:
        assert run("verify_storage") == "0 files verified.\n"
        self.upload(self.draw())
        for arguments in ([], ["--deep"]):
            assert run("verify_storage", *arguments) == "3 files verified.\n"

    def test_it_names_what_is_missing(self) -> None:
        image = self.draw()
        upload = self.upload(image)
        for key in (image.key, image.thumbnail_key, upload.key):
            storage.delete(key)
        lines = self.differences()
        assert [line.split()[:2] for line in lines] == [
            ["missing", image.key],
            ["missing", image.thumbnail_key],
            ["missing", upload.key],
        ]
        assert f"image {image.id}" in lines[0]

    def test_it_looks_again_for_the_first_missing_files_only(self) -> None:
        kept = self.upload(self.draw())
        uploads = Upload.objects.bulk_create(
            Upload(
                id=uuid4(), user=self.alice, key=f"uploads/missing-{n}", bytes=1, sha256=f"{n:064}",
                width=1, height=1, created_at=timezone.now(),
            )
            for n in range(consistency.CONFIRMED + 1)
        )  # fmt: skip
        differences = consistency.compare()
        found = [next(differences).key for _n in range(consistency.CONFIRMED)]
        (last,) = {upload.key for upload in uploads} - set(found)
        storage.save(last, b"x", content_type="image/png")
        assert [difference.key for difference in differences] == [last]
        assert kept.key not in found

    def test_it_names_files_of_another_size(self) -> None:
        image = self.draw()
        storage.save(image.key, b"short", content_type="image/png")
        storage.save(image.thumbnail_key, b"", content_type="image/webp")
        assert [line.split()[:2] for line in self.differences()] == [
            ["size", image.key],
            ["size", image.thumbnail_key],
        ]

    def test_it_finds_changed_bytes_only_when_it_reads_them(self) -> None:
        image = self.draw()
        data = bytearray(storage.read(image.key))
        data[-20] ^= 1
        storage.save(image.key, bytes(data), content_type="image/png")
        assert run("verify_storage") == "2 files verified.\n"
        [line] = self.differences("--deep")
        assert line.split()[:2] == ["sha256", image.key]
        assert image.sha256 in line

    def test_it_finds_files_without_a_row_and_removes_them_when_told(self) -> None:
        image = self.draw()
        orphans = [
            f"images/{self.alice.id}/{uuid4()}-0.png",
            f"thumbnails/{self.alice.id}/stray.webp",
            f"uploads/{uuid4()}/x.png",
        ]
        for key in orphans:
            storage.save(key, b"1", content_type="image/png")
        assert [line.split()[:2] for line in self.differences()] == [
            ["orphan", key] for key in orphans
        ]
        assert "3 orphans removed." in run("verify_storage", "--delete-orphans")
        assert run("verify_storage") == "2 files verified.\n"
        assert storage.read(image.key)

    def test_it_leaves_files_alone_whose_job_is_still_being_stored(self) -> None:
        job = self.place()
        Job.objects.filter(id=job.id).update(status=Status.STORING)
        key = object_keys.image_key(job_id=job.id, position=0, content_type="image/png")
        storage.save(key, b"1", content_type="image/png")
        run("verify_storage", "--delete-orphans")
        assert storage.read(key) == b"1"
