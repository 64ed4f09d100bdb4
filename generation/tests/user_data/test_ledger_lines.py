"""The ledger's pages say what each entry was for."""

import re

from generation.jobs.engine import job_control
from generation.jobs.placing import drafts
from generation.models import Job
from generation.testing import orders
from generation.testing.cases import EmulatorTestCase


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

    def lines(self) -> list[tuple[str, str, str]]:
        response = self.client.get(self.url)
        return [(line.what, line.title, line.signed) for line in response.context["lines"]]

    def test_it_shows_a_line_for_each_job_with_its_entries_behind_it(self) -> None:
        jobs = self.place_run("tea hills", 2)
        expected = [
            *[("Image, FLUX.1 schnell", "tea hills", "−1")] * 2,
            ("Added", "for the test", "+100"),
        ]
        assert self.lines() == expected
        self.draw_all()
        assert self.lines() == expected
        page = self.client.get(self.url)
        text = page.content.decode()
        assert all(f'href="/jobs/{job.id}/"' in text for job in jobs)
        assert all(f"/{job.id}-0.webp?" in text for job in jobs)
        line = page.context["lines"][0]
        assert re.fullmatch(r"held \d+:\d\d, charged \d+:\d\d", line.times)
        assert [(kind, amount) for kind, amount, *_ in line.details] == [
            ("Held", "−1"),
            ("Charged", "0"),
        ]
        assert line.times in text

    def test_it_says_why_credits_came_back(self) -> None:
        job = self.place(prompt="tea hills")
        job_control.cancel(job=job, actor=self.alice)
        self.place(prompt="[fail] a storm")
        self.draw_all()
        failed, canceled, _grant = self.client.get(self.url).context["lines"]
        assert (canceled.state, canceled.signed, canceled.why) == ("returned", "0", "Canceled.")
        assert (failed.state, failed.signed) == ("returned", "0")
        assert failed.why
        assert "_" not in failed.why, "words, no code"
        assert "returned" in failed.times
        self.assertContains(self.client.get(self.url), failed.why)
