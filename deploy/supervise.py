"""`python deploy/supervise.py SOCKET VERB [PROGRAM…]`: ask the supervisor behind that Unix socket. Exit 1: no, or it failed.

  running           is it there?
  pid PROGRAM       prints the process id, while there is one
  start PROGRAM…    returns as soon as each has a process; whether that gets well is for others to see
  stop PROGRAM…     stops all at once and returns when they have ended; that one did not run is no failure

Not supervisorctl, whose start, stop and restart let supervisor itself wait: that keeps a core busy as long as it lasts,
while those who start and stop could use it.
"""

import http.client
import sys
import time
from typing import Any
from xmlrpc.client import Error, Fault, ServerProxy

from supervisor.xmlrpc import Faults, SupervisorTransport

PAUSE = 0.1
LIVING = ("STARTING", "RUNNING", "STOPPING")


class Supervisor:
    """The supervisor behind a Unix socket; raises OSError when it is not there and `Fault` when it refuses.

    http://supervisord.org/api.html
    """

    def __init__(self, path: str) -> None:
        self.asked: Any = ServerProxy(
            "http://localhost", SupervisorTransport(serverurl=f"unix://{path}")
        ).supervisor

    def running(self) -> None:
        """Return if it answers."""
        self.asked.getState()

    def pid(self, program: str) -> None:
        """Print the process id; exit 1 while there is none."""
        pid = self.asked.getProcessInfo(program)["pid"]
        if not pid:
            sys.exit(1)
        print(pid)

    def start(self, *programs: str) -> None:
        """Let them be started, unless they are."""
        for program in programs:
            self._ask(self.asked.startProcess, program, Faults.ALREADY_STARTED)

    def stop(self, *programs: str) -> None:
        """Let them be stopped, and wait until they have ended: supervisor itself kills what takes too long.

        One that had just died when it was asked was not running, and is started again: it is asked again.
        """
        for program in programs:
            self._ask(self.asked.stopProcess, program, Faults.NOT_RUNNING)
        for program in programs:
            while (state := self.asked.getProcessInfo(program)["statename"]) in LIVING:
                if state != "STOPPING":
                    self._ask(self.asked.stopProcess, program, Faults.NOT_RUNNING)
                time.sleep(PAUSE)

    def _ask(self, method: Any, program: str, no_failure: int) -> None:
        try:
            method(program, False)  # not to be waited for
        except Fault as fault:
            if fault.faultCode != no_failure:
                raise


if __name__ == "__main__":
    try:
        getattr(Supervisor(sys.argv[1]), sys.argv[2])(*sys.argv[3:])
    except (OSError, http.client.HTTPException, Error) as error:
        sys.exit(f"supervisor: {error}")
