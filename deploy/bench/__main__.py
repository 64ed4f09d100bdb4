"""`make bench`: run `deploy.bench.measure` with temporary PostgreSQL, Redis and S3 servers."""

import os
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from artgen.testing import services

# Everything else is as PostgreSQL comes.
POSTGRES = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_preload_libraries": "pg_stat_statements",
}
# The site sets these itself.
OWN = ("S3_BUCKET", "RUNPOD_API_KEY", "CELERY_BROKER_URL", "PUBLIC_URL")


def main(arguments: list[str]) -> int:
    """Return the exit status of the measurement."""
    with ExitStack() as stack:
        folder = tempfile.TemporaryDirectory(prefix="artgen-bench-", ignore_cleanup_errors=True)
        path = Path(stack.enter_context(folder))
        path.chmod(0o755)
        services.POSTGRES_SETTINGS = POSTGRES
        environment = {name: value for name, value in os.environ.items() if name not in OWN}
        starts = (
            ("DATABASE_URL", services.postgres),
            ("REDIS_URL", services.redis),
            ("TEST_S3_URL", services.s3),
        )
        for name, start in starts:
            environment[name] = stack.enter_context(start(path))
        environment |= {"DJANGO_SETTINGS_MODULE": "artgen.settings", "DATA_DIR": str(path / "data")}
        environment |= {
            "SECRET_KEY": "of-a-site-that-lives-for-this-run-alone-on-the-loopback-address"
        }
        child = subprocess.Popen(
            [sys.executable, "-m", "deploy.bench.measure", *arguments], env=environment
        )

        def stop(number: int, frame: FrameType | None) -> None:
            child.terminate()  # it ends its processes first, then the servers end

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C reaches the child, too
        return child.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
