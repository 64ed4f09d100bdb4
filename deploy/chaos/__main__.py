"""`make chaos`: run `deploy.chaos.run` with a folder and settings of its own."""

import os
import secrets
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import FrameType

# The site sets these itself.
OWN = (
    *("DATABASE_URL", "REDIS_URL", "TEST_S3_URL", "S3_BUCKET", "RUNPOD_API_KEY"),
    *("CELERY_BROKER_URL", "PUBLIC_URL"),
)


def main(arguments: list[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="artgen-chaos-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # PostgreSQL runs as a user of its own
        environment = {name: value for name, value in os.environ.items() if name not in OWN}
        environment |= {
            "DJANGO_SETTINGS_MODULE": "artgen.settings",
            "DATA_DIR": f"{folder}/data",
            "SECRET_KEY": secrets.token_urlsafe(50),
        }
        command = [sys.executable, "-m", "deploy.chaos.run", f"--folder={folder}", *arguments]
        child = subprocess.Popen(command, env=environment)

        def stop(number: int, frame: FrameType | None) -> None:
            child.terminate()  # it ends its processes first

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C reaches the child, too
        return child.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
