"""Keys carry no user id; `rename_files` renames those of earlier versions while the site runs."""

import io
import os
from datetime import timedelta
from typing import Any
from unittest import skipUnless
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from artgen.testing.bucket import bucket_settings
from artgen.testing.cases import EmulatorTestCase, catch_up
from generation.files import consistency, renaming, storage, uploads
from generation.gallery import images, sharing
from generation.jobs import driver
from generation.models import Image, Upload


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("rename_files", *arguments, stdout=out)
    return out.getvalue()


def all_keys() -> set[str]:
    return {key for folder in storage.FOLDERS for key, _ in storage.listing(f"{folder}/")}


class RenamingTestCase(EmulatorTestCase):
    def draw(self) -> Image:
        job = self.place(width=1024, height=1024)
        driver.submit("flux-schnell")
        self.emulator.advance(30)
        catch_up()
        return Image.objects.get(job=job)

    def old_key(self, key: str) -> str:
        folder, _shelf, name = key.split("/")
        return f"{folder}/{self.alice.pk}/{name}"

    def make_old(self, row: Any) -> dict[str, str]:
        """Give the files of the row keys of earlier versions; return new keys by old ones."""
        fields = renaming.FIELDS[type(row)]
        keys = {field: key for field in fields if (key := getattr(row, field))}
        for key in keys.values():
            storage.copy(key, self.old_key(key))
            storage.delete(key)
        changed = {field: self.old_key(key) for field, key in keys.items()}
        type(row).objects.filter(pk=row.pk).update(**changed)
        row.refresh_from_db()
        return {self.old_key(key): key for key in keys.values()}

    def let_addresses_expire(self) -> None:
        self.enterContext(self.settings(URL_EXPIRY_SECONDS=-renaming.MARGIN.seconds - 1))


class TestKeys(RenamingTestCase):
    def test_no_new_key_has_the_id_of_a_user(self) -> None:
        image = self.draw()
        upload = uploads.keep(user=self.alice, data=storage.read(image.key))
        keys = [*image.keys, upload.key]
        assert len(keys) == 4
        assert set(keys) == all_keys()
        for key in keys:
            assert str(self.alice.pk) not in key
            assert not storage.names_user(key)
            assert storage.without_user(key) == key

    def test_no_address_that_a_stranger_sees_has_it(self) -> None:
        image = self.draw()
        shared = sharing.share_by_link(image, until=None, with_parameters=True, with_name=False)
        page = Client().get(reverse("shared", args=[shared.link_slug]))
        file = Client().get(reverse("shared_picture", args=[shared.link_slug]))
        assert str(image.job_id) in file["Location"], "the control: the key is in the address"
        assert str(self.alice.pk) not in page.content.decode() + file["Location"]

    def test_it_knows_the_keys_of_earlier_versions(self) -> None:
        user, file = uuid4(), uuid4()
        for folder, end in (
            ("images", "-0.png"),
            ("thumbnails", "-3-large.webp"),
            ("uploads", ".jpg"),
        ):
            old = f"{folder}/{user}/{file}{end}"
            assert storage.names_user(old)
            assert storage.without_user(old) == f"{folder}/{str(file)[-2:]}/{file}{end}"
        for key in (f"exports/{user}/{file}/1.zip", f"exports/{file}/1.zip", "probe", "images/x"):
            assert not storage.names_user(key)
            assert storage.without_user(key) == key


