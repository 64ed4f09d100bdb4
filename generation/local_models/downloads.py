"""Files of models from Hugging Face or a mirror: resumed, and compared with their SHA-256.

HF_ENDPOINT names the mirror, as for Hugging Face's own programs:
https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
"""

import hashlib
import os
import shutil
import urllib.parse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import requests

from artgen.http.network_errors import reason_of

from .models import LocalModel, ModelFile, ModelProblem

HUGGING_FACE = "https://huggingface.co"
BLOCK = 1_000_000
TIMEOUTS = 10, 60  # seconds to connect, and of silence
SPARE_BYTES = 250_000_000  # what a download leaves free


def missing_bytes(model: LocalModel, folder: Path) -> int:
    """Return how many bytes are still to be downloaded."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [(file, _path(folder, file)) for file in model.files]
    return sum(file.bytes - _part(path)[1] for file, path in paths if not path.is_file())


def download(
    model: LocalModel, folder: Path, *, on_block: Callable[[], None] = lambda: None
) -> LocalModel:
    """Return the model with its files, those that are missing downloaded by blocks of BLOCK bytes.

    Under its final name a file is complete. Raises ModelProblem; what has arrived is kept for the
    next try.
    """
    needed, free = missing_bytes(model, folder), shutil.disk_usage(folder).free
    if needed and needed + SPARE_BYTES > free:
        raise ModelProblem(
            f"{folder} has {free / 1e9:.1f} GB free, {(needed + SPARE_BYTES) / 1e9:.1f} GB are "
            "needed. Free some space, or set DATA_DIR to a folder on a larger disk."
        )
    paths = {file.role: _path(folder, file) for file in model.files}
    for file in model.files:
        try:
            if not paths[file.role].is_file():
                _download(file, paths[file.role], on_block)
        except OSError as error:  # also those of requests
            raise ModelProblem(
                f"{file.path} could not be downloaded: {reason_of(error)}. The next start "
                "continues. HF_ENDPOINT names a mirror; a file that you have: MODEL=/path/to/file."
            ) from error
    return replace(model, paths={**model.paths, **{role: str(paths[role]) for role in paths}})


def _download(file: ModelFile, path: Path, on_block: Callable[[], None]) -> None:
    endpoint = (os.environ.get("HF_ENDPOINT") or HUGGING_FACE).rstrip("/")
    address = urllib.parse.quote(file.path)
    url = f"{endpoint}/{file.repository}/resolve/{file.revision}/{address}"
    path.parent.mkdir(parents=True, exist_ok=True)
    part, size = _part(path)
    if size < file.bytes:
        _append(file, url, part, on_block)
    with part.open("rb") as content:
        sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    if sha256 != file.sha256:
        part.unlink()
        raise _other_file(url, sha256, file, "It was deleted.")
    part.rename(path)


def _append(file: ModelFile, url: str, part: Path, on_block: Callable[[], None]) -> None:
    with part.open("ab") as target:
        headers = {"Range": f"bytes={target.tell()}-"} if target.tell() else {}
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUTS) as reply:
            reply.raise_for_status()
            for each in (*reply.history, reply):  # not every mirror says its checksum
                sha256 = each.headers.get("X-Linked-Etag", file.sha256).strip('"')
                if sha256 != file.sha256:
                    raise _other_file(url, sha256, file, "Nothing was downloaded.")
            if target.tell() and reply.status_code != requests.codes.partial_content:
                target.seek(target.truncate(0))  # without ranges the server sends all of it
            for block in reply.iter_content(BLOCK):
                target.write(block)
                on_block()
                if target.tell() > file.bytes:
                    break  # its checksum is wrong
        target.flush()
        os.fsync(target.fileno())
        if target.tell() < file.bytes:
            raise OSError(f"the connection ended after {target.tell() / 1e6:,.0f} MB")


def _other_file(url: str, sha256: str, file: ModelFile, what: str) -> ModelProblem:
    return ModelProblem(
        f"{url} is not the file that ArtGen knows: its SHA-256 is {sha256}, not {file.sha256}. "
        f"{what}"
    )


def _path(folder: Path, file: ModelFile) -> Path:
    return folder / file.sha256[:12] / file.path.rpartition("/")[2]


def _part(path: Path) -> tuple[Path, int]:
    """Return where what has arrived of a file is, and its size."""
    part = path.with_name(f"{path.name}.part")
    return part, part.stat().st_size if part.exists() else 0
