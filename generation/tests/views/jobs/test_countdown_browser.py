"""The time left on a card, counted down by the page as the server would write it."""

from typing import Any, ClassVar

from django.utils import translation

from artgen.web import formatting
from generation.testing.pages.browser import BrowserTestCase, speak

DETAILS = """async ([job, moments]) => {
  const { detailAfter } = await import("/static/generation/js/countdown.js")
  return moments.map((seconds) => detailAfter(job, seconds))
}"""
ABOUT = """async (pairs) => {
  const { about } = await import("/static/generation/js/countdown.js")
  return pairs.map(([p50, p90]) => about(p50, p90))
}"""
PAIRS = [(p50, p50 + more) for p50 in range(1, 900, 7) for more in (0, 1, 9, 60, 1800)]


class TestCountdown(BrowserTestCase):
    people: ClassVar = ("counter",)

    def test_it_counts_down_and_then_says_that_it_takes_longer(self) -> None:
        page = self.visit("counter")
        job: dict[str, Any] = {"status": "running", "eta_seconds": {"p50": 4, "p90": 7}}

        def details(text: str, **fields: Any) -> list[str]:
            return list(
                page.evaluate(DETAILS, [{**job, "phase_detail": text, **fields}, [0, 2, 8]])
            )

        with translation.override("en"):
            said, left, least = [formatting.about(*pair) for pair in ((4, 7), (2, 5), (1, 1))]
        assert details(f"{said} left") == [f"{said} left", f"{left} left", "longer than usual"]
        assert details(said, status="queued")[1:] == [left, least]
        other = "Retrying automatically."
        assert details(other) == [other] * 3

    def test_it_writes_times_as_the_server_does(self) -> None:
        page = self.visit("counter")
        for language in ("en", "ru"):
            speak(page, language)
            page.reload()
            with translation.override(language):
                expected = [formatting.about(*pair) for pair in PAIRS]
            assert page.evaluate(ABOUT, PAIRS) == expected
