"""PgBouncer in front of the tests' PostgreSQL, as deploy/pgbouncer.ini configures it."""

import contextlib
import os
import re
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from django.conf import settings

from generation.testing.services import free_port, running


class PgBouncer:
    """A PgBouncer on a free port; `size` is the number of its connections to PostgreSQL."""

    def __init__(self) -> None:
        (port,) = parse_qs(urlsplit(os.environ["DATABASE_URL"]).query)["port"]
        text = (settings.BASE_DIR / "deploy" / "pgbouncer.ini").read_text()
        self.size = int(re.findall(r"^default_pool_size = (\d+)$", text, re.MULTILINE)[0])
        self.port = free_port()
        self.text = text.replace("port=5432", f"port={port}")
        self.text += f"listen_addr = 127.0.0.1\nlisten_port = {self.port}\nunix_socket_dir =\n"

    def url(self, database: str) -> str:
        """Return the value of DATABASE_URL for this database."""
        address = f"postgres://postgres@127.0.0.1:{self.port}/{database}"
        return f"{address}?DISABLE_SERVER_SIDE_CURSORS=true"

    @contextlib.contextmanager
    def run(self) -> Iterator[int]:
        """Run it until the block ends, when it is killed; yield its process id."""
        with tempfile.TemporaryDirectory(prefix="artgen-pgbouncer-", dir="/tmp") as name:
            folder = Path(name)
            folder.chmod(0o755)
            (folder / "users").write_text('"postgres" ""\n')
            file = folder / "pgbouncer.ini"
            file.write_text(f"{self.text}auth_type = trust\nauth_file = {folder}/users\n")
            command = ["pgbouncer", "-q", *["--user=nobody"] * (os.geteuid() == 0), str(file)]
            log = folder / "log"
            with running(command, port=self.port, log=log, stop=signal.SIGKILL) as server:
                yield server.pid
