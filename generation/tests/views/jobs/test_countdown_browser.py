"""The time left on a card, counted down by the page as the server would write it."""

from typing import Any, ClassVar

from django.utils import translation

from artgen.web import formatting
from generation.testing.pages.browser import BrowserTestCase, speak

DETAILS = """async ([job, moments]) => {
  const { detailAfter } = await import("/static/generation/js/countdown.js")
  return moments.map((seconds) => detailAfter(job, seconds))
}"""
# What a card shows: the JSON of its job comes at these seconds.
PROMISES = """async (reports) => {
  const { detailAfter, progressAfter, promiseOf } = await import("/static/generation/js/countdown.js")
  let shown, now = 0
  performance.now = () => now * 1000
  return reports.map(([seconds, job]) => {
    now = seconds
    if (job) shown = promiseOf(shown, job)
    const after = seconds - shown.at / 1000
    return [detailAfter(shown.job, after), Math.round(100 * progressAfter(shown.job, after))]
  })
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
            said, left = [formatting.about(*pair) for pair in ((4, 7), (2, 5))]
        assert details(f"{said} left") == [f"{said} left", f"{left} left", "longer than usual"]
        assert details(said, status="queued")[1:] == [left, "longer than usual"]
        other = "Retrying automatically."
        assert details(other) == [other] * 3

    def test_it_keeps_its_promise_until_something_happens(self) -> None:
        """Step 1 of 28 stood with "about 2 s left" for 8 s: each report promised 2 s more."""
        page = self.visit("counter")

        def job(step: int, p50: int, p90: int, detail: str = "") -> dict[str, Any]:
            with translation.override("en"):
                left = detail or f"{formatting.about(p50, p90)} left"
            eta = {"p50": p50, "p90": p90}
            fields = {"status": "running", "phase": f"step {step}", "phase_detail": left}
            return {**fields, "eta_seconds": eta, "progress": step / 28}

        late = "Taking longer than usual: 1 min so far."
        reports = [(0, job(1, 3, 4)), (2, job(1, 3, 4)), (5, job(1, 2, 2)), (6, job(2, 5, 6))]
        shown = page.evaluate(PROMISES, [*reports, (7, job(2, 9, 9, late)), (9, None)])
        texts = [text.replace("\u00a0", " ").replace("\u2060", "") for text, _bar in shown]
        usual = "longer than usual"
        assert texts == ["3–4 s left", "1–2 s left", usual, "5–6 s left", late, late]
        assert [bar for _text, bar in shown] == [4, 50, 82, 7, 7, 26]

    def test_it_writes_times_as_the_server_does(self) -> None:
        page = self.visit("counter")
        for language in ("en", "ru"):
            speak(page, language)
            page.reload()
            with translation.override(language):
                expected = [formatting.about(*pair) for pair in PAIRS]
            assert page.evaluate(ABOUT, PAIRS) == expected
