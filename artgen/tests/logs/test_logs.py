import logging

import kombu.exceptions
import psycopg
import pytest
import redis
from celery.beat import SchedulingError
from django.db import OperationalError
from django.test import Client

from artgen.logs.logging import LowerUnavailable, ShortOutages


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


class TestOutage:
    def shortened(self, cause: Exception) -> bool:
        error = OperationalError("first\nsecond")
        error.__cause__ = cause
        record = logging.makeLogRecord(
            {"msg": "Task %s\nTraceback", "args": ("tick",), "exc_info": (None, error, None)}
        )
        assert ShortOutages().filter(record)
        if is_short := record.exc_info is None:
            assert (record.getMessage(), vars(record)["error"]) == ("Task tick", "first")
        return is_short

    @pytest.mark.parametrize(
        "cause",
        [
            psycopg.errors.ConnectionTimeout(),
            psycopg.errors.AdminShutdown(),
            redis.ConnectionError(),
            redis.TimeoutError(),
        ],
    )
    def test_it_is_one_line(self, cause: Exception) -> None:
        assert self.shortened(cause)

    def test_it_is_one_line_of_beat(self) -> None:
        error = SchedulingError("first")
        error.__context__ = kombu.exceptions.OperationalError()
        error.__context__.__cause__ = redis.TimeoutError()
        record = logging.makeLogRecord({"msg": "beat", "exc_info": (None, error, None)})
        assert ShortOutages().filter(record)
        assert record.exc_info is None

    @pytest.mark.parametrize("cause", [psycopg.errors.DeadlockDetected(), redis.DataError()])
    def test_other_errors_keep_their_traceback(self, cause: Exception) -> None:
        assert not self.shortened(cause)


class TestRefusedRequests:
    """Strangers cannot fill the log, nor the reports of errors, with tracebacks."""

    def test_a_wrong_host_is_no_error(
        self, client: Client, caplog: pytest.LogCaptureFixture
    ) -> None:
        response = client.get("/accounts/login/", headers={"Host": "other.example"})
        assert response.status_code == 400
        assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
