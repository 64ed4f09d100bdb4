"""`make bench`: `deploy.bench.measure` with temporary PostgreSQL, Redis and S3 servers."""

import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from generation.testing import services

# Everything else is as PostgreSQL comes.
POSTGRES = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
}
# The site sets these itself.
OWN = ("S3_BUCKET", "RUNPOD_API_KEY", "CELERY_BROKER_URL", "PUBLIC_URL")


def main(arguments: list[str]) -> int:
    with ExitStack() as stack:
        folder = tempfile.TemporaryDirectory(prefix="artgen-bench-", ignore_cleanup_errors=True)
        path = Path(stack.enter_context(folder))
        path.chmod(0o755)
        services.POSTGRES_SETTINGS = POSTGRES
        for name in OWN:
            os.environ.pop(name, None)
        starts = (
            ("DATABASE_URL", services.postgres),
            ("REDIS_URL", services.redis),
            ("TEST_S3_URL", services.s3),
        )
        for name, start in starts:
            os.environ[name] = stack.enter_context(start(path))
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "artgen.settings",
            "DATA_DIR": str(path / "data"),
            "SECRET_KEY": "of-a-site-that-lives-for-this-run-alone-on-the-loopback-address",
        }
        from deploy.bench import measure

        return measure.main(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
