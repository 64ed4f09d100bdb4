"""The image of a sheet: asked for once, drawn by a worker, again if cells changed, deleted."""

import io
import threading
from datetime import timedelta
from unittest import mock
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.db import connection
from django.test import TransactionTestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from PIL import Image as Pillow

from accounts import deletion
from accounts.models import User
from artgen.testing.api import make_image, make_job
from artgen.testing.cases import BaseTestCase, load_catalog, make_user
from artgen.testing.image_files import FILES
from artgen.testing.threads import at_once_behind, in_threads
from generation.files import consistency, storage
from generation.models import Image, Job, Sheet, SheetImage, SheetVote, Status
from generation.operations import cleanup
from generation.sheets import cells, sheet_images
from generation.sheets.request import Asked
from generation.user_data import erasure


def make_sheet(user: User, *, count: int = 2) -> Sheet:
    """Return a sheet of one row whose cells have images."""
    jobs = [make_job(user, status=Status.SUCCEEDED) for _n in range(count)]
    for job in jobs:
        image = make_image(user, job=job)
        storage.save(image.thumbnail_key, FILES["WEBP"], content_type="image/webp")
    return Sheet.objects.create(
        id=uuid4(), user=user, prompt="A {red|blue} kite", jobs=[str(job.id) for job in jobs],
        rows=[[]], columns=[[{"by": "steps", "value": 20, "text": "20"}]] * count,
        asked=Asked(prompt="A {red|blue} kite", models=("flux-dev",)).as_json(),
        created_at=timezone.now(),
    )  # fmt: skip


