"""Saving a shared image: the copy is independent and has no more than the page shows."""

import hashlib
from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone

from generation.files import consistency, object_keys, storage, storage_limits
from generation.gallery import collections, favorites, trash
from generation.gallery.image_filters import ImageFilters, find
from generation.gallery.sharing import (
    collection_share_links,
    image_reports,
    publications,
    saved_copies,
    share_links,
)
from generation.imaging import metadata
from generation.models import Image, Job, Report, SavedImage
from generation.testing.rows.saving import PROMPT, SavingTestCase, with_files
from generation.user_data import erasure


class TestCopy(SavingTestCase):
    def test_it_has_files_of_its_own(self):
        copy = self.copy(with_parameters=True)
        assert (copy.user, copy.job, copy.visibility) == (self.bob, None, "private")
        assert not set(copy.keys) & set(self.image.keys)
        assert storage.read(copy.key) == storage.read(self.image.key)
        assert storage.read(copy.thumbnail_key) == storage.read(self.image.thumbnail_key)
        assert (copy.bytes, copy.sha256) == (self.image.bytes, self.image.sha256)

    def test_it_has_the_parameters_that_are_shown_and_the_author(self):
        copy = self.copy(with_parameters=True, with_name=True)
        assert (copy.prompt, copy.seed, copy.model.slug) == (PROMPT, 7, "flux-dev")
        assert copy.origin.parameters["prompt"] == PROMPT
        assert copy.saved.source_text == "Saved from Alice A."

    def test_it_has_none_of_the_parameters_that_are_hidden(self):
        copy = Image.objects.get(id=self.copy().id)
        assert (copy.prompt, copy.seed, copy.model, copy.style) == ("", None, None, "")
        assert copy.has_parameters is False
        assert copy.saved.parameters is None
        assert copy.saved.source_text == "Saved from a shared link"
        data = storage.read(copy.key)
        assert PROMPT.encode() not in data
        assert data == metadata.without_parameters(storage.read(self.image.key))
        assert (copy.bytes, copy.sha256) == (len(data), hashlib.sha256(data).hexdigest())

    def test_it_names_an_author_only_while_the_account_is_open(self):
        copy = self.copy(with_name=True)
        self.alice.is_active = False
        self.alice.save(update_fields=["is_active"])
        assert SavedImage.objects.get(id=copy.id).source_text == "Saved from a shared link"

    def test_it_is_no_job_and_costs_nothing(self):
        credits = self.bob.credits
        self.copy(with_parameters=True)
        self.bob.refresh_from_db()
        assert self.bob.credits == credits
        assert not Job.objects.of(self.bob).exists()

    def test_it_does_not_carry_what_the_owner_has_done_with_the_image(self):
        favorites.set_favorite(self.image, favorite=True)
        Image.objects.filter(id=self.image.id).update(note="for my mother", tags="gifts")
        collections.add(
            collections.create(user=self.alice, name="Hills"), image_ids=[self.image.id]
        )
        copy = self.now(self.copy())
        assert (copy.favorite, copy.note, copy.tags) == (False, "", "")
        assert not copy.memberships.exists()

    def test_it_is_found_by_its_words_only_if_they_are_shown(self):
        copy = self.copy(with_parameters=True)
        own = Image.objects.of(self.bob)
        assert list(find(own, ImageFilters(words="tea hills"), user=self.bob).images) == [copy]
        assert not find(own, ImageFilters(words="boat"), user=self.bob).images
        self.image = with_files(self.hang("a boat on the sea"))
        hidden = self.copy()
        assert not find(own, ImageFilters(words="boat"), user=self.bob).images
        assert set(find(own, ImageFilters(), user=self.bob).images) == {copy, hidden}
        assert list(find(own, ImageFilters(model=copy.model), user=self.bob).images) == [copy]


class TestSavingTwice(SavingTestCase):
    def test_it_is_the_same_image_under_another_link(self):
        first = self.save(self.share(with_parameters=True)).image
        collection = collections.create(user=self.alice, name="Hills")
        collections.add(collection, image_ids=[self.image.id])
        slug = collection_share_links.share(
            collection, until=None, with_parameters=False, with_name=False
        ).link_slug
        member = collection.members.get().pk
        again = saved_copies.save(
            lambda: collection_share_links.find_item(slug, member), user=self.bob
        )
        assert (again.image, again.is_new) == (first, False)

    def test_it_restores_a_copy_from_the_trash(self):
        slug = self.share()
        trash.move_to_trash(self.save(slug).image)
        saved = self.save(slug)
        assert (saved.is_new, saved.is_restored) == (False, True)
        assert self.now(saved.image).trashed_at is None

    def test_it_makes_another_copy_after_the_first_was_deleted_permanently(self):
        slug = self.share()
        first = self.save(slug).image
        trash.move_to_trash(first)
        trash.empty(self.bob)
        second = self.save(slug)
        assert second.is_new
        assert second.image.id != first.id
        trash.purge(trashed_before=timezone.now() - timedelta(days=1))
        assert list(Image.objects.of(self.bob)) == [second.image]
        assert storage.read(second.image.key)

    def test_own_images_are_there_already(self):
        saved = self.save(self.share(), user=self.alice)
        assert (saved.image, saved.is_new) == (self.image, False)


