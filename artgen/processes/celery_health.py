"""Health of Celery's processes, which listen on no port: they touch ALIVE_FILE.

A worker touches it with every heartbeat (2 s), beat with every message that it has sent (the tick,
2 s), so only while the broker responds. `deploy/start.sh alive` checks the file's age.
"""

from pathlib import Path

from celery import signals


def watch(path: str) -> None:
    """Touch the file from now on; do nothing for an empty path."""
    if not path:
        return
    file = Path(path)

    def touch(**_: object) -> None:
        file.touch()

    def touch_when_sent(**_: object) -> None:
        signals.after_task_publish.connect(touch, weak=False)

    signals.heartbeat_sent.connect(touch, weak=False)
    signals.beat_init.connect(touch_when_sent, weak=False)
