"""The admin's queue: look, approve, refuse with a reason, see who decided what."""

from django.contrib.admin.models import LogEntry

from generation.gallery import trash
from generation.gallery.sharing import image_reports, publications, share_links
from generation.models import Publication, PublicationState
from generation.testing.rows.gallery import SharingTestCase

QUEUE = "/admin/generation/publication/"


class TestPublicationAdmin(SharingTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.staff)

    def act(self, action: str, *publications: Publication, **data: str):
        ids = [str(one.id) for one in publications]
        return self.client.post(
            f"{QUEUE}?queue=all", {"action": action, "_selected_action": ids, **data}, follow=True
        )

    def state(self, publication: Publication) -> str:
        return Publication.objects.get(id=publication.id).state

    def page(self, publication: Publication) -> str:
        return f"{QUEUE}{publication.id}/change/"

    def test_it_lists_what_waits_with_its_picture(self) -> None:
        waiting = self.ask()
        published = self.published(self.hang("a quiet harbor"))
        trashed = self.ask(self.hang("a lost glove"))
        trash.move_to_trash(trashed.image)
        page = self.client.get(QUEUE)
        self.assertContains(page, self.page(waiting))
        self.assertContains(page, waiting.image.thumbnail_key)
        for absent in (published, trashed):
            self.assertNotContains(page, self.page(absent))
        self.assertContains(self.client.get(f"{QUEUE}?queue=published"), self.page(published))
        self.assertContains(self.client.get(f"{QUEUE}?queue=all"), self.page(trashed))

    def test_it_approves_several_and_writes_who(self) -> None:
        first, second = self.ask(), self.ask(self.hang())
        self.assertContains(self.act("publish", first, second), "2 images are now in Explore.")
        for publication in (first, second):
            publication.refresh_from_db()
            assert (publication.state, publication.decided_by) == (
                PublicationState.PUBLISHED,
                self.staff,
            )
        entry = LogEntry.objects.filter(object_id=str(first.id)).get()
        assert (entry.user, entry.change_message) == (self.staff, "approved")

    def test_it_refuses_with_a_reason_and_never_without(self) -> None:
        publication = self.ask()
        self.assertContains(
            self.act("refuse", publication, reason="  "), "Enter a reason. The owner will see it."
        )
        assert self.state(publication) == PublicationState.WAITING
        self.act("refuse", publication, reason="It shows a real person.")
        publication.refresh_from_db()
        assert (publication.state, publication.reason) == (
            PublicationState.REFUSED,
            "It shows a real person.",
        )
        self.assertContains(self.client.get(f"{QUEUE}?queue=refused"), "It shows a real person.")

    def test_it_lists_what_is_reported(self) -> None:
        published = self.published()
        self.assertNotContains(self.client.get(QUEUE), self.page(published))
        image_reports.report(published, reporter="1.1.1.1", kind="person", words="my sister")
        self.assertContains(self.client.get(QUEUE), self.page(published))
        self.assertContains(self.client.get(self.page(published)), "my sister")
        self.act("publish", published)
        self.assertNotContains(self.client.get(QUEUE), self.page(published))
        assert self.state(published) == PublicationState.PUBLISHED

    def test_it_tells_of_what_was_withdrawn_meanwhile(self) -> None:
        publication = self.ask()
        publications.withdraw(self.image)
        self.assertContains(self.act("publish", publication), "Already reviewed or withdrawn")
        assert self.state(publication) == PublicationState.WITHDRAWN


class TestStopSharing(SharingTestCase):
    def test_it_stops_links_and_publications(self) -> None:
        slug = self.link().link_slug
        self.client.force_login(self.staff)
        data = {"action": "stop_sharing", "_selected_action": [str(self.image.id)]}
        self.client.post("/admin/generation/image/", data)
        assert share_links.find(slug) is None
        assert LogEntry.objects.get().change_message == "sharing stopped"
