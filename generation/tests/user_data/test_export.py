import csv
import io
import json
import os
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.conf import settings
from django.core import mail
from django.core.files.storage import default_storage
from django.test import override_settings
from django.utils import timezone

from accounts.credits import ledger_check
from accounts.emails import outbox
from accounts.tokens import tokens
from accounts.user_data import deletion
from generation.files import object_keys, storage, uploads
from generation.gallery import collections, notes, tagging
from generation.gallery.sharing import publications
from generation.models import Export, Image, Report, Upload
from generation.operations import cleanup
from generation.testing.cases import EmulatorTestCase
from generation.testing.servers.bucket import bucket_settings
from generation.user_data import erasure, exports


class ExportTestCase(EmulatorTestCase):
    def finish(self, made: Export) -> Export:
        """Do steps until nothing is left to do."""
        while Export.objects.active().filter(id=made.id).exists():
            exports.step(made.id)
        made.refresh_from_db()
        return made

    def archives(self, made: Export) -> list[ZipFile]:
        found = [ZipFile(io.BytesIO(storage.read(part["key"]))) for part in made.parts]
        assert [archive.testzip() for archive in found] == [None] * len(found)
        return found


class TestStep(ExportTestCase):
    def test_it_holds_everything_of_the_user_and_nothing_of_others(self) -> None:
        image = self.draw(user=self.alice, prompt="моя тётя Ольга у моря")
        favorite = self.draw(user=self.alice, prompt="a lighthouse")
        Image.objects.filter(id=favorite.id).update(favorite=True)
        upload = uploads.keep(user=self.alice, data=storage.read(image.key))
        pile = collections.create(user=self.alice, name="family")
        collections.add(pile, image_ids=[image.id])
        secret = tokens.issue(user=self.alice, name="laptop")
        theirs = self.draw(user=self.bob, prompt="bob alone knows")
        wish = publications.ask_to_publish(theirs, with_parameters=True, with_name=True)
        for user, words in ((self.alice, "that is my fox"), (self.bob, "not for alice")):
            Report.objects.create(
                publication=wish,
                reporter=words,
                kind=Report.Kind.STOLEN,
                words=words,
                user=user,
                created_at=timezone.now(),
            )
        tokens.issue(user=self.bob, name="bob's laptop")
        notes.write(image, note="For the wall")
        tagging.add(image, names=["print", "море"])
        made = self.finish(exports.start(self.alice))
        [archive] = self.archives(made)
        names = archive.namelist()
        month = timezone.now().strftime("%Y-%m")
        pictures = [f"pictures/{month}/{one.key.rsplit('/', 1)[-1]}" for one in (image, favorite)]
        assert sorted(names) == sorted(
            [
                *[
                    "README.txt",
                    "profile.json",
                    "ledger.json",
                    "ledger.csv",
                    "tokens.json",
                    "vouchers.json",
                ],
                *[
                    "credit_requests.json",
                    "devices.json",
                    "services.json",
                    "prompts.txt",
                    "jobs.json",
                ],
                *[
                    "pictures.json",
                    "uploads.json",
                    "collections.json",
                    "presets.json",
                    "styles.json",
                ],
                *["favorite_models.json", "publications.json", "reviews.json", "reports.json"],
                *["comparisons.json", "word_lists.json", "webhooks.json"],
                "push_notifications.json",
                *pictures,
                f"uploads/{upload.key.rsplit('/', 1)[-1]}",
            ]
        )
        read = {name: json.loads(archive.read(name)) for name in names if name.endswith(".json")}
        assert read["profile.json"]["email"] == "alice@example.org"
        assert read["profile.json"]["staff_note"] == ""
        assert [entry["amount"] for entry in read["ledger.json"]] == [0, -1, 0, -1, 100]
        table = list(csv.reader(io.StringIO(archive.read("ledger.csv").decode("utf-8-sig"))))
        assert len(table) == 6
        assert [token["name"] for token in read["tokens.json"]] == ["laptop"]
        assert [(one["publication"], one["words"]) for one in read["reports.json"]] == [
            (wish.slug, "that is my fox")
        ]
        assert [job["prompt"] for job in read["jobs.json"]] == [
            "моя тётя Ольга у моря",
            "a lighthouse",
        ]
        assert [line["event"] for line in read["jobs.json"][0]["history"]][::5] == ["placed"]
        assert {line["status"] for line in read["jobs.json"][0]["history"]} >= {
            "queued",
            "succeeded",
        }
        assert [(one["file"], one["favorite"]) for one in read["pictures.json"]] == list(
            zip(pictures, [False, True], strict=True)
        )
        assert [(one["note"], one["tags"]) for one in read["pictures.json"]] == [
            ("For the wall", ["print", "море"]),
            ("", []),
        ]
        assert read["collections.json"][0]["pictures"] == [str(image.id)]
        assert read["uploads.json"][0]["sha256"] == upload.sha256
        assert archive.read("prompts.txt").decode() == "a lighthouse\n\nмоя тётя Ольга у моря\n\n"
        assert archive.read(pictures[0]) == storage.read(image.key)
        everything = b"".join(archive.read(name) for name in names)
        for foreign in (b"bob", secret.encode(), b"password"):
            assert (
                foreign not in everything.lower()
                if foreign == b"bob"
                else foreign not in everything
            )
        assert (made.done, made.total, made.failed) == (3, 3, False)
        assert made.bytes == default_storage.size(made.parts[0]["key"])

    def test_it_splits_large_ones_into_parts(self) -> None:
        images = [self.draw(user=self.alice) for _n in range(3)]
        uploads.keep(user=self.alice, data=storage.read(images[0].key))
        with override_settings(EXPORT_PART_BYTES=images[0].bytes + images[1].bytes):
            made = self.finish(exports.start(self.alice))
        archives = self.archives(made)
        assert len(archives) == len(made.parts) >= 2
        files = [name for archive in archives for name in archive.namelist() if "/" in name]
        assert len(files) == len(set(files)) == 4
        assert "README.txt" in archives[0].namelist()
        assert "README.txt" not in archives[1].namelist()
        assert made.done == 4

    def test_it_repeats_a_failed_step_but_not_finished_parts(self) -> None:
        images = [self.draw(user=self.alice) for _n in range(2)]
        with override_settings(EXPORT_PART_BYTES=images[0].bytes):
            made = exports.start(self.alice)
            exports.step(made.id)
            made.refresh_from_db()
            [first] = made.parts
            folder = Path(settings.MEDIA_ROOT) / object_keys.export_folder(export_id=made.id)
            (folder / "2.zip").mkdir()  # as a bucket that refuses
            with self.assertLogs("generation.user_data.exports", "ERROR"):
                exports.step(made.id)
            made.refresh_from_db()
            assert (made.parts, made.attempts) == ([first], 1)
            assert made.due_at > timezone.now()
            exports.step(made.id)
            made.refresh_from_db()
            assert made.attempts == 1, "it waits before it is tried again"
            (folder / "2.zip").rmdir()
            Export.objects.filter(id=made.id).update(due_at=timezone.now())
            self.finish(made)
        assert made.parts[0] == first
        assert [part["files"] for part in made.parts] == [1, 1]

    def test_it_gives_up_at_last_and_says_so(self) -> None:
        made = exports.start(self.alice)
        Path(settings.MEDIA_ROOT).mkdir(parents=True, exist_ok=True)
        (Path(settings.MEDIA_ROOT) / "exports").write_text("in the way")
        with self.assertLogs("generation.user_data.exports", "ERROR"):
            for _n in range(exports.MAX_ATTEMPTS):
                Export.objects.filter(id=made.id).update(due_at=timezone.now())
                exports.step(made.id)
        made.refresh_from_db()
        assert (made.failed, made.due_at) == (True, None)
        outbox.send_due()
        assert mail.outbox == []

    def test_it_leaves_a_note_for_an_image_without_a_file(self) -> None:
        image = self.draw(user=self.alice)
        storage.delete(image.key)
        [archive] = self.archives(self.finish(exports.start(self.alice)))
        assert [name for name in archive.namelist() if name.endswith(".missing.txt")] != []

    def test_it_does_one_step_once_with_two_workers(self) -> None:
        made = exports.start(self.alice)
        Export.objects.filter(id=made.id).update(due_at=timezone.now() + exports.LEASE)
        exports.step(made.id)
        made.refresh_from_db()
        assert made.parts == []

    def test_it_lets_images_be_made_meanwhile(self) -> None:
        """At most MAX_RUNNING steps run at a time, over all users."""
        for number in range(exports.MAX_RUNNING):
            other = self.make_user(f"user{number}@example.org")
            Export.objects.filter(id=exports.start(other).id).update(
                due_at=timezone.now() + exports.LEASE
            )
        made = exports.start(self.alice)
        exports.step(made.id)
        made.refresh_from_db()
        assert made.parts == []

    def test_it_prepares_nothing_for_a_locked_account(self) -> None:
        made = exports.start(self.alice)
        deletion.close(user=self.alice, after=deletion.GRACE)
        exports.step(made.id)
        made.refresh_from_db()
        assert (made.due_at, made.failed, made.parts) == (None, True, [])


