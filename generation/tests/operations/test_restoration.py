"""What a restoration holds of a backup of millions of files."""

import gzip
import hashlib
import io
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from generation.operations.backup import encryption
from generation.operations.backup.creation import DUMP, INDEX
from generation.operations.backup.encryption import Sealing, WrongKey
from generation.operations.backup.folder import DIGESTS, MANIFEST
from generation.operations.backup.restoration import Restoration

COUNT = 20_000


def write_backup(root: Path, sealing: Sealing) -> None:
    """Write the lists of a backup of COUNT files."""
    folder = root / "backups" / "2026-11-29T000000Z"
    folder.mkdir(parents=True)
    entries = [
        {"key": f"images/{number:036}.png", "sha256": f"{number:064}", "object": f"files/{number}"}
        for number in range(COUNT)
    ]
    index = io.BytesIO()
    plain = gzip.compress("".join(f"{json.dumps(entry)}\n" for entry in entries).encode())
    sealing.seal_stream(io.BytesIO(plain), index)
    parts = {
        f"{DUMP}{sealing.suffix}": b"",
        f"{INDEX}{sealing.suffix}": index.getvalue(),
        DIGESTS: "".join(f"{number:064}  files/{number}\n" for number in range(COUNT)).encode(),
    }
    for name, data in parts.items():
        (folder / name).write_bytes(data)
    manifest = {
        "format": 1,
        "files": COUNT,
        "recipients": list(sealing.recipients),
        "parts": {name: hashlib.sha256(data).hexdigest() for name, data in parts.items()},
    }
    (folder / MANIFEST).write_text(json.dumps(manifest))


@pytest.mark.slow
@pytest.mark.parametrize("encrypted", [False, True])
def test_it_reads_the_list_of_files_in_pieces(
    settings: Any, tmp_path: Path, encrypted: bool
) -> None:
    settings.BACKUP_DIR = tmp_path
    recipient, identity = encryption.new_key()
    write_backup(tmp_path, Sealing((recipient,) if encrypted else ()))
    tracemalloc.start()
    try:
        restoration = Restoration("latest", identity=identity, say=print)
        count = sum(int(entry.digest) == int(entry.sha256) for entry in restoration.entries())
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == COUNT
    assert peak < 100 * COUNT


def test_it_refuses_a_wrong_key_before_anything_else(settings: Any, tmp_path: Path) -> None:
    settings.BACKUP_DIR = tmp_path
    recipient, _identity = encryption.new_key()
    write_backup(tmp_path, Sealing((recipient,)))
    _recipient, wrong = encryption.new_key()
    with pytest.raises(WrongKey):
        Restoration("latest", identity=wrong, say=print)
