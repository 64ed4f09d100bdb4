from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.core.management import CommandError
from django.db import models
from django.utils import timezone

from accounts.credits import ledger, ledger_check
from accounts.emails import outbox
from accounts.models import CreditEntry, User
from accounts.tokens import tokens
from accounts.user_data import deletion
from generation.files import object_keys, storage, uploads
from generation.files.object_keys import EXTENSIONS
from generation.gallery import collections, notes, tagging
from generation.jobs.engine import driver, lifecycle
from generation.models import IdempotencyKey, Image, Job, Status, Tag, Upload
from generation.operations import cleanup
from generation.testing import orders
from generation.testing.cases import EmulatorTestCase, catch_up, work
from generation.testing.commands import run
from generation.user_data import erasure


def rows_of(user: User) -> set[str]:
    """Return the names of the models with rows that point to the user."""
    return {
        relation.related_model.__name__
        for relation in User._meta.get_fields(include_hidden=True)
        if isinstance(relation, models.ManyToOneRel)
        and relation.related_model._base_manager.filter(**{relation.field.name: user}).exists()
    }


def keys_of(user: User) -> list[str]:
    """Return the keys of all files of the user's rows."""
    images = [key for image in Image.objects.of(user) for key in image.keys]
    return images + list(Upload.objects.filter(user=user).values_list("key", flat=True))


def files() -> list[str]:
    """Return the keys of all files."""
    root = Path(settings.MEDIA_ROOT)
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


class ErasureTestCase(EmulatorTestCase):
    def fill(self, user: User) -> Image:
        """Give the user one of everything."""
        image = self.draw(user=user, prompt="my aunt Olga at the sea")
        uploads.keep(user=user, data=storage.read(image.key))
        pile = collections.create(user=user, name="family")
        collections.add(pile, image_ids=[image.id])
        notes.write(image, note="for Olga")
        tagging.add(image, names=["family"])
        tokens.issue(user=user, name="laptop")
        request = {"model": "flux-schnell", "prompt": "once", "width": 256, "height": 256}
        orders.place(user=user, request=request, key="once")
        return image


