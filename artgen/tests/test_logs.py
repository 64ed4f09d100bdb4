import logging

import pytest
from django.conf import settings
from django.test import Client

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


class TestRefusedRequests:
    """Strangers cannot fill the log, nor the reports of errors, with tracebacks."""

    def test_a_wrong_host_is_no_error(
        self, client: Client, caplog: pytest.LogCaptureFixture
    ) -> None:
        response = client.get("/accounts/login/", headers={"Host": "other.example"})
        assert response.status_code == 400
        assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []

    def test_the_control(self, client: Client, caplog: pytest.LogCaptureFixture) -> None:
        """At the level that loggers have by default, there is one."""
        logger = logging.getLogger("django.security.DisallowedHost")
        with caplog.at_level(logging.ERROR, logger=logger.name):
            client.get("/accounts/login/", headers={"Host": "other.example"})
        assert [record.name for record in caplog.records if record.exc_info] == [logger.name]
