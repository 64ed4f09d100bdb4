"""Acting on an image where it is shown: offers with prices, runs as parts, its prompt again."""

from django.urls import reverse

from accounts.models import User
from generation.models import Image, Job, Status
from generation.testing.pages.html import flat
from generation.testing.rows.api import make_image, make_job
from generation.tests.views.image.test_edit_pages import EditPagesTestCase

SCRIPT = {"X-Part": "1"}


class TestOffers(EditPagesTestCase):
    def setUp(self):
        super().setUp()
        self.image = self.hang("tea hills", model="z-image-turbo", width=1024, height=768)

    def offers(self, image=None):
        return self.client.get(self.at("image_offers", image)).json()

    def test_it_says_what_each_action_costs_and_how_long_it_takes(self):
        offers = self.offers()
        assert offers["vary"] == offers["vary_strong"]
        variants = "4 variants by Z-Image Turbo · 4\N{NO-BREAK SPACE}credits · "
        assert offers["vary"]["text"].startswith(variants)
        assert offers["upscale"]["text"].startswith("2048 × 1536 · 1\N{NO-BREAK SPACE}credit · ")
        assert offers["edit_area"]["price"] == "from 2 credits".replace(" ", "\N{NO-BREAK SPACE}")

    def test_it_says_what_is_not_possible(self):
        self.disable()
        assert self.offers() == {
            "vary": None, "vary_strong": None, "upscale": None, "edit_area": None, "finish": None,
            "describe": None,
        }  # fmt: skip

    def test_it_says_how_many_credits_are_missing(self):
        User.objects.filter(pk=self.alice.pk).update(credits=1)
        assert "3\N{NO-BREAK SPACE}credits more needed" in self.offers()["vary"]["text"]


class TestActs(EditPagesTestCase):
    def test_scripts_get_the_run_which_says_what_it_makes(self):
        for name, form, made in (
            ("vary_image", {"amount": "subtle"}, "4 variants"),
            ("upscale_image", {"scale": "2"}, "Upscaled ×2 · 2048 × 1536"),
        ):
            answer = self.client.post(self.at(name), form, headers=SCRIPT)
            assert answer.status_code == 201
            run = Job.objects.filter(status=Status.QUEUED).latest("id").batch
            assert f'data-run="{run}"' in flat(answer)
            assert f'data-made="{made}"' in flat(answer)

    def test_a_press_whose_answer_was_lost_places_nothing_twice(self):
        form = {"amount": "strong", "key": "a press"}
        runs = [flat(self.client.post(self.at("vary_image"), form, headers=SCRIPT)) for _n in "12"]
        assert Job.objects.filter(status=Status.QUEUED).count() == 4
        assert runs[0].count("data-job") == runs[1].count("data-job") == 4

    def test_a_refusal_is_its_text(self):
        User.objects.filter(pk=self.alice.pk).update(credits=0)
        answer = self.client.post(self.at("vary_image"), {"amount": "subtle"}, headers=SCRIPT)
        assert answer.status_code == 402
        assert answer["Content-Type"].startswith("text/plain")


class TestRunTiles(EditPagesTestCase):
    def test_it_has_the_images_of_a_run_as_the_gallery_shows_them(self):
        address = reverse("run_tiles", args=[self.image.job_id])
        assert f'href="/images/{self.image.id}/"' in flat(self.client.get(address))
        Image.objects.update(trashed_at="2026-01-01T00:00Z")
        assert self.client.get(address).status_code == 404


class TestWhatWasMade(EditPagesTestCase):
    def test_feed_and_ledger_say_it(self):
        self.client.post(self.at("upscale_image"), {"scale": "2"})
        made = "Upscaled ×2 · 2048 × 1536"
        assert made in flat(self.client.get(reverse("create")))
        assert made in flat(self.client.get(reverse("ledger")))


class TestReuse(EditPagesTestCase):
    def test_create_takes_the_parameters_of_an_image(self):
        page = flat(self.client.get(reverse("create"), {"image": str(self.image.id)}))
        assert "tea hills</textarea>" in page
        foreign = make_image(self.staff, job=make_job(self.staff, prompt="of another"))
        page = flat(self.client.get(reverse("create"), {"image": str(foreign.id)}))
        assert "of another" not in page


class TestShareInOnePress(EditPagesTestCase):
    def test_it_creates_a_link_only_once(self):
        def pressed() -> str:
            self.client.post(self.at("share_image"), {"once": "1"}, headers=SCRIPT)
            return Image.objects.get(pk=self.image.pk).link_slug

        first = pressed()
        options = {"period": "7", "parameters": "on"}
        self.client.post(self.at("share_image"), options, headers=SCRIPT)
        assert first == pressed()
        image = Image.objects.get(pk=self.image.pk)
        assert image.link_until
        assert image.link_parameters
