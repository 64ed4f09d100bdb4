"""artgen.processes.daphne: what daphne does beyond its own."""

import pytest
from asgiref.sync import async_to_sync
from autobahn.exception import Disconnected

from artgen.processes.daphne import PatientServer


class Gone:
    """A socket whose other end has just gone, which daphne has not heard of yet."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.asked = 0

    def handle_reply(self, message: dict) -> None:
        self.asked += 1
        raise self.error


class TestReply:
    def reply(self, protocol: Gone) -> None:
        server = PatientServer(application=None, endpoints=["tcp:0"])
        server.connections = {protocol: {}}
        async_to_sync(server.handle_reply)(protocol, {"type": "websocket.send", "text": "{}"})

    def test_it_takes_a_socket_that_has_just_gone_for_no_error(self):
        gone = Gone(Disconnected("Attempt to send on a closed protocol"))
        self.reply(gone)
        assert gone.asked == 1

    def test_it_hides_no_other_error(self):
        with pytest.raises(ValueError, match="both bytes and text"):
            self.reply(Gone(ValueError("both bytes and text")))
