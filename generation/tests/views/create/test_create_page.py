"""GET and POST /create/."""

import re
import uuid
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone, translation

from accounts.models import CreditEntry, User
from generation.catalog.edit_sizes import size_like
from generation.catalog.shapes import of_sizes, shape_name
from generation.files import uploads
from generation.gallery import collections
from generation.models import Endpoint, GenerationSwitch, Image, ImageModel, Job, Status, Upload
from generation.testing import orders
from generation.testing.clock import held_clock
from generation.testing.pages.html import flat
from generation.testing.rows.api import make_image, make_job
from generation.testing.rows.gallery import GalleryTestCase
from generation.testing.rows.image_files import noise, png
from generation.views.jobs import feed

SCRIPT = {"X-Part": "1"}
"""User, quotas, runs, their jobs, images, styles, switch."""


class TestCreatePage(GalleryTestCase):
    def setUp(self):
        super().setUp()
        self.url = reverse("create")

    def form(self, **fields):
        return {
            "model": "flux-schnell",
            "prompt": "a lighthouse",
            "shape": "1024x1024",
            "count": "2",
            **fields,
        }

    def assert_nothing_stored(self):
        assert Job.objects.count() == 0
        assert not CreditEntry.objects.filter(user=self.alice, kind="hold").exists()
        self.alice.refresh_from_db()
        assert (self.alice.credits, self.alice.held) == (100, 0)

    # --- what it shows ----------------------------------------------------------------------------
    # -------------------

    def test_it_shows_each_image_of_a_job(self):
        first = make_image(self.alice)
        second = make_image(self.alice, job=first.job, position=1)
        trashed = make_image(self.alice, job=first.job, position=2, trashed_at=timezone.now())
        for address in (self.url, reverse("job", args=[first.job_id])):
            page = self.client.get(address, {"plain": ""})
            shown = re.findall(r'data-image="([^"]+)"', page.content.decode())
            assert shown == [str(first.id), str(second.id)]
            self.assertNotContains(page, str(trashed.id))
        assert self.shown(self.client.get(self.url)) == self.ids(first, second)

    def test_it_tells_the_script_which_day_stands_first_and_in_which_zone(self):
        self.alice.time_zone = "Asia/Tokyo"
        self.alice.save(update_fields=["time_zone"])
        page = self.client.get(self.url)
        with timezone.override(ZoneInfo("Asia/Tokyo")):
            self.assertContains(
                page, f'<h1 class="heading" data-day="{timezone.localdate():%Y-%m-%d}">Today</h1>'
            )
        self.assertContains(page, 'data-zone="Asia/Tokyo"')

    def test_it_leaves_out_what_the_model_does_not_take(self):
        page = self.client.get(self.url, {"model": "wan-2-6"})
        for name in (
            "negative_prompt",
            "steps",
            "guidance",
            "width",
            "source_images",
            "strength",
            "lora_url",
        ):
            assert f'name="{name}"' not in self.sent(page)
        assert self.sent(page).count('name="shape"') == 3
        whole = self.client.get(self.url, {"model": "wan-2-6", "plain": ""})
        # of the template, for another model's sources
        self.assertContains(whole, 'name="source_images"', count=1)

    def sent(self, page) -> str:
        """Return the form alone: what a browser sends is in it."""
        return flat(page).partition('<form class="composer-form"')[2].partition("</form>")[0]

    def test_it_asks_for_a_lora_where_the_model_takes_one(self):
        page = self.client.get(self.url, {"model": "qwen-image-lora"})
        self.assertContains(page, 'name="lora_url"', count=1)
        limits = 'data-default="1" inputmode="decimal" min="0" max="2" step="0.05" value="1"'
        assert f'name="lora_scale" {limits}' in flat(page)

    def test_it_says_at_its_field_that_a_lora_is_not_https(self):
        form = {
            "model": "qwen-image-lora",
            "shape": "1328x1328",
            "lora_url": "http://example.org/a",
            "lora_scale": "0.5",
        }
        answer = self.client.post(self.url, self.form(**form))
        assert 'id="lora_url-error"><' in flat(answer)
        self.assertContains(answer, "Must be an https:// address", status_code=400)
        self.assertContains(answer, 'value="http://example.org/a"', status_code=400)
        assert not Job.objects.exists()
        quote = self.client.get(reverse("quote"), form)
        self.assertContains(quote, '<li data-wrong="lora_url">')

    def test_it_places_a_job_with_a_lora(self):
        form = {"model": "qwen-image-lora", "shape": "1328x1328", "count": "1", "lora_scale": "0,5"}
        self.client.post(self.url, self.form(**form, lora_url=" https://example.org/a "))
        job = Job.objects.get()
        assert (job.lora_url, job.lora_scale, job.credits) == ("https://example.org/a", 0.5, 3)
        self.assertContains(self.client.get(reverse("job", args=[job.id])), "https://example.org/a")

    def test_it_puts_price_and_waiting_time_on_the_button(self):
        page = self.client.get(self.url, {"model": "seedream-4"})
        button = re.search(r'id="create-button".*?</button>', page.content.decode(), re.DOTALL)
        text = re.sub(r"<[^>]+>|\s+", " ", button[0]).replace("\N{NO-BREAK SPACE}", " ")
        assert "Create 4" in text
        assert "16 credits" in text  # 4 × ceil(0.027 × 1.2 / 0.01)

    def test_it_works_without_any_model(self):
        ImageModel.objects.update(enabled=False)
        self.assertContains(self.client.get(self.url), "No models available")

    def test_it_fills_the_form_from_an_own_job(self):
        job = self.place(prompt="a red kite", steps=6, seed=77)
        page = self.client.get(self.url, {"job": str(job.id), "count": "3"})
        self.assertContains(page, "a red kite")
        assert page.context["composer"].texts["steps"] == "6"
        assert (page.context["composer"].seed, page.context["composer"].count) == ("", 3)
        page = self.client.get(self.url, {"job": str(job.id), "seed": "keep"})
        assert page.context["composer"].seed == "77"

    def test_it_leaves_out_numbers_of_a_job_that_another_model_does_not_take(self):
        job = make_job(self.alice, model="flux-fill", steps=28, guidance=30.0)
        composer = self.client.get(self.url, {"job": str(job.id)}).context["composer"]
        assert composer.model.slug != job.model.slug
        assert composer.prompt == job.prompt
        assert composer.wrong_numbers() == []

    def test_it_takes_a_prompt_from_the_address_as_text(self):
        page = self.client.get(self.url, {"prompt": "<script>alert(1)</script>"})
        self.assertContains(page, "&lt;script&gt;alert(1)&lt;/script&gt;")

    def test_it_chooses_a_model_that_takes_pictures_for_a_source(self):
        upload = self.upload(self.alice)
        page = self.client.get(self.url, {"source": str(upload.id)})
        assert page.context["composer"].model.max_source_images > 0
        self.assertContains(page, str(upload.id))
        assert str(self.upload(self.bob).id) not in [
            source.id for source in page.context["sources"]
        ]

    def test_it_takes_several_sources_with_roles_and_a_model_for_as_many(self):
        first, second = str(self.upload(self.alice).id), str(self.upload(self.alice).id)
        form = self.client.get(self.url, {"source": [first, f"{second}:style"]}).context["composer"]
        assert (form.sources, form.roles) == ([first, second], {second: "style"})
        assert form.model.max_source_images >= 2
        many = self.client.get(self.url, {"source": [first] * 40}).context["composer"]
        assert many.model.max_source_images == max(
            model.max_source_images for model in ImageModel.objects.enabled()
        )

    def test_it_shows_the_places_of_jobs_that_were_placed_after_the_queue_was_read(self):
        self.enterContext(held_clock())
        self.client.get(self.url)
        jobs = orders.place_batch(
            user=self.alice, requests=[{"model": "flux-schnell", "prompt": "fog"}] * 3
        ).jobs
        with translation.override("en"):
            self.client.cookies["django_language"] = "en"
            page = self.client.get(self.url)
        cards = [
            card for day in page.context["feed"].days for run in day.runs for card in run.cards
        ]
        assert [card.job.id for card in cards] == [job.id for job in jobs]
        assert [card.phase.title for card in cards] == [
            "Next in queue",
            "1 of yours before it",
            "2 of yours before it",
        ]

    def trashed(self, *, count: int) -> None:
        """Give alice `count` jobs, newest of all, whose pictures are in the trash."""
        now = timezone.now()
        placed = [make_job(self.alice, status=Status.SUCCEEDED) for _n in range(count)]
        for job in placed:
            make_image(self.alice, job=job, trashed_at=now)

    @pytest.mark.slow
    def test_it_goes_on_with_older_pictures_where_the_newest_are_all_in_the_trash(self):
        kept = make_image(self.alice)
        self.trashed(count=feed.JOBS_A_PAGE + 4)
        page = self.client.get(self.url)
        self.assertContains(page, f'data-job="{kept.job_id}"', count=1)
        assert page.context["feed"].next == ""

    @pytest.mark.slow
    def test_it_leaves_no_run_out_between_two_pages(self):
        batches = [uuid.uuid4() for _n in range(feed.RUNS_A_PAGE + 8)]
        for batch in batches:
            for position in range(6):
                job = make_job(self.alice, status=Status.SUCCEEDED, batch=batch)
                make_image(
                    self.alice, job=job, trashed_at=timezone.now() if position == 2 else None
                )
        seen, before = [], ""
        while True:
            page = self.client.get(self.url, {"before": before} if before else {})
            for run in re.findall(r'data-run="([0-9a-f-]+)"', page.content.decode()):
                seen.append(run)
            before = page.context["feed"].next
            if not before:
                break
        assert seen == [str(batch) for batch in reversed(batches)]
        self.assertContains(page, f'data-run="{batches[0]}"')

    # --- what it places ---------------------------------------------------------------------------
    # --------------------

    def test_it_places_a_batch_and_shows_it(self):
        answer = self.client.post(
            self.url, self.form(count="3", seed="5", style="ink", negative_prompt="fog")
        )
        jobs = list(Job.objects.order_by("id"))
        assert answer.status_code == 302
        assert answer["Location"].endswith(f"#run-{jobs[0].batch}")
        assert [job.seed for job in jobs] == [5, 6, 7]
        assert {(job.style, job.negative_prompt, job.width, job.steps) for job in jobs} == {
            ("ink", "fog", 1024, 4)
        }
        self.alice.refresh_from_db()
        assert (self.alice.credits, self.alice.held) == (97, 3)
        page = self.client.get(self.url)
        self.assertContains(page, "data-job=", count=3)

    def test_it_gives_the_script_the_run_and_the_balance(self):
        answer = self.client.post(self.url, self.form(), headers=SCRIPT)
        assert answer.status_code == 201
        self.assertContains(answer, "data-job=", count=2, status_code=201)
        assert (answer["X-Credits"], answer["X-Held"]) == ("98", "2")
        self.assertNotContains(answer, "<html", status_code=201)

    @held_clock()
    def test_it_gives_the_script_the_run_that_the_feed_would_show_and_the_next_quote(self):
        make_job(self.bob, model="flux-schnell")
        placed = self.client.post(self.url, self.form(), headers=SCRIPT)
        quote = self.client.get(reverse("quote"), self.form(), headers=SCRIPT)
        run = reverse("run", args=[Job.objects.of(self.alice).first().batch])
        shown = self.client.get(run, headers=SCRIPT)
        assert "ahead of you" in shown.text
        token = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')
        assert token.sub("", placed.text).split() == token.sub("", shown.text + quote.text).split()
        assert "96\N{NO-BREAK SPACE}credits left after this" in quote.text

    @held_clock()
    def test_it_shows_what_holds_the_model_of_a_placed_job_now(self):
        self.client.post(self.url, self.form(), headers=SCRIPT)  # the order's models are cached
        Endpoint.objects.filter(model__slug="flux-schnell").update(submit_failures=3)
        cache.clear()  # queues are 2 seconds old at most
        self.assertContains(
            self.client.post(self.url, self.form(), headers=SCRIPT),
            "Waiting for a GPU",
            status_code=201,
        )

    def test_it_takes_the_exact_size_instead_of_the_shape(self):
        self.client.post(self.url, self.form(exact="1", width="512", height="768", count="1"))
        assert (Job.objects.get().width, Job.objects.get().height) == (512, 768)

    def test_it_places_the_same_form_once(self):
        for _n in range(3):
            self.client.post(self.url, self.form(key="k1"))
        assert Job.objects.count() == 2
        changed = self.client.post(self.url, self.form(key="k1", prompt="another"))
        assert (changed.status_code, Job.objects.count()) == (409, 2)

    # --- what it refuses
    # ----------------------------------------------------------------------------------------------

    def test_it_says_beside_the_field_what_is_wrong_and_stores_nothing(self):
        wrong = {
            "prompt": [{"prompt": " "}, {"prompt": "x" * 2001}, {"prompt": "a\x07b"}],
            "steps": [{"steps": "0"}, {"steps": "9"}, {"steps": "many"}, {"steps": "1e9"}],
            "guidance": [{"guidance": "nan"}, {"guidance": "inf"}, {"guidance": "-1"}],
            "seed": [{"seed": "-1"}, {"seed": str(2**31)}, {"seed": "0x10"}],
            "width": [
                {"exact": "1", "width": "100", "height": "512"},
                {"exact": "1", "width": "513", "height": "512"},
            ],
            "style": [{"style": "no-such"}],
        }
        for field, forms in wrong.items():
            for form in forms:
                with self.subTest(form=form):
                    answer = self.client.post(self.url, self.form(**form))
                    assert answer.status_code == 400
                    assert field in answer.context["composer"].errors
                    self.assertContains(answer, "circle-alert", status_code=400)
        self.assert_nothing_stored()

    def test_it_keeps_what_was_typed_when_it_refuses(self):
        answer = self.client.post(self.url, self.form(steps="99", prompt="keep me"), headers=SCRIPT)
        self.assertContains(answer, "keep me", status_code=400)
        self.assertContains(answer, 'value="99"', status_code=400)
        self.assertNotContains(answer, "<html", status_code=400)

    def test_it_refuses_what_the_user_cannot_pay(self):
        User.objects.filter(pk=self.alice.pk).update(credits=68)
        answer = self.client.post(
            self.url, self.form(model="seedream-4", shape="2048x2048", count="8")
        )
        assert answer.status_code == 302
        answer = self.client.post(
            self.url, self.form(model="seedream-4", shape="2048x2048", count="8")
        )
        assert answer.status_code == 302
        answer = self.client.post(
            self.url, self.form(model="seedream-4", shape="2048x2048", count="8")
        )
        self.assertContains(answer, "28\N{NO-BREAK SPACE}credits more needed", status_code=402)
        assert Job.objects.count() == 16

    def test_it_places_and_repeats_what_source_images_are_for(self):
        first, second = self.upload(self.alice), self.upload(self.alice)
        images = [f"{first.id}:style", f"{second.id}"]
        form = self.form(model="qwen-image-edit-2511", source_images=images, count="1")
        assert self.client.post(self.url, form).status_code == 302
        job = Job.objects.get()
        assert job.source_images == [str(first.id), str(second.id)]
        assert job.source_roles == ["style", "edit"]
        repeated = self.client.get(self.url, {"job": job.id})
        assert repeated.context["composer"].request()["source_roles"] == ["style", "edit"]
        option = rf'value="{first.id}:style"\s+selected'
        assert re.search(option, repeated.content.decode())

    def test_it_shows_that_the_model_does_not_support_a_role(self):
        upload = self.upload(self.alice)
        form = self.form(model="z-image-turbo", source_images=f"{upload.id}:style")
        answer = self.client.post(self.url, form)
        text = "Z-Image Turbo doesn’t support this role of a source image: Look."
        self.assertContains(answer, text, status_code=400)
        self.assert_nothing_stored()

    def test_it_takes_favorites_and_the_newest_images_of_a_collection_as_moodboard(self):
        images = [make_image(self.alice) for _number in range(6)]
        collection = collections.create(user=self.alice, name="Fog")
        collections.add(collection, image_ids=[image.id for image in images])
        Image.objects.filter(pk=images[0].pk).update(favorite=True)
        form = self.client.get(self.url, {"moodboard": collection.id}).context["composer"]
        assert form.model.slug == "p-image-edit"  # takes the most images
        best = [images[0], *reversed(images[1:])]
        assert form.sources == [str(image.id) for image in best][:5]
        assert set(form.roles.values()) == {"style"}
        assert "up to 5 images" in form.left_out[0]
        query = {"model": "qwen-image-edit-2511", "moodboard": collection.id, "prompt": "a fox"}
        form = self.client.get(reverse("composer"), query).context["composer"]
        assert (form.model.slug, form.prompt) == ("qwen-image-edit-2511", "a fox")
        assert len(form.sources) == 3

    def test_it_adds_a_moodboard_to_the_images_that_are_there(self):
        mine, *images = [make_image(self.alice) for _number in range(3)]
        collection = collections.create(user=self.alice, name="Fog")
        collections.add(collection, image_ids=[image.id for image in (mine, *images)])
        there = [f"{mine.id}:subject-strong"]
        query = {"moodboard": collection.id, "model": "qwen-image-edit-2511"}
        response = self.client.get(reverse("composer"), query | {"source_images": there})
        form = response.context["composer"]
        assert form.model.slug == "qwen-image-edit-2511"
        assert form.request()["source_images"] == [
            str(image.id) for image in (mine, *reversed(images))
        ]
        assert form.request()["source_roles"] == ["subject-strong", "style", "style"]
        self.assertContains(response, "Follow image 1 closely.")
        query["model"] = "flux-kontext"  # one image
        there_too = [*there, f"{images[0].id}:style"]
        response = self.client.get(
            reverse("composer"), {"model": "flux-kontext", "source_images": there_too}
        )
        self.assertContains(response, "subject as in the image. Follow the image closely.")
        response = self.client.get(reverse("composer"), query | {"source_images": there})
        form = response.context["composer"]
        assert form.model.max_source_images >= 3
        assert len(form.sources) == 3

    def file(self, data=None, name="tea.png"):
        return SimpleUploadedFile(name, png() if data is None else data, "image/png")

    def send(self, *files, model="qwen-image-edit-2511", **fields):
        return self.client.post(self.url, self.form(model=model, upload=list(files), **fields))

    def assert_stores_nothing(self, answer, status, text):
        self.assertContains(answer, text, status_code=status)
        assert not Upload.objects.exists()
        assert not list(Path(settings.MEDIA_ROOT).rglob("uploads/*/*"))
        self.assert_nothing_stored()

    def test_it_refuses_files_above_twenty_megabytes_and_stores_none_of_them(self):
        files = [self.file(png() + b"\0" * size, f"{size}.png") for size in (0, 20_000_000)]
        answer = self.send(*files)
        assert "source_images" in answer.context["composer"].errors
        text = "20000000.png is 21 MB. A source image can be up to 20 MB."
        self.assert_stores_nothing(answer, 400, text)

    def test_it_refuses_more_files_than_the_model_takes_and_stores_none_of_them(self):
        answer = self.send(*(self.file(name=f"{number}.png") for number in range(90)))
        assert "source_images" in answer.context["composer"].errors
        self.assert_stores_nothing(answer, 400, "source image")

    def test_it_stores_no_file_of_jobs_that_are_refused(self):
        User.objects.filter(pk=self.alice.pk).update(credits=0)
        answer = self.send(self.file())
        self.assertContains(answer, "more needed", status_code=402)
        User.objects.filter(pk=self.alice.pk).update(credits=100)
        with override_settings(MAX_WAITING_PER_USER=1):
            self.assert_stores_nothing(
                self.send(self.file()), 429, "have in the queue. The limit is 1."
            )
        with override_settings(MAX_JOBS_PER_DAY=1):
            self.assert_stores_nothing(
                self.send(self.file()), 429, "create in a day. The limit is 1."
            )
        GenerationSwitch.objects.create(on=False, message="Back at 14:00.")
        self.assert_stores_nothing(self.send(self.file()), 503, "Back at 14:00.")

    def test_it_stores_no_file_that_cannot_be_decoded_nor_those_before_it(self):
        broken = noise(200, 100)[:20_000]
        answer = self.send(self.file(), self.file(broken, "broken.png"))
        self.assert_stores_nothing(answer, 400, "broken.png: The image can’t be read")

    def test_it_keeps_the_files_of_jobs_that_it_places(self):
        answer = self.send(self.file(), self.file())
        assert answer.status_code == 302
        kept = {str(upload.id) for upload in Upload.objects.all()}
        assert len(kept) == 2
        assert {one for job in Job.objects.all() for one in job.source_images} == kept

    def test_it_keeps_the_files_of_an_order_whose_commit_has_no_answer(self):
        def lose(execute, sql, *arguments):
            if "INSERT INTO generation_job" in sql:
                raise OperationalError("server closed the connection unexpectedly")
            return execute(sql, *arguments)

        with connection.execute_wrapper(lose), pytest.raises(OperationalError):
            self.send(self.file())
        assert Upload.objects.count() == 1

    def test_it_deletes_the_files_of_a_form_that_was_sent_before(self):
        key = str(uuid.uuid4())
        assert self.send(self.file(), key=key).status_code == 302
        before = set(Upload.objects.values_list("id", flat=True))
        answer = self.send(self.file(), key=key)
        self.assertContains(answer, "already sent", status_code=409)
        assert set(Upload.objects.values_list("id", flat=True)) == before

    def test_it_refuses_a_picture_whose_time_in_the_trash_has_ended(self):
        job = make_job(self.alice, status=Status.SUCCEEDED, model="flux-dev")
        ended = timezone.now() - timedelta(days=settings.TRASH_DAYS, seconds=1)
        image = make_image(self.alice, job=job, trashed_at=ended)
        answer = self.client.post(
            self.url, self.form(model="flux-kontext", source_images=str(image.id))
        )
        self.assertContains(answer, "Image not found.", status_code=400)
        assert Job.objects.count() == 1

    def test_it_changes_the_model_without_script_and_places_nothing(self):
        answer = self.client.post(self.url, self.form(switch="qwen-image", prompt="still here"))
        self.assertContains(answer, "still here")
        assert answer.context["composer"].model.slug == "qwen-image"
        self.assert_nothing_stored()

    # --- helpers ----------------------------------------------------------------------------------
    # --------------------

    def place(self, *, user=None, **request):
        request = {"model": "flux-schnell", "prompt": "a lighthouse", **request}
        return orders.place(user=user or self.alice, request=request).jobs[0]

    def upload(self, user):
        return uploads.keep(user=user, data=png())


