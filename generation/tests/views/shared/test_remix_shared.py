"""/create/?share=SLUG.

The form filled as somebody else's shared picture was made, as far as its owner tells.
"""

from datetime import timedelta

from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from generation.gallery import trash
from generation.gallery.sharing import share_links
from generation.models import ImageModel, Job, Status
from generation.testing.rows.api import make_image, make_job
from generation.testing.rows.gallery import NOBODY_EVER, SharingTestCase

ENDED = "This image is no longer shared. Its parameters weren’t applied."


class TestRemixShared(SharingTestCase):
    def setUp(self):
        super().setUp()
        self.url = reverse("create")
        job = make_job(
            self.alice,
            status=Status.SUCCEEDED,
            prompt="tea hills in mist",
            negative_prompt="fog",
            width=1216,
            height=832,
            steps=31,
            guidance=4.5,
            style="ink",
            seed=40,
        )
        self.image = make_image(self.alice, job=job, seed=41)
        self.slug = self.link(with_parameters=True).link_slug
        self.client.force_login(self.bob)

    def remix(self, slug=None, **query):
        return self.client.get(self.url, {"share": self.slug if slug is None else slug, **query})

    def test_it_takes_over_every_parameter_but_the_seed(self):
        page = self.remix()
        form = page.context["composer"]
        assert (form.model.slug, form.prompt, form.negative_prompt) == (
            "flux-dev",
            "tea hills in mist",
            "fog",
        )
        assert (form.size, form.texts["steps"], form.texts["guidance"]) == (
            (1216, 832),
            "31",
            "4.5",
        )
        assert (form.style, form.seed, form.count) == ("ink", "", 1)
        assert page.context["is_filled"] is True
        self.assertNotContains(page, str(self.image.id))
        self.assertNotContains(page, str(self.image.job_id))

    def test_it_takes_over_a_lora_without_the_key_in_its_address(self):
        lora = {
            "lora_url": "https://example.org/style.safetensors?token=secret#x",
            "lora_scale": 0.7,
        }
        Job.objects.filter(id=self.image.job_id).update(
            model=ImageModel.objects.get(slug="qwen-image-lora"), steps=None, guidance=None, **lora
        )
        page = self.remix()
        form = page.context["composer"]
        assert (form.lora_url, form.texts["lora_scale"]) == (
            "https://example.org/style.safetensors",
            "0.7",
        )
        self.assertNotContains(page, "secret")
        self.client.force_login(self.alice)
        assert self.remix().context["composer"].lora_url == lora["lora_url"], "one's own as it was"

    def test_it_believes_the_share_and_not_the_address(self):
        form = self.remix(
            model="flux-schnell", steps="3", negative_prompt="x", job=str(self.image.job_id)
        ).context["composer"]
        assert (form.model.slug, form.texts["steps"], form.negative_prompt) == (
            "flux-dev",
            "31",
            "fog",
        )

    def test_it_leaves_out_source_pictures_that_are_not_ones_own(self):
        source = self.hang()
        Job.objects.filter(id=self.image.job_id).update(source_images=[str(source.id)])
        assert self.remix().context["composer"].sources == []
        self.client.force_login(self.alice)
        assert self.remix().context["composer"].sources == [str(source.id)]

    def test_it_says_so_where_nothing_is_told_and_leaves_the_form_alone(self):
        untold = self.link(self.hang("a secret")).link_slug
        expired = self.link(
            self.hang(), with_parameters=True, until=timezone.now() - timedelta(seconds=1)
        ).link_slug
        stopped = self.hang()
        stopped_slug = self.link(stopped, with_parameters=True).link_slug
        share_links.stop_link(stopped)
        trashed = self.hang()
        trashed_slug = self.link(trashed, with_parameters=True).link_slug
        trash.move_to_trash(trashed)
        waiting = self.ask(self.hang(), with_parameters=True).slug
        for slug in (
            NOBODY_EVER,
            untold,
            expired,
            stopped_slug,
            trashed_slug,
            waiting,
            "",
            "\0",
            "x" * 500,
        ):
            with self.subTest(slug):
                answer = self.remix(slug)
                self.assertRedirects(answer, self.url, fetch_redirect_response=False)
                page = self.client.get(self.url)
                assert [str(one) for one in get_messages(page.wsgi_request)] == [ENDED]
                self.assertContains(page, ENDED)
                assert page.context["is_filled"] is False
                self.assertNotContains(page, "a secret")

    def test_it_waits_while_somebody_signs_in_or_up(self):
        self.client.logout()
        answer = self.remix(seed="keep")
        next_page = f"{self.url}?share={self.slug}&seed=keep"
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, reverse("login"))
        page = self.client.get(answer["Location"])
        assert page.context["next"] == next_page
        form = {"username": "bob@example.org", "password": "password", "next": next_page}
        self.assertRedirects(
            self.client.post(reverse("login"), form), next_page, fetch_redirect_response=False
        )
        assert self.client.get(next_page).context["composer"].seed == "41"
