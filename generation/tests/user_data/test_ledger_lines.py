"""The ledger's pages say what each entry was for."""

from artgen.testing.cases import EmulatorTestCase, catch_up
from generation.jobs import drafts, driver, job_control, orders
from generation.models import Image, Job

NBSP = "\N{NO-BREAK SPACE}"


class TestLedgerLine(EmulatorTestCase):
    url = "/account/ledger/"

    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(self.alice)

    def place_run(self, prompt: str, count: int) -> list[Job]:
        request = {"model": "flux-schnell", "prompt": prompt, "width": 256, "height": 256}
        return orders.place_batch(
            user=self.alice, requests=drafts.repeated(request, count=count)
        ).jobs

    def draw(self) -> None:
        while driver.submit("flux-schnell"):
            self.emulator.advance(10)
            catch_up()

    def lines(self) -> list[tuple[str, str, str]]:
        response = self.client.get(self.url)
        return [(line.what, line.reason, line.signed) for line in response.context["lines"]]

    def test_it_shows_a_batch_as_one_line_with_prompt_and_model(self) -> None:
        jobs = self.place_run("tea hills", 3)
        assert self.lines() == [
            ("Held for 3 images, FLUX.1 schnell", "tea hills", "−3"),
            ("Added", "for the test", "+100"),
        ]
        self.draw()
        assert self.lines()[0] == ("Charged for 3 images, FLUX.1 schnell", "tea hills", "3")
        page = self.client.get(self.url)
        self.assertContains(page, f'href="/runs/{jobs[0].batch}/"')
        assert any(f"/{job.id}-0.webp?" in page.content.decode() for job in jobs)

    def test_it_links_one_image_to_its_job(self) -> None:
        job = self.place(prompt="a lighthouse")
        assert self.lines()[0] == ("Held for 1 image, FLUX.1 schnell", "a lighthouse", "−1")
        self.assertContains(self.client.get(self.url), f'href="/jobs/{job.id}/"')

    def test_it_says_why_credits_came_back(self) -> None:
        first, second = self.place_run("tea hills", 2)
        for job in (first, second):
            job_control.cancel(job=job, actor=self.alice)
        assert self.lines()[0] == ("Returned: 2 images canceled", "tea hills", "+2")
        self.place(prompt="[fail] a storm")
        self.draw()
        what, reason, signed = self.lines()[0]
        assert (what, signed) == ("Returned: 1 image failed", "+1")
        assert reason
        assert "_" not in reason, "words, no code"

    def test_it_does_not_show_a_trashed_image(self) -> None:
        self.place()
        self.draw()
        Image.objects.update(trashed_at=Image.objects.get().created_at)
        self.assertNotContains(self.client.get(self.url), "/thumbnails/")

    def test_it_asks_as_often_for_many_as_for_few(self) -> None:
        self.place_run("one", 2)
        self.draw()
        self.client.get(self.url)
        with self.assertNumQueries(6):
            self.client.get(self.url)
        self.place_run("two", 8)
        self.draw()
        with self.assertNumQueries(6):
            self.client.get(self.url)
