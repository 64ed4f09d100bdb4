"""Check the free space of disks, including that of the database."""

from artgen.observability.disks import Disk, database_size, disks
from generation.operations.alerts.conditions import CONDITIONS
from generation.operations.doctor.check import Check

GIGABYTE = 1_000_000_000
MIN_FREE_GB = 1  # GB
HINTS = {
    "database": "PostgreSQL stops when its disk is full: free space or enlarge the disk.",
    "images": "Delete old images (`purge_images`), set another DATA_DIR, or use a bucket.",
    "backups": "Lower BACKUP_KEEP_DAYS, or set another BACKUP_DIR.",
}


def disk(*, has_database: bool) -> Check:
    """Measure the disks that can be seen from here; `has_database`: the database answers."""
    found = disks()
    if not found:
        size = database_size() if has_database else None
        rows = "the database" if size is None else f"the database ({size / GIGABYTE:.1f} GB)"
        return Check("disk", True, f"not measured: images are in the bucket, {rows} is elsewhere")
    short = [one for one in found if _is_short(one)]
    return Check(
        "disk",
        all(one.free >= MIN_FREE_GB * GIGABYTE for one in found),
        "; ".join(map(_text, found)),
        " ".join(dict.fromkeys(HINTS[contents] for one in short for contents in one.contents)),
    )


def _is_short(one: Disk) -> bool:
    share = CONDITIONS["DiskFull"].limit / 100
    return one.free < max(share * one.total, MIN_FREE_GB * GIGABYTE)


def _text(one: Disk) -> str:
    free, total = one.free / GIGABYTE, one.total / GIGABYTE
    return f"{', '.join(one.contents)}: {free:.1f} GB free of {total:.0f} at {one.folder}"
