"""Words for numbers, money and time."""

from datetime import UTC, datetime, timedelta

from django.test import override_settings
from django.utils import timezone, translation

from artgen.web import formatting

NBSP = "\N{NO-BREAK SPACE}"


def plain(text: str) -> str:
    return text.replace(NBSP, " ").replace("\N{WORD JOINER}", "")


class TestWords:
    def test_it_counts_in_russian(self):
        cases = {
            1: "1 кредит",
            2: "2 кредита",
            5: "5 кредитов",
            11: "11 кредитов",
            21: "21 кредит",
            112: "112 кредитов",
        }
        with translation.override("ru"):
            for amount, text in cases.items():
                assert formatting.credits(amount) == text.replace(" ", NBSP)
            assert plain(formatting.credits(1284)) == "1 284 кредита"
            assert plain(formatting.image_count(4)) == "4 картинки"
            starting_at = [plain(formatting.from_credits(n)) for n in (1, 2, 5)]
            assert starting_at == ["от 1 кредита", "от 2 кредитов", "от 5 кредитов"]

    def test_it_says_how_long_something_has_lasted(self):
        start = datetime(2026, 11, 27, 12, tzinfo=UTC)
        cases = {
            timedelta(seconds=-3): "less than a minute",
            timedelta(seconds=59): "less than a minute",
            timedelta(seconds=60): "1 min",
            timedelta(minutes=59, seconds=59): "59 min",
            timedelta(hours=1, minutes=59): "1 h",
            timedelta(hours=47, minutes=59): "47 h",
            timedelta(hours=48): "2 d",
            timedelta(days=1500): "1,500 d",
        }
        with translation.override("en"):
            for span, text in cases.items():
                assert plain(formatting.elapsed(start, until=start + span)) == text

    def test_it_rounds_times_as_people_say_them(self):
        cases = {
            0.2: "1 s",
            9.4: "9 s",
            12: "10 s",
            13: "15 s",
            57: "55 s",
            58: "1 min",
            80: "1.5 min",
            125: "2 min",
            584: "9.5 min",
            1230: "20 min",
            5369: "89 min",
            5371: "1.5 h",
            5 * 3600: "5 h",
            47.7 * 3600: "47.5 h",
            48 * 3600: "2 d",
        }
        with translation.override("en"):
            for seconds, text in cases.items():
                assert plain(formatting.duration(seconds)) == text, seconds
        with translation.override("ru"):
            assert plain(formatting.duration(90)) == "1,5 мин"

    def test_it_tells_a_range_unless_both_ends_look_alike(self):
        cases = {
            (38, 41): "about 40 s",
            (38, 50): "40–50 s",
            (20, 60): "20 s–1 min",
            (20, 50): "20–50 s",
            (60, 180): "1–3 min",
            (1, 2): "1–2 s",
            (4800, 9000): "80 min–2.5 h",
        }
        with translation.override("en"):
            for (p50, p90), text in cases.items():
                assert plain(formatting.about(p50, p90)) == text

    def test_it_calls_only_all_100_percent(self):
        cases = {1: "100%", 0.9999: "99.9%", 0.975: "97.5%", 0.5: "50%", 0.0004: "0%", 0.29: "29%"}
        with translation.override("en"):
            for share, text in cases.items():
                assert plain(formatting.percent(share)) == text

    def test_it_names_days(self):
        now = timezone.now()
        with translation.override("en"):
            assert formatting.day(now) == "today"
            assert formatting.day(now - timedelta(days=1)) == "yesterday"
            assert formatting.day(datetime(2019, 11, 18, 12, tzinfo=UTC)) == "November 18, 2019"
        with translation.override("ru"):
            assert formatting.day(datetime(2019, 11, 18, 12, tzinfo=UTC)) == "18 ноября 2019"
        with (
            translation.override("ru"),
            override_settings(TIME_ZONE="Europe/Moscow"),
            timezone.override("Europe/Moscow"),
        ):
            assert formatting.clock(datetime(2026, 1, 1, 6, 41, tzinfo=UTC)) == "9:41"

    def test_it_gives_scripts_the_plural_forms(self):
        with translation.override("ru"):
            forms = formatting.plural_forms(
                lambda n: translation.ngettext("%(count)s step", "%(count)s steps", n)
            )
        assert (forms["one"], forms["few"], forms["many"]) == (
            "%(count)s шаг",
            "%(count)s шага",
            "%(count)s шагов",
        )
