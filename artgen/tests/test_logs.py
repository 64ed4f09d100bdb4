import logging

from django.conf import settings
from django.test import SimpleTestCase

from artgen.observability.logging import LowerUnavailable


class PlannedTests(SimpleTestCase):
    def level(self, status: int) -> str:
        record = logging.makeLogRecord(
            {"levelno": logging.ERROR, "levelname": "ERROR", "status_code": status}
        )
        self.assertTrue(LowerUnavailable().filter(record))
        self.assertEqual(logging.getLevelName(record.levelno), record.levelname)
        return record.levelname

    def test_it_says_a_503_quietly_and_every_other_failure_as_an_error(self) -> None:
        self.assertEqual(
            [self.level(status) for status in (503, 500, 502)], ["INFO", "ERROR", "ERROR"]
        )

    def test_it_filters_what_django_says_of_responses(self) -> None:
        self.assertEqual(
            settings.LOGGING["loggers"]["django.request"], {"filters": ["lower_unavailable"]}
        )
        self.assertTrue(
            any(
                isinstance(each, LowerUnavailable)
                for each in logging.getLogger("django.request").filters
            )
        )
