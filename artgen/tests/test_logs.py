import logging

from django.conf import settings

from artgen.observability.logging import LowerUnavailable


class TestPlanned:
    def level(self, status: int) -> str:
        record = logging.makeLogRecord(
            {"levelno": logging.ERROR, "levelname": "ERROR", "status_code": status}
        )
        assert LowerUnavailable().filter(record)
        assert logging.getLevelName(record.levelno) == record.levelname
        return record.levelname

    def test_it_says_a_503_quietly_and_every_other_failure_as_an_error(self) -> None:
        assert [self.level(status) for status in (503, 500, 502)] == ["INFO", "ERROR", "ERROR"]

    def test_it_filters_what_django_says_of_responses(self) -> None:
        assert settings.LOGGING["loggers"]["django.request"] == {"filters": ["lower_unavailable"]}
        assert any(
            isinstance(each, LowerUnavailable)
            for each in logging.getLogger("django.request").filters
        )