class SheetImageTestCase(BaseTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.load_catalog()

    def setUp(self) -> None:
        super().setUp()
        self.sheet = make_sheet(self.alice)

    def ask(self, *, kind: str = "jpeg") -> SheetImage:
        return sheet_images.ask(cells.filled(self.sheet), kind=kind)

    def drawn(self, *, kind: str = "jpeg") -> SheetImage:
        made = self.ask(kind=kind)
        sheet_images.step(made.id)
        made.refresh_from_db()
        return made

    def break_thumbnails(self) -> None:
        """Let the bucket have something at the key that cannot be read as a file."""
        for image in Image.objects.filter(job__in=self.sheet.jobs):
            storage.delete(image.thumbnail_key)
            storage.save(f"{image.thumbnail_key}/x.webp", FILES["WEBP"], content_type="image/webp")

    def let_pause_pass(self) -> None:
        SheetImage.objects.active().update(due_at=timezone.now())


class TestDrawing(SheetImageTestCase):
    def test_it_is_stored_privately_and_can_be_downloaded(self) -> None:
        for kind in ("jpeg", "png"):
            made = self.drawn(kind=kind)
            assert (made.state, made.is_ready, made.failed) == ("ready", True, False)
            data = storage.read(made.key)
            assert Pillow.open(io.BytesIO(data)).format == kind.upper()
            assert made.bytes == len(data)
            assert str(self.alice.pk) not in made.key
            address = sheet_images.address_of(cells.filled(self.sheet), kind=kind)
            assert made.key in address
            assert "signature=" in address
        assert list(consistency.compare(deep=True)) == []

    def test_it_is_drawn_again_only_if_cells_have_changed(self) -> None:
        made = self.drawn()
        assert self.ask() == made
        job_id = self.sheet.jobs[0]
        changes = (
            lambda: Image.objects.filter(job=job_id).update(trashed_at=timezone.now()),
            lambda: SheetVote.objects.create(
                sheet=self.sheet, user=self.alice, job_id=self.sheet.jobs[1], at=timezone.now(),
                model_id=cells.filled(self.sheet).jobs[1].model_id,
            ),
            lambda: Job.objects.filter(id=self.sheet.jobs[1]).delete(),
        )  # fmt: skip
        for change in changes:
            change()
            with pytest.raises(sheet_images.NoSheetImage):
                sheet_images.address_of(cells.filled(self.sheet), kind="jpeg")
            again = self.drawn()
            assert again != made
            assert again.is_ready
            assert self.ask() == again
            made = again

    def test_it_has_the_language_in_which_it_was_asked_for(self) -> None:
        Image.objects.filter(job=self.sheet.jobs[0]).update(trashed_at=timezone.now())
        with translation.override("en"):
            english = self.drawn()
        with translation.override("ru"):
            russian = self.drawn()
            assert self.ask() == russian
        assert russian != english
        assert storage.read(russian.key) != storage.read(english.key)
        with translation.override("en"):
            assert self.ask() == english

    def test_it_writes_progress_and_renews_its_lease(self) -> None:
        with mock.patch.object(sheet_images, "PROGRESS_SECONDS", 0):
            made = self.ask()
            with CaptureQueriesContext(connection) as queries:
                sheet_images.step(made.id)
        renewals = [query for query in queries.captured_queries if '"done" = ' in query["sql"]]
        assert len(renewals) >= 2 * len(self.sheet.jobs)

    def test_it_does_nothing_for_an_image_that_is_not_due(self) -> None:
        made = self.drawn()
        sheet_images.step(made.id)
        sheet_images.step(uuid4())
        assert SheetImage.objects.get().tries == 1


class TestFailure(SheetImageTestCase):
    def test_it_is_tried_again_then_said_and_can_be_asked_for_again(self) -> None:
        self.break_thumbnails()
        made = self.ask()
        for tries in range(1, sheet_images.TRIES + 1):
            assert made.state == "preparing"
            self.let_pause_pass()
            with self.assertLogs("generation.sheets.sheet_images", "ERROR"):
                sheet_images.step(made.id)
            made.refresh_from_db()
            assert made.tries == tries
        assert made.state == "failed"
        found = cells.filled(self.sheet)
        assert sheet_images.of_sheet(found)["jpeg"].failed
        with pytest.raises(sheet_images.NoSheetImage):
            sheet_images.address_of(found, kind="jpeg")
        again = self.ask()
        assert again != made
        assert again.state == "preparing"

    def test_it_begins_again_after_a_killed_process_and_not_for_ever(self) -> None:
        made = self.ask()
        # As a killed process leaves it: with a lease.
        SheetImage.objects.update(tries=1, due_at=timezone.now() + sheet_images.LEASE, done=1)
        sheet_images.step(made.id)
        assert SheetImage.objects.get().state == "preparing"
        assert self.ask() == made
        self.let_pause_pass()
        sheet_images.step(made.id)
        assert SheetImage.objects.get().state == "ready"
        SheetImage.objects.update(
            due_at=timezone.now(), expires_at=None, tries=sheet_images.TRIES, key=""
        )
        sheet_images.step(made.id)
        assert SheetImage.objects.get().state == "failed"

    def test_it_leaves_no_file_if_the_sheet_is_deleted_meanwhile(self) -> None:
        made = self.ask()
        calls = []

        def delete_first(*args: object, **kwargs: object) -> None:
            calls.append(1)
            SheetImage.objects.all().delete()
            save(*args, **kwargs)

        save = storage.save
        with mock.patch.object(storage, "save", delete_first):
            sheet_images.step(made.id)
        assert calls
        assert not default_storage.exists(storage.sheet_key(image_id=made.id, kind="jpeg"))


class TestDeletion(SheetImageTestCase):
    def assert_gone(self, made: SheetImage) -> None:
        assert not default_storage.exists(made.key)
        assert not SheetImage.objects.filter(id=made.id).exists()

    def test_it_expires(self) -> None:
        made = self.drawn()
        cleanup.clean_up()
        assert default_storage.exists(made.key)
        SheetImage.objects.update(expires_at=timezone.now())
        assert sheet_images.of_sheet(cells.filled(self.sheet)) == {}
        cleanup.clean_up()
        self.assert_gone(made)

    def test_it_goes_when_a_cell_has_changed(self) -> None:
        """An image that its owner deleted is not kept as a part of a sheet."""
        made = self.drawn()
        Image.objects.filter(job=self.sheet.jobs[0]).update(trashed_at=timezone.now())
        cleanup.clean_up()
        self.assert_gone(made)

    def test_it_goes_with_its_sheet(self) -> None:
        made = self.drawn()
        cells.delete(self.sheet)
        Sheet.objects.update(deleted_at=timezone.now() - cells.RESTORE_PERIOD - timedelta(hours=1))
        cleanup.clean_up()
        self.assert_gone(made)

    def test_it_goes_with_its_user(self) -> None:
        made = self.drawn()
        waiting = self.ask(kind="png")
        erasure.close(user=self.alice, actor=None, after=timedelta(0))
        sheet_images.step(waiting.id)  # a closed account gets nothing drawn
        waiting.refresh_from_db()
        assert waiting.failed
        assert deletion.due()
        assert erasure.erase(self.alice.pk)
        self.assert_gone(made)
        assert not SheetImage.objects.exists()


class TestTwoAtOnce(TransactionTestCase):
    def setUp(self) -> None:
        cache.clear()
        load_catalog()
        self.sheet = make_sheet(make_user("alice@example.org"))
        self.start = threading.Barrier(4)

    def press_at_once(self) -> list[SheetImage]:
        def press(_number: int) -> SheetImage:
            found = cells.filled(self.sheet)
            self.start.wait()
            return sheet_images.ask(found, kind="jpeg")

        return list(in_threads(4, press))

    def stop_writers(self) -> None:
        """Let everybody read images of sheets, and nobody write one, until the transaction ends."""
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE generation_sheetimage IN SHARE MODE")

    def test_they_get_the_same_image(self) -> None:
        assert {made.id for made in self.press_at_once()} == {SheetImage.objects.get().id}

    def test_they_would_get_several_without_the_constraint(self) -> None:
        """The control."""
        constraint = next(
            one for one in SheetImage._meta.constraints if one.name == "one_sheet_image_at_once"
        )
        with connection.schema_editor() as editor:
            editor.remove_constraint(SheetImage, constraint)
        try:
            found = cells.filled(self.sheet)
            at_once_behind(self.stop_writers, [lambda: sheet_images.ask(found, kind="jpeg")] * 4)
            assert SheetImage.objects.count() == 4
        finally:
            SheetImage.objects.all().delete()
            with connection.schema_editor() as editor:
                editor.add_constraint(SheetImage, constraint)

    def test_one_of_several_workers_draws(self) -> None:
        made = sheet_images.ask(cells.filled(self.sheet), kind="jpeg")

        def draw(_number: int) -> None:
            self.start.wait()
            sheet_images.draw(made.id)

        in_threads(4, draw)
        made.refresh_from_db()
        assert (made.state, made.tries) == ("ready", 1)
