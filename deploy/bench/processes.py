"""CPU and memory of process trees, read from /proc."""

import os
from collections.abc import Iterable
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def tree(*roots: int) -> list[int]:
    """Return these processes and all below them."""
    pids, left = [], list(roots)
    while left:
        pid = left.pop()
        pids.append(pid)
        try:
            threads = list(Path(f"/proc/{pid}/task").iterdir())
            left += [
                int(child)
                for thread in threads
                for child in (thread / "children").read_text().split()
            ]
        except OSError:
            continue  # it has just ended
    return pids


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the CPU seconds of these processes and their ended children (proc_pid_stat(5))."""
    ticks = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        ticks += sum(int(value) for value in fields[11:15])
    return ticks / TICKS


def pss_bytes(pids: Iterable[int]) -> int:
    """Return the proportional set size of these processes (proc_pid_smaps_rollup(5))."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[1])
