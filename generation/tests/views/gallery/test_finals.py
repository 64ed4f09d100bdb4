"""Finals of selected drafts: made from them, or new ones from their prompts."""

import uuid

import pytest
from django.urls import reverse

from accounts.models import User
from generation.catalog.offers import InvalidParameters
from generation.jobs.placing import retries
from generation.models import Image, ImageModel, Job, Status
from generation.studio.forms import remaking
from generation.testing import orders
from generation.testing.pages.html import flat
from generation.testing.rows.api import make_image, make_job
from generation.testing.rows.gallery import GalleryTestCase

SCRIPT = {"X-Part": "1"}


class TestFinals(GalleryTestCase):
    def draft(self, prompt="a kite", *, user=None, model="p-image", seed=7, **fields):
        job = make_job(
            user or self.alice,
            status=Status.SUCCEEDED,
            prompt=prompt,
            model=model,
            **{"width": 688, "height": 384} | fields,
        )
        return make_image(user or self.alice, job=job, width=688, height=384, seed=seed)

    def finish(self, *images, **fields):
        form = {"ids": ",".join(self.ids(*images)), **fields}
        return self.client.post(reverse("finish_selection"), form, headers=SCRIPT)

    def offered(self, *images, **fields):
        page = flat(self.finish(*images, **fields))
        return [part.partition('"')[0] for part in page.split('name="model" value="')[1:]]

    def test_lists_and_pages_call_drafts_what_the_server_takes_for_them(self):
        draft = self.draft()
        source = [str(draft.id)]
        others = [
            self.draft(scale=2, source_images=source), self.draft(draft=source[0]),
            self.draft(erase=True, source_images=source), self.draft(prompt=""),
        ]  # fmt: skip
        for address in (reverse("gallery"), reverse("create")):
            page = flat(self.client.get(address, {"plain": ""}))
            for image, is_draft in ((draft, True), *((other, False) for other in others)):
                tag = page.partition(f'data-image="{image.id}"')[2].partition(">")[0]
                assert ("data-draft" in tag) is is_draft, (address, tag)
        feed = flat(self.client.get(reverse("create")))
        assert 'data-made="1 draft"' in feed
        page = flat(self.client.get(reverse("image", args=[draft.id])))
        assert "688 × 384, 16:9, Draft<" in page

    def queued(self):
        return list(Job.objects.filter(status=Status.QUEUED).order_by("id"))

    def test_it_asks_by_which_model_with_the_whole_price(self):
        page = flat(self.finish(self.draft(), self.draft(seed=9)))
        assert "2 images · 1344 × 768" in page
        assert "6\N{NO-BREAK SPACE}credits" in page
        kept, new = page.split("from the prompts of the drafts")
        assert "The same images in full quality, made from the drafts." in kept
        assert 'value="flux-kontext"' in kept
        assert 'value="flux-dev"' in new
        assert not self.queued()

    def test_the_model_of_the_form_comes_first_then_those_of_the_catalog(self):
        draft = self.draft()
        kept = ["flux-kontext", "qwen-image-edit-2511", "nano-banana-pro", "nano-banana-2"]
        assert self.offered(draft) == [*kept, "flux-dev", "qwen-image"]
        assert self.offered(draft, prefer="wan-2-6") == [*kept, "wan-2-6", "flux-dev"]
        assert self.offered(draft, prefer="nano-banana")[:2] == ["nano-banana", "flux-kontext"]
        assert self.offered(draft, prefer="p-image") == [*kept, "flux-dev", "qwen-image"]

    def test_a_final_that_keeps_the_composition_has_its_draft_as_its_source(self):
        draft = self.draft()
        self.finish(draft, model="flux-kontext")
        job = self.queued()[0]
        assert job.source_images == [job.draft] == [str(draft.id)]
        assert job.prompt == f"a kite\n\n{remaking.INSTRUCTIONS['final']}"
        assert (job.width, job.height) == (1344, 768)
        made = self.draft(model="flux-kontext", draft=job.draft, source_images=[job.draft])
        assert self.origin_of(made).count(f'href="/images/{draft.id}/"') == 1

    def test_without_a_model_that_can_it_is_called_a_new_image(self):
        ImageModel.objects.filter(max_source_images__gt=0).update(enabled=False)
        page = flat(self.client.get(reverse("image", args=[self.draft().id])))
        assert 'title="New image from the same prompt · D"' in page
        assert "Finish" not in page

    def test_it_repeats_prompts_and_seeds_in_a_run_for_each_prompt(self):
        images = [self.draft(seed=7), self.draft("a boat", seed=8), self.draft(seed=9)]
        form = {"model": "flux-dev", "key": "one"}
        page = flat(self.finish(*images, **form))
        assert page.count("data-run=") == 2
        self.finish(*images, **form)  # its answer was lost
        jobs = self.queued()
        assert [(job.prompt, job.seed) for job in jobs] == [
            ("a kite", 7), ("a kite", 9), ("a boat", 8),
        ]  # fmt: skip
        assert {(job.model.slug, job.width, job.height) for job in jobs} == {
            ("flux-dev", 1344, 768)
        }
        assert jobs[0].batch == jobs[1].batch != jobs[2].batch
        self.alice.refresh_from_db()
        assert self.alice.held == 9

    def test_finals_know_their_drafts(self):
        draft, other = self.draft(), self.draft("a boat")
        self.finish(draft, other, model="flux-dev")
        jobs = self.queued()
        assert [job.draft for job in jobs] == self.ids(draft, other)
        made = "From a draft · 1344 × 768"
        assert all(made in flat(self.client.get(page)) for page in ("/create/", "/account/ledger/"))
        size = {"width": 1344, "height": 768}
        final = self.draft(model="flux-dev", draft=str(draft.id), **size)
        Image.objects.filter(id=final.id).update(**size)
        assert made in self.origin_of(final)
        assert f'href="/images/{draft.id}/"' in self.origin_of(final)
        assert f'href="/images/{final.id}/"' in self.origin_of(draft).partition("Made into")[2]
        assert self.client.get(reverse("compare_source", args=[final.id])).status_code == 200
        assert str(final.id) in flat(self.client.get("/gallery/", {"source": str(draft.id)}))
        assert not final.sourced
        Image.objects.filter(id=draft.id).delete()
        assert "The draft was deleted." in self.origin_of(final)
        assert retries.retry(user=self.alice, job=jobs[0]).draft == str(draft.id)

    def origin_of(self, image):
        page = flat(self.client.get(reverse("image", args=[image.id])))
        return page.partition('<section class="lineage"')[2].partition("</section>")[0]

    def test_an_image_of_others_is_no_draft(self):
        foreign = str(self.draft(user=self.staff).id)
        order = {"model": "flux-dev", "prompt": "a kite"}
        for draft, code in (
            (foreign, "does_not_exist"),
            ("kite", "does_not_exist"),
            (3, "invalid"),
        ):
            with pytest.raises(InvalidParameters) as refused:
                orders.place(user=self.alice, request={**order, "draft": draft})
            assert [(error.field, error.code) for error in refused.value.errors] == [
                ("draft", code)
            ]
        with pytest.raises(InvalidParameters) as refused:
            orders.place_batch(
                user=self.alice, requests=[order, {**order, "draft": foreign}], is_listed=True
            )
        assert refused.value.errors[0].field == "jobs[1].draft"
        assert not self.queued()

    def test_it_places_all_or_nothing(self):
        User.objects.filter(pk=self.alice.pk).update(credits=5)
        images = [self.draft(), self.draft("a boat")]
        assert 'aria-disabled="true"' in flat(self.finish(*images))
        assert self.finish(*images, model="flux-dev").status_code == 402
        assert not self.queued()

    def test_it_leaves_out_what_has_no_better_one(self):
        draft, final = self.draft(), self.hang(width=1344, height=768)
        page = flat(self.finish(draft, final, model="flux-dev"))
        assert page.count("data-job=") == 1
        assert self.finish(final, model="flux-dev").status_code == 400
        assert "None of these is a draft" in flat(self.finish(final))
        for image, is_draft in ((draft, True), (final, False)):
            offers = self.client.get(reverse("image_offers", args=[image.id])).json()
            page = flat(self.client.get(reverse("image", args=[image.id])))
            label = 'title="Finish · D"'
            assert ((offers["finish"] is not None), label in page) == (is_draft, is_draft)
        foreign = self.draft(user=self.staff)
        assert self.finish(foreign, model="flux-dev").status_code == 400
        upscaled = self.draft(scale=2, source_images=[str(draft.id)])
        assert "None of these is a draft" in flat(self.finish(upscaled))

    def test_the_final_of_an_edit_is_made_from_the_edit(self):
        source = self.hang()
        draft = self.draft(model="p-image-edit", source_images=[str(source.id)])
        assert "flux-dev" not in self.offered(draft)
        self.finish(draft, model="flux-kontext")
        job = self.queued()[0]
        assert job.source_images == [str(draft.id)]
        assert job.prompt == remaking.INSTRUCTIONS["final"]

    def test_without_script_it_is_a_page(self):
        draft = self.draft()
        page = self.client.post(reverse("finish_selection"), {"ids": str(draft.id)})
        assert 'value="flux-kontext"' in flat(page)
        form = {"ids": str(draft.id), "model": "flux-dev", "key": str(uuid.uuid4())}
        answer = self.client.post(reverse("finish_selection"), form)
        assert answer["Location"] == f"/create/#run-{self.queued()[0].batch}"

    def test_one_image_says_what_it_costs(self):
        address = reverse("image_offers", args=[self.draft().id])
        offer = self.client.get(address).json()["finish"]
        assert offer["model"] == "flux-kontext"
        text = "FLUX.1 Kontext · 1344 × 768 · 3\N{NO-BREAK SPACE}credits"
        assert offer["text"].startswith(text)
        chosen = self.client.get(address, {"model": "nano-banana"}).json()["finish"]
        assert chosen["model"] == "nano-banana"
