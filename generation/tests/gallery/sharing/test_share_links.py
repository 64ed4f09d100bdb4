"""Links to images, and what people see of a shared image."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from generation.gallery import trash
from generation.gallery.sharing import share_links, visibility
from generation.models import Image, Visibility
from generation.testing.rows.gallery import NOBODY_EVER, SharingTestCase


class TestLink(SharingTestCase):
    def test_it_cannot_be_guessed_and_shows_the_picture(self):
        slug = self.link().link_slug
        assert re.search(r"^[\w-]{24}$", slug)  # 18 random bytes
        found = share_links.find(slug)
        assert (found.image, found.with_parameters, found.author) == (self.image, False, "")
        assert found.publication is None
        assert self.visibility() == Visibility.LINK
        assert self.link(self.hang()).link_slug != slug

    def test_it_keeps_its_address_when_it_is_changed_unless_renewed(self):
        first = self.link().link_slug
        until = timezone.now() + timedelta(days=1)
        changed = self.link(until=until, with_parameters=True, with_name=True)
        assert (changed.link_slug, changed.link_until) == (first, until)
        assert (changed.link_parameters, changed.link_name) == (True, True)
        second = self.link(renew=True).link_slug
        assert second != first
        assert share_links.find(first) is None
        assert share_links.find(second) is not None

    def test_it_ends_when_its_time_is_over_and_its_address_never_comes_back(self):
        slug = self.link(until=timezone.now() + timedelta(days=1)).link_slug
        Image.objects.update(link_until=timezone.now() - timedelta(seconds=1))
        assert share_links.find(slug) is None
        assert self.now().seen_by == Visibility.PRIVATE
        assert self.link().link_slug != slug

    def test_it_stops(self):
        slug = self.link(with_parameters=True).link_slug
        stopped = share_links.stop_link(self.image)
        assert (stopped.link_slug, stopped.link_parameters) == (None, False)
        assert share_links.find(slug) is None
        assert self.visibility() == Visibility.PRIVATE

    def test_it_rests_in_the_trash_and_comes_back(self):
        slug = self.link().link_slug
        trash.move_to_trash(self.now())
        assert share_links.find(slug) is None
        trash.restore(self.now())
        assert share_links.find(slug) is not None

    def test_it_is_not_made_in_the_trash(self):
        trash.move_to_trash(self.image)
        for action in (self.link, lambda: share_links.keep_to_link(self.image), self.ask):
            with pytest.raises(visibility.InTheTrash):
                action()
        assert self.now().link_slug is None

    def test_it_ends_with_the_picture_and_with_the_account(self):
        slug = self.link().link_slug
        self.alice.is_active = False
        self.alice.save(update_fields=["is_active"])
        assert share_links.find(slug) is None
        self.alice.is_active = True
        self.alice.save(update_fields=["is_active"])
        self.image.delete()
        assert share_links.find(slug) is None

    def test_it_names_the_author_only_by_the_name_they_gave_and_when_they_want(self):
        self.alice.name = "Alice A."
        self.alice.save(update_fields=["name"])
        assert share_links.find(self.link(with_name=True).link_slug).author == "Alice A."
        assert share_links.find(self.link(with_name=False).link_slug).author == ""
        self.alice.name = ""
        self.alice.save(update_fields=["name"])
        assert share_links.find(self.link(with_name=True).link_slug).author == ""

    def test_it_finds_nothing_unknown(self):
        self.hang()  # without a link
        for slug in (NOBODY_EVER, "", "None"):
            assert share_links.find(slug) is None

    def test_it_makes_private_all_at_once(self):
        slug = self.link().link_slug
        publication = self.published()
        share_links.make_private(self.image)
        assert self.visibility() == Visibility.PRIVATE
        assert share_links.find(slug) is None
        assert share_links.find(publication.slug) is None

    def test_it_keeps_to_the_link(self):
        self.published()
        changed = share_links.keep_to_link(self.image)
        assert changed.visibility == Visibility.LINK
        assert share_links.keep_to_link(self.image).link_slug == changed.link_slug
