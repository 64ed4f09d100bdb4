"""`deploy/supervise.py` against a supervisor that starts a program again in the moment in which it is to stop."""

import socketserver
import subprocess
import sys
import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from xmlrpc.client import Fault
from xmlrpc.server import SimpleXMLRPCDispatcher, SimpleXMLRPCRequestHandler

from django.conf import settings
from django.test import SimpleTestCase
from supervisor.xmlrpc import Faults


class Handler(SimpleXMLRPCRequestHandler):
    rpc_paths = ("/RPC2",)
    disable_nagle_algorithm = False

    def log_message(self, *_args: object) -> None: ...

    def address_string(self) -> str:
        return "here"


class Supervisor(socketserver.UnixStreamServer, SimpleXMLRPCDispatcher):
    """Knows one program, which has just died: the first time it cannot be stopped, and is started again at once."""

    logRequests = False
    _send_traceback_header = False

    def __init__(self, path: str) -> None:
        SimpleXMLRPCDispatcher.__init__(self, allow_none=True)
        super().__init__(path, Handler)
        self.state, self.asked = "EXITED", 0
        self.register_function(self.stop, "supervisor.stopProcess")
        self.register_function(lambda _name: {"statename": self.state}, "supervisor.getProcessInfo")

    def stop(self, _name: str, _wait: bool) -> bool:
        self.asked += 1
        if self.state == "EXITED":
            self.state = "RUNNING"
            raise Fault(Faults.NOT_RUNNING, "NOT_RUNNING")
        self.state = "STOPPED"
        return True


class StopTests(SimpleTestCase):
    def test_it_stops_what_had_just_died_and_was_started_again(self) -> None:
        with TemporaryDirectory() as name, Supervisor(str(Path(name) / "socket")) as supervisor:
            threading.Thread(target=supervisor.serve_forever, daemon=True).start()
            command = [
                sys.executable,
                settings.BASE_DIR / "deploy" / "supervise.py",
                Path(name) / "socket",
                "stop",
                "web",
            ]
            subprocess.run(command, check=True, timeout=60)
            supervisor.shutdown()
        self.assertEqual((supervisor.state, supervisor.asked), ("STOPPED", 2))