class TestCreatePageParts(GalleryTestCase):
    def test_it_quotes_by_model_shape_and_count(self):
        answer = self.client.get(
            reverse("quote"), {"model": "flux-dev", "shape": "1024x1024", "count": "8"}
        )
        self.assertContains(answer, "24\N{NO-BREAK SPACE}credits")
        answer = self.client.get(
            reverse("quote"), {"model": "flux-dev", "exact": "1", "width": "256", "height": "256"}
        )
        self.assertContains(answer, "4\N{NO-BREAK SPACE}credits")
        assert Job.objects.count() == 0

    def test_it_quotes_by_the_size_of_the_source(self):
        model = next(one for one in ImageModel.objects.enabled() if one.offer.sized_by_source)
        model.price = {"per_image": 1, "per_megapixel": 400}
        model.save(update_fields=["price"])
        sizes, prices = ((512, 512), (1000, 333)), []
        for size in sizes:
            upload = uploads.keep(user=self.alice, data=png(size))
            query = {"model": model.slug, "count": "1", "source_images": str(upload.id)}
            prices.append(self.client.get(reverse("quote"), query).context["offer"].credits)
        taken = [size_like(width=width, height=height) for width, height in sizes]
        assert prices == [
            model.offer.price_of({"width": width, "height": height}) for width, height in taken
        ]
        assert prices[0] != prices[1]

    def test_it_names_shapes_as_people_do(self):
        self.enterContext(translation.override("en"))
        names = {(1344, 768): "16:9", (832, 1216): "2:3", (1024, 1024): "1:1", (1000, 900): "10:9"}
        assert {size: shape_name(*size) for size in names} == names
        sizes = ("1024x1024", "1280x720", "512x512", "768x768", "1280x1280")
        assert [one.name for one in of_sizes(sizes)] == [
            "1:1",
            "16:9",
            "1:1 small",
            "768\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}768",
            "1:1 large",
        ]
        assert shape_name(1001, 700 - 251) == "1001\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}449"

    def test_it_quotes_with_refused_numbers_but_not_with_missing_fields(self):
        numbers = {
            "exact": "1",
            "width": "4000",
            "height": "1024",
            "steps": "99",
            "guidance": "3",
            "seed": "seven",
        }
        answer = self.client.get(reverse("quote"), {"model": "flux-dev", "count": "1", **numbers})
        shown = [(error.field, error.detail) for error in answer.context["wrong"]]
        expected = [
            ("width", "Must be 256–1536 for FLUX.1 dev."),
            ("steps", "Must be 1–50 for FLUX.1 dev."),
            ("seed", "Must be a whole number."),
        ]
        assert shown == expected
        for field, detail in expected:
            self.assertContains(answer, f'<li data-wrong="{field}">{detail}</li>')
        fine = numbers | {"width": "1024", "steps": "28", "seed": ""}
        answer = self.client.get(reverse("quote"), {"model": "flux-dev", "count": "1", **fine})
        assert answer.context["wrong"] == []
        self.assertNotContains(answer, "data-wrong")

    def test_it_carries_over_what_fits_another_model(self):
        typed = {
            "model": "flux-dev",
            "prompt": "a kite",
            "shape": "1344x768",
            "steps": "40",
            "seed": "9",
            "count": "6",
        }
        answer = self.client.get(reverse("composer"), {**typed, "switch": "seedream-4"})
        composer = answer.context["composer"]
        assert (composer.prompt, composer.shape, composer.count) == ("a kite", "2560x1440", 6)
        self.assertNotContains(answer, 'name="steps"')
        assert (composer.request()["width"], composer.request()["height"]) == (2560, 1440)

    def test_it_gives_untouched_numbers_the_new_models_default(self):
        typed = {"model": "flux-schnell", "steps": "4", "guidance": "3", "switch": "flux-dev"}
        composer = self.client.get(reverse("composer"), typed).context["composer"]
        assert (composer.slider("steps").value, composer.slider("guidance").value) == ("28", "3")
        back = {"model": "flux-dev", "steps": "40", "switch": "flux-schnell"}
        composer = self.client.get(reverse("composer"), back).context["composer"]
        assert composer.slider("steps").value == "4"