class TestAsk(ExportTestCase):
    def test_it_makes_one_export_of_two_requests(self) -> None:
        assert exports.start(self.alice) == exports.start(self.alice)
        assert Export.objects.count() == 1

    def test_it_replaces_the_old_one(self) -> None:
        old = self.finish(exports.start(self.alice))
        new = self.finish(exports.start(self.alice))
        old.refresh_from_db()
        with pytest.raises(exports.NoSuchPart):
            exports.address_of(old, 1)
        assert exports.forget_expired() == 1
        assert not default_storage.exists(old.parts[0]["key"])
        assert default_storage.exists(new.parts[0]["key"])


class TestHintDue(ExportTestCase):
    def test_it_continues_a_lost_export_on_a_tick(self) -> None:
        exports.start(self.alice)
        with self.captureOnCommitCallbacks() as callbacks:
            exports.hint_due()
        assert len(callbacks) == 1


class TestForgetExpired(ExportTestCase):
    def test_it_deletes_files_and_row_when_they_expire(self) -> None:
        made = self.finish(exports.start(self.alice))
        cleanup.clean_up()
        assert default_storage.exists(made.parts[0]["key"])
        Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        cleanup.clean_up()
        assert not Export.objects.exists()
        assert not default_storage.exists(made.parts[0]["key"])

    def test_it_leaves_none_of_an_erased_account(self) -> None:
        made = self.finish(exports.start(self.alice))
        erasure.close(user=self.alice, actor=self.alice, after=timedelta(0))
        assert erasure.erase(self.alice.pk) is True
        assert not Export.objects.exists()
        assert not default_storage.exists(made.parts[0]["key"])
        assert ledger_check.check() == []


