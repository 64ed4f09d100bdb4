"""What the tests themselves start: ports that no two processes are given."""

import errno
import os
import socket
import subprocess
import sys
from unittest import mock

import pytest
from django.conf import settings

from generation.testing.services import free_port, reserve

TRY = (
    "import sys; from generation.testing.services import reserve; print(reserve(int(sys.argv[1])))"
)


def can_reserve(port: int) -> bool:
    """Return whether another process may have the port."""
    done = subprocess.run(
        [sys.executable, "-c", TRY, str(port)],
        cwd=settings.BASE_DIR,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout == "True\n"


def test_a_port_is_given_once_though_nobody_listens_on_it() -> None:
    port = free_port()
    assert not can_reserve(port)
    assert not reserve(port)


def test_it_is_free_again_when_the_process_has_ended() -> None:
    port = 100_000 + os.getpid()  # above all ports: no other test run reserves it
    assert can_reserve(port)
    assert can_reserve(port)


def test_it_says_that_a_machine_cannot_reserve() -> None:
    """The search for a port would never end."""
    unknown = OSError(errno.ENOENT, "No such file or directory")
    with mock.patch.object(socket.socket, "bind", side_effect=unknown), pytest.raises(OSError):
        free_port()
