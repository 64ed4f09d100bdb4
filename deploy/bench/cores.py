"""Holds processes to a part of a core, so that one computer plays several machines."""

import contextlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from deploy.bench.processes import tree
from deploy.bench.result import CannotMeasure

PERIOD = 10_000  # microseconds; cgroups(7)
VERSION_1, VERSION_2 = Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup")


@contextlib.contextmanager
def limited(root: int, *, cores: float) -> Iterator[None]:
    """Hold a process and all below it to so many cores until the block ends."""
    quota = int(cores * PERIOD)
    old = (VERSION_1 / "cpu.cfs_quota_us").exists()
    home = VERSION_1 if old else VERSION_2
    group = home / f"artgen-bench-{root}"
    try:
        group.mkdir()
        if old:
            (group / "cpu.cfs_period_us").write_text(str(PERIOD))
            (group / "cpu.cfs_quota_us").write_text(str(quota))
        else:
            (home / "cgroup.subtree_control").write_text("+cpu")
            (group / "cpu.max").write_text(f"{quota} {PERIOD}")
        _move(tree(root), group)
    except OSError as error:
        raise CannotMeasure(f"limiting CPU needs root and cgroups: {error}") from error
    try:
        yield
    finally:
        _move(tree(root), home)
        _remove(group)


def _move(pids: Sequence[int], group: Path) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):  # it has just ended
            (group / "cgroup.procs").write_text(str(pid))


def _remove(group: Path) -> None:
    for _ in range(100):
        with contextlib.suppress(OSError):  # until the last one that ends has left it
            group.rmdir()
            return
        time.sleep(0.05)