class TestPage(ExportTestCase):
    url = "/account/data/"

    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.alice)

    def test_it_goes_from_asking_to_the_file(self) -> None:
        self.assertContains(self.client.get(self.url), "Prepare export")
        response = self.client.post(f"{self.url}export/", follow=True)
        self.assertContains(response, "Preparing export")
        self.assertContains(response, "data-running")
        made = self.finish(Export.objects.get())
        outbox.send_due()
        [letter] = mail.outbox
        assert f"{settings.PUBLIC_URL}/account/data/" in letter.body
        page = self.client.get(self.url, headers={"X-Part": "1"})
        self.assertNotContains(page, "data-running")
        self.assertNotContains(page, "<html")
        link = f"/account/data/{made.id}/1/"
        self.assertContains(page, link)
        answer = self.client.get(link)
        assert answer.status_code == 302
        file = self.client.get(answer.url)
        assert file["Content-Disposition"] == f'attachment; filename="{exports.filename(made, 1)}"'
        assert b"".join(file.streaming_content) == storage.read(made.parts[0]["key"])

    def test_it_ends(self) -> None:
        made = self.finish(exports.start(self.alice))
        for number in (0, 2):
            assert self.client.get(f"{self.url}{made.id}/{number}/").status_code == 404
        Export.objects.update(expires_at=timezone.now())
        assert self.client.get(f"{self.url}{made.id}/1/").status_code == 404

    def test_it_reports_a_failed_export(self) -> None:
        made = exports.start(self.alice)
        Export.objects.filter(id=made.id).update(
            due_at=None, failed=True, expires_at=timezone.now() + timedelta(days=1)
        )
        self.assertContains(self.client.get(self.url), "The last export failed.")
        assert self.client.get(f"{self.url}{made.id}/1/").status_code == 404


@pytest.mark.s3
class TestBucket(ExportTestCase):
    """The same against a real S3 server.

    Parts go up in pieces of 5 MB, and nothing is left of an erased account.
    """

    def setUp(self) -> None:
        super().setUp()
        self.enterContext(bucket_settings())

    def test_it_streams_into_the_bucket_and_out_of_it(self) -> None:
        image = self.draw(user=self.alice)
        data = os.urandom(7 * 1024 * 1024)  # more than one piece of a multipart upload
        key = object_keys.upload_key(upload_id=image.id, content_type="image/png")
        storage.save(key, data, content_type="image/png")
        Upload.objects.create(
            user=self.alice,
            key=key,
            width=1,
            height=1,
            bytes=len(data),
            sha256="0" * 64,
            created_at=timezone.now(),
        )
        made = self.finish(exports.start(self.alice))
        [archive] = self.archives(made)
        assert archive.read(f"uploads/{key.rsplit('/', 1)[-1]}") == data
        assert made.bytes == default_storage.size(made.parts[0]["key"])
        erasure.close(user=self.alice, actor=self.alice, after=timedelta(0))
        assert erasure.erase(self.alice.pk) is True
        assert [
            found for folder in object_keys.FOLDERS for found in storage.listing(f"{folder}/")
        ] == []
