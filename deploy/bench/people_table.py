"""`make loadtest`: a site of its own for `manage.py loadtest`, which prints and saves the table."""

import subprocess
import sys
from pathlib import Path

from django.conf import settings

from deploy.bench.site import Site

GPU_SECONDS = 8.0


def people(options: list[str], *, history: int, output: Path, into: Path | None) -> int:
    """Run `loadtest` with these options against a site of its own and return its exit code."""
    with Site(seconds=GPU_SECONDS, history=history) as site:
        command = [
            sys.executable,
            "manage.py",
            "loadtest",
            f"--url={site.url}",
            f"--output={output}",
            "--keep-accounts",
        ]
        command += [f"--into={into}"] if into else []
        return subprocess.run(
            [*command, *options], cwd=settings.BASE_DIR, env=site.environment, check=False
        ).returncode