class RenameTestCase(RenamingTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.image = self.draw()
        self.upload = uploads.keep(user=self.alice, data=storage.read(self.image.key))
        self.fresh = self.draw()
        self.keys = self.make_old(self.image) | self.make_old(self.upload)
        assert len(self.keys) == 4

    def keys_of_rows(self) -> set[str]:
        rows = [*Image.objects.exclude(pk=self.fresh.pk), *Upload.objects.all()]
        return {getattr(row, name) for row in rows for name in renaming.FIELDS[type(row)]}


class TestRename(RenameTestCase):
    def test_files_with_old_keys_work(self) -> None:
        page = Client()
        page.force_login(self.alice)
        assert page.get(reverse("image", args=[self.image.pk])).status_code == 200
        assert page.get(storage.url(self.image.key)).status_code == 200
        assert list(consistency.compare(deep=True)) == []

    def test_it_copies_first_and_removes_when_no_address_is_valid(self) -> None:
        address = storage.url(self.image.key)
        out = run()
        assert "Renamed the files of 2 rows." in out
        assert "Removed 0 old files." in out
        assert "4 old files kept" in out
        assert self.keys_of_rows() == set(self.keys.values())
        assert set(self.keys) < all_keys()
        assert Client().get(address).status_code == 200
        assert list(consistency.compare(deep=True)) == []

        self.let_addresses_expire()
        assert run() == "Renamed the files of 0 rows.\nRemoved 4 old files.\n"
        assert not set(self.keys) & all_keys()
        assert list(consistency.compare(deep=True)) == []
        assert run() == "Renamed the files of 0 rows.\nRemoved 0 old files.\n"

    def test_a_dry_run_changes_nothing(self) -> None:
        before = all_keys()
        assert run("--dry-run").splitlines() == [
            "Would rename the files of 2 rows.",
            "Would remove 0 old files.",
        ]
        assert (all_keys(), self.keys_of_rows()) == (before, set(self.keys))
        run()
        self.let_addresses_expire()
        before = all_keys()
        assert "Would remove 4 old files." in run("--dry-run")
        assert all_keys() == before

    def test_it_goes_on_after_an_interruption(self) -> None:
        copied, half = list(self.keys)[:2]
        storage.copy(copied, self.keys[copied])
        storage.save(self.keys[half], b"half", content_type="image/png")
        assert list(consistency.compare()) == [], "copies are not orphans"
        assert "Renamed the files of 2 rows." in run()
        assert list(consistency.compare(deep=True)) == []

    def test_orphans_are_removed_without_harm_at_any_time(self) -> None:
        call_command("verify_storage", "--delete-orphans", stdout=io.StringIO())
        storage.copy(self.image.key, self.keys[self.image.key])
        call_command("verify_storage", "--delete-orphans", stdout=io.StringIO())
        run()
        call_command("verify_storage", "--delete-orphans", stdout=io.StringIO())
        assert all_keys() == {*self.keys, *self.keys.values(), *self.fresh.keys}

    def test_it_leaves_a_row_whose_file_is_missing(self) -> None:
        storage.delete(self.image.thumbnail_key)
        with (
            self.assertLogs("generation.files.renaming", "ERROR") as log,
            pytest.raises(CommandError, match="1 row not renamed"),
        ):
            run()
        assert "a file is missing" in log.output[0]
        self.image.refresh_from_db()
        assert storage.names_user(self.image.key)
        assert storage.names_user(self.image.thumbnail_key)

    def test_it_removes_no_old_file_whose_copy_is_gone_or_different(self) -> None:
        run()
        self.let_addresses_expire()
        new = list(self.keys.values())
        storage.delete(new[0])
        storage.save(new[1], b"different", content_type="image/png")
        assert "2 old files kept" in run()
        assert set(list(self.keys)[:2]) < all_keys()

    def test_only_the_row_lets_an_old_file_go(self) -> None:
        for old, new in self.keys.items():
            storage.copy(old, new)
        self.let_addresses_expire()
        result = renaming.Result()
        list(renaming.remove_old(result))
        assert (result.removed, result.unknown) == (0, 4)
        assert set(self.keys) < all_keys()


class TestMeanwhile(RenameTestCase):
    def purge(self, image: Image) -> int:
        Image.objects.filter(pk=image.pk).update(trashed_at=image.created_at)
        return images.purge(trashed_before=image.created_at + timedelta(days=1))

    def test_a_row_that_is_deleted_meanwhile_leaves_no_file(self) -> None:
        stale = Image.objects.get(pk=self.image.pk)
        for key in stale.keys:
            storage.copy(key, self.keys[key])
        assert self.purge(self.image) == 1
        result = renaming.Result()
        with self.assertLogs("generation.files.renaming", "ERROR"):
            renaming.rename_rows([stale], result)
        assert (result.renamed, result.failed) == (0, 0)
        assert all_keys() == {self.upload.key, *self.fresh.keys}

    def test_a_row_that_was_renamed_meanwhile_keeps_its_files(self) -> None:
        stale = Image.objects.get(pk=self.image.pk)
        run()
        result = renaming.Result()
        renaming.rename_rows([stale], result)
        assert (result.renamed, result.failed) == (0, 0)
        assert list(consistency.compare(deep=True)) == []

    def test_a_purge_that_began_before_finds_the_renamed_files(self) -> None:
        image = Image.objects.get(pk=self.image.pk)
        run()
        # As a purge that has read the row before: its files are deleted, the row is not.
        storage.delete_these(image.keys)
        assert Image.objects.filter(id=image.id, key=image.key).delete()[0] == 0
        assert self.purge(image) == 1
        assert not {*image.keys, *(self.keys[key] for key in image.keys)} & all_keys()

    def test_two_runs_at_once_do_no_harm(self) -> None:
        first, second = renaming.Result(), renaming.Result()
        for _ in zip(renaming.rename(first), renaming.rename(second), strict=False):
            pass
        assert first.renamed + second.renamed == 2
        assert first.failed + second.failed == 0
        assert list(consistency.compare(deep=True)) == []


@pytest.mark.s3
@skipUnless(os.environ.get("TEST_S3_URL"), "needs an S3 server")
class TestBucket(RenameTestCase):
    def setUp(self) -> None:
        self.enterContext(bucket_settings())
        super().setUp()

    def test_it_renames_in_a_bucket_and_keeps_type_and_caching(self) -> None:
        assert "Renamed the files of 2 rows." in run()
        assert "4 old files kept" in run()
        assert list(consistency.compare(deep=True)) == []
        client = storage.default_storage.connection.meta.client
        bucket = storage.default_storage.bucket_name
        for old, new in self.keys.items():
            heads = [client.head_object(Bucket=bucket, Key=key) for key in (old, new)]
            for name in ("ContentType", "CacheControl", "ContentLength", "ETag"):
                assert heads[0].get(name) == heads[1].get(name)
        self.let_addresses_expire()
        assert "Removed 4 old files." in run()
        assert list(consistency.compare(deep=True)) == []

    def test_it_says_that_a_file_is_missing(self) -> None:
        storage.delete(self.upload.key)
        with (
            self.assertLogs("generation.files.renaming", "ERROR"),
            pytest.raises(CommandError, match="1 row not renamed"),
        ):
            run()