class TestErase(ErasureTestCase):
    def test_it_leaves_nothing_but_the_ledger(self) -> None:
        self.fill(self.alice)
        self.fill(self.bob)
        assert set(keys_of(self.alice)) < set(files())
        erasure.close(user=self.alice, actor=self.alice, after=timedelta(0))
        assert erasure.erase(self.alice.pk) is True
        assert rows_of(self.alice) == {"CreditEntry"}
        assert files() == sorted(keys_of(self.bob))
        self.alice.refresh_from_db()
        assert (self.alice.credits, self.alice.held) == (0, 0)
        assert not CreditEntry.objects.filter(user=self.alice, reason__contains="Olga").exists()
        assert ledger_check.check() == []
        outbox.send_due()
        assert [(letter.to, letter.subject) for letter in mail.outbox] == [
            (["alice@example.org"], "Your ArtGen account has been deleted")
        ]
        assert (
            Image.objects.of(self.bob).count() == Upload.objects.filter(user=self.bob).count() == 1
        )
        assert list(Tag.objects.values_list("user", flat=True)) == [self.bob.pk]
        assert run("verify_storage") == "3 files verified.\n"

    def test_it_deletes_the_files_of_a_job_that_failed_while_they_were_stored(self) -> None:
        job = self.place()
        driver.submit("flux-schnell")
        for position, kind in enumerate(EXTENSIONS):
            key = object_keys.image_key(job_id=job.id, position=position, content_type=kind)
            storage.save(key, b"1", content_type=kind)
        copy = object_keys.large_key(job_id=job.id, position=0)
        storage.save(copy, b"1", content_type="image/webp")
        job.refresh_from_db()
        lifecycle.fail(job, code="storage", detail="the bucket was full")
        kept = self.draw(user=self.bob)
        erasure.close(user=self.alice, actor=self.alice, after=timedelta(0))
        assert erasure.erase(self.alice.pk) is True
        assert files() == sorted(kept.keys)

    def test_it_waits_for_a_picture_that_is_being_saved(self) -> None:
        job = self.place()
        driver.submit("flux-schnell")
        Job.objects.filter(id=job.id).update(status=Status.STORING)
        erasure.close(user=self.alice, actor=self.alice, after=timedelta(0))
        assert erasure.erase(self.alice.pk) is False
        assert rows_of(self.alice) > {"Job"}

    def test_it_tells_runpod_to_stop_before_it_deletes_the_row(self) -> None:
        self.place()
        driver.submit("flux-schnell")
        erasure.close(user=self.alice, actor=self.alice, after=timedelta(0))
        assert erasure.erase(self.alice.pk) is False
        work()
        assert erasure.erase(self.alice.pk) is True
        assert rows_of(self.alice) == {"CreditEntry"}

    def test_it_goes_on_where_it_was_interrupted(self) -> None:
        image = self.fill(self.alice)
        driver.submit("flux-schnell")
        self.emulator.advance(10)
        catch_up()
        erasure.close(user=self.alice, actor=self.alice, after=timedelta(0))
        # A folder that cannot be removed, as a bucket that does not answer.
        folder = Path(settings.MEDIA_ROOT) / "uploads"
        moved = folder.rename(folder.with_name("elsewhere"))
        folder.mkdir()
        shard = Path(Upload.objects.filter(user=self.alice).values_list("key", flat=True)[0]).parts[
            1
        ]
        (folder / shard).write_text("no folder")
        with self.assertLogs("generation.user_data.erasure", "ERROR"):
            assert erasure.erase_due() == 0
        assert not Path(settings.MEDIA_ROOT, image.key).exists()
        assert Upload.objects.filter(user=self.alice).exists()
        (folder / shard).unlink()
        folder.rmdir()
        moved.rename(folder)
        cleanup.clean_up()
        assert rows_of(self.alice) == {"CreditEntry"}
        assert files() == []
        assert ledger_check.check() == []

    def test_it_keeps_the_record_of_what_staff_did(self) -> None:
        other = self.make_user("other@example.org", is_staff=True, is_superuser=True)
        LogEntry.objects.create(user=other, object_repr="a model", action_flag=2)
        ledger.grant(user=self.bob, amount=1, reason="a gift", actor=other)
        erasure.close(user=other, actor=self.staff, after=timedelta(0))
        erasure.erase(other.pk)
        assert rows_of(other) == {"CreditEntry", "LogEntry"}
        assert CreditEntry.objects.get(reason="a gift").actor == other

    def test_it_writes_a_last_letter_to_the_old_address(self) -> None:
        erasure.close(user=self.alice, actor=self.alice, after=timedelta(0))
        erasure.erase(self.alice.pk)
        outbox.send_due()
        [letter] = mail.outbox
        assert (letter.to, letter.subject) == (
            ["alice@example.org"],
            "Your ArtGen account has been deleted",
        )


class TestEraseDue(ErasureTestCase):
    def test_it_leaves_accounts_alone_whose_time_has_not_come(self) -> None:
        self.draw(user=self.alice)
        erasure.close(user=self.alice, actor=self.alice)
        assert erasure.erase_due() == 0
        assert Image.objects.of(self.alice).count() == 1
        User.objects.filter(pk=self.alice.pk).update(erase_at=timezone.now())
        assert erasure.erase_due() == 1
        assert erasure.erase_due() == 0
        assert not Image.objects.exists()


class TestClose(ErasureTestCase):
    def test_it_sends_no_link_to_a_deactivated_account(self) -> None:
        User.objects.filter(pk=self.alice.pk).update(is_active=False)
        erasure.close(user=self.alice, actor=self.staff)
        outbox.send_due()
        assert mail.outbox == []

    def test_it_says_on_the_job_that_staff_stopped_it(self) -> None:
        job = self.place()
        erasure.close(user=self.alice, actor=self.staff)
        job.refresh_from_db()
        assert (job.status, job.error_code) == (Status.CANCELED, "stopped_by_staff")


