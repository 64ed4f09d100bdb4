"""The id of a request in all log lines about it, and in the messages that it sends."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
from celery import signals
from django.test import Client

from artgen.logs import log_context, request_ids
from artgen.logs.logging import JsonFormatter, TextFormatter
from artgen.processes.celery import app

MINE = "request-0123456789"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the log of requests says, formatted when it is said."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("django.request")
    logger.addHandler(handler)
    yield stream
    logger.removeHandler(handler)


def ask(client: Client, header: str, path: str = "/nothing-here/") -> None:
    client.get(path, headers={"X-Request-ID": header}).close()


def entries(log: io.StringIO) -> list[dict[str, str]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


@pytest.mark.django_db
class TestRequests:
    def test_the_lines_of_a_request_have_its_id(self, client: Client, log: io.StringIO) -> None:
        ask(client, MINE)
        ask(client, "another-0123456789", "/api/v1/jobs/")  # logged after all middleware
        found = [entry["request_id"] for entry in entries(log)]
        assert found == [MINE, "another-0123456789"]
        assert log_context.fields() == {}, "it ends with the request"

    def test_what_does_not_look_like_an_id_is_replaced(
        self, client: Client, log: io.StringIO
    ) -> None:
        for header in ("", "short", "x" * 65, "with space", 'a"quote', "line\nbreak".strip("\n")):
            found = request_ids.read(header)
            assert found != header
            assert request_ids.VALID.fullmatch(found)
        ask(client, "no good")
        assert request_ids.VALID.fullmatch(entries(log)[0]["request_id"])


class TestLines:
    @pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter()])
    def test_both_formats_have_the_fields_and_those_of_a_line_win(
        self, formatter: logging.Formatter
    ) -> None:
        log_context.set_fields(request_id=MINE, task="")
        try:
            record = logging.makeLogRecord({"msg": "x", "attempt": 2})
            line = formatter.format(record)
            assert MINE in line
            assert "attempt" in line
            assert "task" not in line.replace("taskName", "")
            record = logging.makeLogRecord({"msg": "x", "request_id": "of the line"})
            assert MINE not in formatter.format(record)
        finally:
            log_context.clear()


class TestMessages:
    def sent(self) -> dict[str, str]:
        """Send a message and return its headers."""
        found: dict[str, str] = {}

        def note(headers: dict[str, str], **_: object) -> None:
            found.update(headers)

        signals.after_task_publish.connect(note)
        with app.connection_for_write() as broker:
            assert broker
            app.send_task("generation.nothing")
        app.control.purge()
        signals.after_task_publish.disconnect(note)
        return found

    def test_they_carry_the_id_of_the_request_that_sends_them(self) -> None:
        log_context.set_fields(request_id=MINE)
        try:
            assert self.sent()["request_id"] == MINE
        finally:
            log_context.clear()
        assert "request_id" not in self.sent()