class TestIndependence(SavingTestCase):
    def test_a_copy_survives_the_original(self):
        copy = self.copy(with_parameters=True)
        trash.move_to_trash(self.now())
        trash.empty(self.alice)
        trash.purge(trashed_before=timezone.now() - timedelta(days=1))
        assert not Image.objects.filter(id=self.image.id).exists()
        kept = self.now(copy)
        assert (kept.prompt, kept.saved.source) == (PROMPT, None)
        assert storage.read(kept.key)

    def test_the_original_survives_a_copy(self):
        copy = self.copy()
        Image.objects.filter(id=copy.id).update(trashed_at=timezone.now() - timedelta(days=99))
        trash.purge(trashed_before=timezone.now() - timedelta(days=90))
        assert not SavedImage.objects.exists()
        assert storage.read(self.now().key)

    def test_a_copy_can_be_shared_by_link_but_is_never_published_or_signed(self):
        copy = self.copy(with_name=True)
        self.bob.name = "Bob B."
        self.bob.save(update_fields=["name"])
        with pytest.raises(publications.NotPublishable):
            self.ask(copy)
        slug = self.link(copy, with_parameters=True, with_name=True).link_slug
        shared = share_links.find(slug)
        assert (shared.author, shared.with_parameters) == ("", False)
        again = saved_copies.save(lambda: share_links.find(slug), user=self.staff).image
        assert again.has_parameters is False
        assert again.saved.source_text == "Saved from a shared link"


class TestErasure(SavingTestCase):
    def erase(self, user):
        erasure.close(user=user, actor=None)
        assert erasure.erase(user.pk)

    def test_a_copy_stays_without_the_name_of_an_erased_author(self):
        copy = self.copy(with_parameters=True, with_name=True)
        self.erase(self.alice)
        kept = self.now(copy)
        assert (kept.saved.source, kept.saved.author) == (None, None)
        assert kept.saved.source_text == "Saved from a shared link"
        assert storage.read(kept.key)
        assert list(consistency.compare()) == []

    def test_the_copies_of_an_erased_account_go_and_the_originals_stay(self):
        copy = self.copy()
        other = with_files(self.hang("a boat"))
        unfinished = SavedImage.objects.create(
            user=self.bob, source=other, created_at=timezone.now()
        )
        key = object_keys.image_key(job_id=unfinished.id, position=0, content_type="image/png")
        storage.copy(other.key, key)
        self.erase(self.bob)
        assert not SavedImage.objects.exists()
        for gone in (copy.key, copy.thumbnail_key, key):
            with pytest.raises(FileNotFoundError):
                storage.read(gone)
        assert storage.read(self.now().key)


class TestRefusals(SavingTestCase):
    def refused(self, slug, refusal):
        with pytest.raises(refusal):
            self.save(slug)
        assert not Image.objects.of(self.bob).exists()

    def test_it_refuses_what_is_reported_until_it_is_decided(self):
        publication = self.published()
        image_reports.report(publication, reporter="x", kind=Report.Kind.STOLEN, words="")
        self.refused(publication.slug, saved_copies.NotSavable)
        publications.publish(publication, by=self.staff)
        assert self.save(publication.slug).is_new

    def test_it_counts_against_the_storage_limit(self):
        slug = self.share()
        with override_settings(MAX_IMAGE_BYTES_PER_USER=10):
            self.refused(slug, storage_limits.StorageFull)
        assert not SavedImage.objects.exists()
        assert [one for one in consistency.compare() if one.kind == "orphan"] == []
        with override_settings(MAX_IMAGE_BYTES_PER_USER=self.image.bytes):
            assert self.save(slug).is_new

    def test_it_refuses_a_link_that_is_turned_off_while_it_copies(self):
        slug = self.share()
        answers = [share_links.find(slug), None]
        with pytest.raises(saved_copies.NotShared):
            saved_copies.save(lambda: answers.pop(0), user=self.bob)
        assert not SavedImage.objects.exists()
        assert not Image.objects.of(self.bob).exists()
        assert [one for one in consistency.compare() if one.kind == "orphan"] == []

    def test_it_follows_an_owner_who_hides_the_parameters_meanwhile(self):
        shown = share_links.find(self.share(with_parameters=True))
        hidden = share_links.find(self.share(with_parameters=False))
        answers = [shown, hidden, hidden, hidden]
        saved = saved_copies.save(lambda: answers.pop(0), user=self.bob)
        assert saved.image.has_parameters is False
        assert PROMPT.encode() not in storage.read(saved.image.key)
        assert [one for one in consistency.compare() if one.kind == "orphan"] == []

    def test_a_missing_file_is_no_copy(self):
        slug = self.share()
        storage.delete(self.image.key)
        self.refused(slug, saved_copies.NotShared)


class TestUnfinished(SavingTestCase):
    """What a process leaves behind that dies while it copies."""

    def unfinished(self):
        row = SavedImage.objects.create(user=self.bob, source=self.image, created_at=timezone.now())
        key = object_keys.image_key(job_id=row.id, position=0, content_type="image/png")
        storage.copy(self.image.key, key)
        return row, key

    def test_it_is_finished_by_the_next_attempt(self):
        row, _key = self.unfinished()
        assert self.copy().id == row.id

    def test_it_is_no_orphan_and_is_deleted_after_an_hour(self):
        row, key = self.unfinished()
        assert [one.key for one in consistency.compare() if one.kind == "orphan"] == []
        saved_copies.forget_unfinished(started_before=row.created_at - timedelta(hours=1))
        assert SavedImage.objects.exists()
        saved_copies.forget_unfinished(started_before=timezone.now())
        assert not SavedImage.objects.exists()
        with pytest.raises(FileNotFoundError):
            storage.read(key)

    def test_finished_copies_stay(self):
        copy = self.copy()
        saved_copies.forget_unfinished(started_before=timezone.now())
        assert storage.read(self.now(copy).key)
