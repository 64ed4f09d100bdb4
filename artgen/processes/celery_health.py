"""Health of Celery's processes, which listen on no port: they touch ALIVE_FILE.

A worker touches it with every heartbeat (2 s), so only while the broker responds.
`deploy/start.sh alive` checks the file's age.
"""

import os
from pathlib import Path

from celery import signals


def watch(path: str) -> None:
    """Touch the file from now on; create it with an old time if it is missing."""
    file = Path(path)
    if not file.exists():
        file.touch()
        os.utime(file, (0, 0))

    def touch(**_: object) -> None:
        file.touch()

    signals.heartbeat_sent.connect(touch, weak=False)