class TestEraseUserCommand(ErasureTestCase):
    def test_it_locks_and_names_the_day(self) -> None:
        assert "alice@example.org is locked and will be erased after " in run(
            "erase_user", "Alice@example.org"
        )
        self.alice.refresh_from_db()
        assert not self.alice.is_active
        outbox.send_due()
        assert len(mail.outbox) == 1

    def test_it_keeps(self) -> None:
        run("erase_user", "alice@example.org")
        assert (
            run("erase_user", "alice@example.org", "--keep") == "alice@example.org is unlocked.\n"
        )
        self.alice.refresh_from_db()
        assert self.alice.is_active
        with pytest.raises(CommandError):
            run("erase_user", "alice@example.org", "--keep")

    def test_it_erases_at_once(self) -> None:
        self.draw(user=self.alice)
        out = run("erase_user", "alice@example.org", "--now")
        assert (
            out
            == f"alice@example.org is erased; the ledger calls it {self.alice.pk}@erased.invalid.\n"
        )
        assert rows_of(self.alice) == {"CreditEntry"}
        with pytest.raises(CommandError):
            run("erase_user", "alice@example.org")

    def test_it_refuses_strangers_and_the_last_superuser(self) -> None:
        for email in ("nobody@example.org", "staff@example.org"):
            with pytest.raises(CommandError):
                run("erase_user", email, "--now")
        self.staff.refresh_from_db()
        assert self.staff.is_active


class TestAdmin(ErasureTestCase):
    url = "/admin/accounts/user/"

    def act(self, action: str, *users: User) -> list[str]:
        data = {"action": action, "_selected_action": [str(user.pk) for user in users]}
        response = self.client.post(self.url, data, follow=True)
        assert response.status_code == 200
        return [str(message) for message in response.context["messages"]]

    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.staff)

    def test_it_closes_and_keeps(self) -> None:
        [message] = self.act("close_accounts", self.alice, self.bob)
        assert message.startswith("2 accounts are locked and will be deleted.")
        assert User.objects.filter(is_active=False, erase_at__isnull=False).count() == 2
        page = self.client.get(f"{self.url}?erase_at__isempty=0")
        assert set(page.context["cl"].result_list) == {self.alice, self.bob}
        assert self.act("keep_accounts", self.alice) == ["1 account kept."]
        changes = LogEntry.objects.order_by("id").values_list("change_message", flat=True)
        assert list(changes) == [*["closed, to be erased"] * 2, "kept"]
        self.alice.refresh_from_db()
        assert self.alice.is_active

    def test_it_keeps_an_account_that_is_activated(self) -> None:
        deletion.close(user=self.alice, after=deletion.GRACE)
        data = {
            "email": "alice@example.org",
            "name": "",
            "language": "en",
            "time_zone": "",
            "is_active": "on",
        }
        assert self.client.post(f"{self.url}{self.alice.pk}/change/", data).status_code == 302
        self.alice.refresh_from_db()
        assert (self.alice.is_active, self.alice.erase_at) == (True, None)

    def test_it_keeps_the_last_superuser(self) -> None:
        assert self.act("close_accounts", self.staff) == [
            "1 skipped: This is the only administrator. Give another account full permissions first."
        ]

    def test_it_does_not_keep_an_account_whose_erasure_has_begun(self) -> None:
        deletion.close(user=self.alice, after=timedelta(0))
        assert self.act("keep_accounts", self.alice) == [
            "1 skipped: The account isn’t scheduled for deletion, or its deletion has started."
        ]

    def test_it_shows_a_row_without_a_person_read_only(self) -> None:
        deletion.close(user=self.alice, after=timedelta(0))
        erasure.erase(self.alice.pk)
        page = self.client.get(f"{self.url}{self.alice.pk}/change/")
        self.assertContains(page, "@erased.invalid")
        self.assertNotContains(page, 'name="_save"')


class TestIdempotency(ErasureTestCase):
    def test_it_deletes_keys_too(self) -> None:
        IdempotencyKey.objects.create(
            user=self.alice, key=str(uuid4()), body_sha256="0" * 64, created_at=timezone.now()
        )
        erasure.close(user=self.alice, actor=None, after=timedelta(0))
        erasure.erase(self.alice.pk)
        assert not IdempotencyKey.objects.exists()
