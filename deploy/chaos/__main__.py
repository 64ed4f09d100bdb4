"""`make chaos`: `deploy.chaos.run` with a folder and settings of its own."""

import os
import secrets
import sys
import tempfile
from pathlib import Path

# The site sets these itself.
OWN = (
    *("DATABASE_URL", "REDIS_URL", "TEST_S3_URL", "S3_BUCKET", "RUNPOD_API_KEY"),
    *("CELERY_BROKER_URL", "PUBLIC_URL"),
)


def main(arguments: list[str]) -> int:
    """Return the exit status of the run."""
    with tempfile.TemporaryDirectory(prefix="artgen-chaos-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # PostgreSQL runs as a user of its own
        for name in OWN:
            os.environ.pop(name, None)
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "artgen.settings",
            "DATA_DIR": f"{folder}/data",
            "SECRET_KEY": secrets.token_urlsafe(50),
        }
        from deploy.chaos import run  # noqa: PLC0415 it reads the environment

        return run.main([f"--folder={folder}", *arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
