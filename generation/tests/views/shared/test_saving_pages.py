"""“Save to my gallery” on shared pages, what a copy's own pages show, and the way through sign-in."""

import io
import json
import zipfile

from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from generation.files import storage
from generation.gallery import collections, trash
from generation.gallery.sharing import collection_share_links, publications, share_links
from generation.models import Image
from generation.testing.rows.saving import PROMPT, SavingTestCase, with_files
from generation.user_data import export_contents

HIDDEN = (PROMPT, "FLUX", "flux-dev", "Alice")


class SavingPagesTestCase(SavingTestCase):
    def setUp(self):
        super().setUp()
        self.client = Client(headers={"Accept-Language": "en"})
        self.client.force_login(self.bob)

    def page(self, slug):
        return self.client.get(reverse("shared", args=[slug]))

    def press(self, slug, client=None):
        return (client or self.client).post(reverse("save_shared", args=[slug]))

    def own(self):
        return list(Image.objects.of(self.bob))

    def texts(self, response):
        return [str(one) for one in get_messages(response.wsgi_request)]


class TestButton(SavingPagesTestCase):
    def test_it_saves_and_offers_an_undo(self):
        slug = self.share()
        self.assertContains(self.page(slug), "Save to my gallery")
        answer = self.press(slug)
        here = reverse("shared", args=[slug])
        self.assertRedirects(answer, here, fetch_redirect_response=False)
        (copy,) = self.own()
        page = self.client.get(answer["Location"])
        self.assertContains(page, "Saved to your gallery.")
        self.assertContains(page, "In your gallery")
        self.assertContains(page, f'href="{reverse("image", args=[copy.id])}"')
        self.assertNotContains(page, "Save to my gallery")
        undo = f"{reverse('trash_image', args=[copy.id])}?next=%2Fs%2F{slug}%2F"
        self.assertContains(page, f'formaction="{undo}"')
        self.assertContains(page, 'id="image-form"')
        self.client.post(undo)
        assert self.own()[0].trashed_at
        self.assertContains(self.page(slug), "Save to my gallery")

    def test_a_second_press_leads_to_the_copy(self):
        slug = self.share()
        self.press(slug)
        answer = self.press(slug)
        (copy,) = self.own()
        self.assertRedirects(answer, reverse("image", args=[copy.id]))
        assert "This image is already in your gallery." in self.texts(answer)

    def test_it_says_that_the_link_was_turned_off(self):
        slug = self.share()
        share_links.stop_link(self.image)
        answer = self.press(slug)
        self.assertRedirects(answer, reverse("gallery"))
        assert self.texts(answer) == ["This image isn’t shared any more, so it can’t be saved."]
        assert self.own() == []

    def test_it_says_that_moderators_have_stopped_it(self):
        slug = self.share()
        publications.refuse(self.published(), by=self.staff, reason="no")
        answer = self.press(slug)
        self.assertRedirects(answer, reverse("shared", args=[slug]))
        assert "moderators" in self.texts(answer)[0]
        assert self.own() == []

    def test_it_is_on_the_pages_of_explore_and_of_shared_collections(self):
        publication = self.published()
        self.press(publication.slug)
        collection = collections.create(user=self.alice, name="Hills")
        other = with_files(self.hang("a boat"))
        collections.add(collection, image_ids=[other.id])
        slug = collection_share_links.share(
            collection, until=None, with_parameters=False, with_name=False
        ).link_slug
        item = reverse("shared_item", args=[slug, collection.members.get().pk])
        self.assertContains(self.client.get(item), f'action="{item}save/"')
        self.assertRedirects(self.client.post(f"{item}save/"), item)
        assert len(self.own()) == 2
        self.assertRedirects(
            self.client.post(reverse("save_shared_item", args=[slug, 2**70])), reverse("gallery")
        )


class TestVisitor(SavingPagesTestCase):
    def setUp(self):
        super().setUp()
        self.visitor = Client(headers={"Accept-Language": "en"})

    def test_it_signs_in_and_returns_to_a_saved_image(self):
        slug = self.share()
        page = self.visitor.get(reverse("shared", args=[slug]))
        self.assertContains(page, "Sign in to save")
        answer = self.press(slug, self.visitor)
        here = reverse("save_shared", args=[slug])
        assert answer["Location"].endswith(f"?next={here}")
        form = {"username": self.bob.email, "password": "password", "next": here}
        answer = self.visitor.post(answer["Location"], form)
        assert (answer.status_code, answer["Location"]) == (302, here)
        answer = self.visitor.get(here)
        self.assertRedirects(answer, reverse("shared", args=[slug]))
        assert len(self.own()) == 1

    def test_an_address_alone_saves_nothing(self):
        slug = self.share()
        here = reverse("save_shared", args=[slug])
        page = reverse("shared", args=[slug])
        for client, goal in ((self.client, page), (self.visitor, f"/accounts/login/?next={page}")):
            for method in (client.get, client.head):
                self.assertRedirects(method(here), goal, fetch_redirect_response=False)
        assert self.own() == []

    def test_a_press_for_one_image_saves_no_other(self):
        self.press(self.share(), self.visitor)
        other = self.link(with_files(self.hang("a boat"))).link_slug
        self.visitor.force_login(self.bob)
        self.visitor.get(reverse("save_shared", args=[other]))
        self.visitor.cookies["save_after_sign_in"] = reverse("save_shared", args=[other])
        self.visitor.get(reverse("save_shared", args=[other]))
        assert self.own() == []


