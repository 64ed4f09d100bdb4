"""/images/ID/share/ and /publish/: what an owner does about who sees a picture."""

from django.urls import reverse

from generation.gallery.sharing import publications, share_links
from generation.models import Publication, PublicationState, Visibility
from generation.testing.rows.gallery import SharingTestCase


class TestSharePages(SharingTestCase):
    def at(self, name, image=None):
        return reverse(name, args=[(image or self.image).id])

    def post(self, name, data=None, **options):
        return self.client.post(self.at(name), data or {}, **options)

    def test_it_offers_a_link_and_makes_it(self):
        self.assertContains(self.client.get(self.at("share_image")), "Create link")
        earliest = share_links.until(days=7)
        answer = self.post("share_image", {"period": "7", "parameters": "on"})
        self.assertRedirects(answer, self.at("share_image"))
        now = self.now()
        assert (now.visibility, now.link_parameters, now.link_name) == (
            Visibility.LINK,
            True,
            False,
        )
        assert earliest <= now.link_until <= share_links.until(days=7)
        self.assertContains(self.client.get(self.at("share_image")), f"/s/{now.link_slug}/")

    def test_it_keeps_the_time_unless_another_is_chosen(self):
        self.post("share_image", {"period": "7"})
        until = self.now().link_until
        self.post("share_image", {"period": "keep", "parameters": "on"})
        assert (self.now().link_until, self.now().link_parameters) == (until, True)
        self.post("share_image", {"period": "never"})
        assert self.now().link_until is None
        self.post("share_image", {"period": "nonsense"})
        assert self.now().link_until is None

    def test_it_makes_a_new_link_and_stops_it(self):
        self.post("share_image")
        first = self.now().link_slug
        self.post("share_image", {"new": "1"})
        second = self.now().link_slug
        assert first != second
        self.post("stop_sharing_image")
        assert self.now().link_slug is None
        assert share_links.find(second) is None

    def test_it_asks_for_publication_shows_the_state_and_takes_it_back(self):
        self.post("publish_image", {"parameters": "on"})
        publication = Publication.objects.get()
        assert (publication.state, publication.with_parameters) == (PublicationState.WAITING, True)
        self.assertContains(
            self.client.get(reverse("image", args=[self.image.id])), "waiting for review"
        )
        publications.refuse(publication, by=self.staff, reason="It shows a real person.")
        self.assertContains(
            self.client.get(reverse("image", args=[self.image.id])), "It shows a real person."
        )
        self.post("publish_image")
        publications.publish(Publication.objects.get(state=PublicationState.WAITING), by=self.staff)
        self.assertContains(
            self.client.get(reverse("image", args=[self.image.id])), "Everyone can see this"
        )
        self.post("withdraw_image")
        assert self.visibility() == Visibility.PRIVATE

    def test_it_offers_the_name_only_to_those_who_have_one(self):
        self.assertNotContains(self.client.get(self.at("share_image")), "Show my name")
        self.alice.name = "Alice A."
        self.alice.save(update_fields=["name"])
        self.assertContains(self.client.get(self.at("share_image")), "Show my name, Alice A.")