class TestCopyPage(SavingPagesTestCase):
    def test_it_shows_what_was_shared(self):
        copy = self.copy(with_parameters=True, with_name=True)
        page = self.client.get(reverse("image", args=[copy.id]))
        self.assertContains(page, "Saved from Alice A.")
        for text in (PROMPT, "FLUX.1 dev", f"?saved={copy.id}&amp;seed=keep", "cost nothing"):
            self.assertContains(page, text)
        for text in ("Repeat exactly", "How it was made", "as quoted"):
            self.assertNotContains(page, text)
        form = self.client.get(reverse("create"), {"saved": str(copy.id), "seed": "keep"})
        composer = form.context["composer"]
        assert (composer.prompt, composer.model.slug, composer.seed) == (PROMPT, "flux-dev", "7")

    def test_nothing_shows_what_was_hidden(self):
        copy = self.copy(with_name=False)
        found = b"".join(
            self.client.get(address).content
            for address in (
                reverse("image", args=[copy.id]),
                reverse("gallery"),
                reverse("share_image", args=[copy.id]),
                reverse("compare_image", args=[copy.id]),
                f"/api/v1/images/{copy.id}/",
                "/api/v1/images/",
                "/api/v1/jobs/",
                reverse("shared", args=[self.link(copy, with_parameters=True).link_slug]),
            )
        )
        exported = b"".join(
            part.encode() if isinstance(part, str) else part
            for name, parts in export_contents.files(self.bob)
            for part in parts
        )
        for data in (found, exported, storage.read(copy.key)):
            for secret in HIDDEN:
                with self.subTest(secret):
                    # The gallery names models in its filters, of own images only.
                    assert secret.encode() not in data
        assert "The author hasn’t shown the prompt and parameters.".encode() in found
        self.assertNotContains(self.client.get(reverse("create"), {"saved": str(copy.id)}), PROMPT)

    def test_it_is_downloaded_with_the_selection(self):
        shown = self.copy(with_parameters=True, with_name=True)
        answer = self.client.post(reverse("download_selection"), {"ids": str(shown.id)})
        archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
        (described,) = json.loads(archive.read("parameters.json"))
        assert described["prompt"] == PROMPT
        assert described["saved_from"] == "Alice A."


class TestStaff(SavingPagesTestCase):
    def test_staff_see_copies_among_the_images(self):
        copy = self.copy(with_name=True)
        self.client.force_login(self.staff)
        for address in (
            reverse("admin:generation_image_changelist"),
            reverse("admin:generation_image_change", args=[copy.id]),
        ):
            self.assertContains(self.client.get(address), "Saved from Alice A.")

    def test_a_publication_is_named_without_its_prompt(self):
        publication = self.ask()
        self.client.force_login(self.staff)
        address = reverse("admin:generation_publication_change", args=[publication.id])
        self.assertContains(self.client.get(address), str(publication))
        assert PROMPT not in str(publication)
        assert str(publication.id) not in str(publication)


class TestSharedItem(SavingPagesTestCase):
    def setUp(self):
        super().setUp()
        self.collection = collections.create(user=self.alice, name="Hills")
        self.images = [self.image, self.hang("a boat"), self.hang("a tower")]
        for image in self.images:
            collections.add(self.collection, image_ids=[image.id])
        self.slug = collection_share_links.share(
            self.collection, until=None, with_parameters=True, with_name=False
        ).link_slug
        self.members = list(self.collection.members.order_by("-id").values_list("id", flat=True))

    def at(self, index):
        return reverse("shared_item", args=[self.slug, self.members[index]])

    def test_it_leads_to_the_images_beside_it(self):
        first, middle, last = (self.client.get(self.at(index)).context for index in range(3))
        assert (first["previous"], first["next"]) == ("", self.at(1))
        assert (middle["previous"], middle["next"]) == (self.at(0), self.at(2))
        assert (last["previous"], last["next"]) == (self.at(1), "")

    def test_it_leaves_out_what_others_do_not_see(self):
        trash.move_to_trash(self.images[1])
        assert self.client.get(self.at(0)).context["next"] == self.at(2)

    def test_it_can_be_remixed(self):
        page = self.client.get(self.at(0))
        remix = f"{reverse('create')}?share={self.slug}&item={self.members[0]}"
        self.assertContains(page, f'href="{remix.replace("&", "&amp;")}"')
        assert self.client.get(remix).context["composer"].prompt == "a tower"

    def test_it_cannot_be_remixed_without_its_parameters(self):
        collection_share_links.share(
            self.collection, until=None, with_parameters=False, with_name=False
        )
        self.assertNotContains(self.client.get(self.at(0)), "Remix")
        query = {"share": self.slug, "item": self.members[0]}
        self.assertRedirects(
            self.client.get(reverse("create"), query),
            reverse("create"),
            fetch_redirect_response=False,
        )
        for item in ("", "x", "-1", "9" * 40, "0"):
            query["item"] = item
            assert self.client.get(reverse("create"), query).status_code == 302
