"""Files of local models: resumed, compared with their checksums, whole under their final name."""

import hashlib
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from generation.local_models import downloads
from generation.local_models.models import LocalModel, ModelFile, ModelProblem, find, known_models

CONTENT = bytes(range(256)) * 10_000  # more than two blocks
CDN = "/cdn"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Hub:
    """A server of files as Hugging Face: `sends` are the bytes until the connection ends."""

    def __init__(self) -> None:
        self.content, self.sha256, self.has_ranges = CONTENT, SHA256, True
        self.sends = len(CONTENT)
        self.calls: list[tuple[str, str]] = []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                given = self.headers.get("Range", "")
                hub.calls.append((self.path, given))
                if self.path != CDN:
                    self.send_response(302)
                    self.send_header("Location", CDN)
                    if hub.sha256:
                        self.send_header("X-Linked-Etag", f'"{hub.sha256}"')
                    self.end_headers()
                    return
                start = int(given[6:-1]) if given and hub.has_ranges else 0
                self.send_response(206 if start else 200)
                self.send_header("Content-Length", str(len(hub.content) - start))
                self.end_headers()
                self.wfile.write(hub.content[start : start + hub.sends])

            def log_message(self, format: str, *values: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def ranges(self) -> list[str]:
        return [given for path, given in self.calls if path == CDN]


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    hub = Hub()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{hub.http.server_port}/")
    yield hub
    hub.http.shutdown()
    hub.http.server_close()


def model(*, sha256: str = SHA256, size: int = len(CONTENT)) -> LocalModel:
    file = ModelFile(
        role="model",
        repository="owner/weights",
        revision="abc",
        path="sub folder/a.gguf",
        bytes=size,
        sha256=sha256,
    )
    return replace(known_models()["sdxs"], files=(file,))


def download(folder: Path, wanted: LocalModel | None = None) -> int:
    """Download it and return how many blocks came."""
    blocks: list[None] = []
    downloads.download(wanted or model(), folder, on_block=lambda: blocks.append(None))
    return len(blocks)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_it_downloads_once_from_the_mirror(hub: Hub, tmp_path: Path) -> None:
    assert downloads.missing_bytes(model(), tmp_path) == len(CONTENT)
    assert download(tmp_path) == 3
    path = "/owner/weights/resolve/abc/sub%20folder/a.gguf"
    assert hub.calls == [(path, ""), (CDN, "")]
    here = downloads.download(model(), tmp_path).paths
    assert Path(here["model"]).read_bytes() == CONTENT
    assert files(tmp_path) == ["a.gguf"]
    assert len(hub.calls) == 2


@pytest.mark.parametrize("has_ranges", [True, False])
def test_it_continues_where_the_connection_ended(
    hub: Hub, tmp_path: Path, has_ranges: bool
) -> None:
    hub.sends, hub.has_ranges = 1_500_000, has_ranges
    with pytest.raises(ModelProblem, match="The next start continues"):
        download(tmp_path)
    assert files(tmp_path) == ["a.gguf.part"]
    kept = len(CONTENT) - downloads.missing_bytes(model(), tmp_path)
    assert kept >= downloads.BLOCK
    hub.sends = len(CONTENT)
    download(tmp_path)
    assert hub.ranges == ["", f"bytes={kept}-"]
    assert files(tmp_path) == ["a.gguf"]
    here = downloads.download(model(), tmp_path).paths
    assert Path(here["model"]).read_bytes() == CONTENT


def test_a_complete_part_is_only_checked(hub: Hub, tmp_path: Path) -> None:
    part = tmp_path / SHA256[:12] / "a.gguf.part"
    part.parent.mkdir()
    part.write_bytes(CONTENT)
    assert download(tmp_path) == 0
    assert hub.calls == []
    assert files(tmp_path) == ["a.gguf"]


def test_another_file_is_refused_before_it_is_read(hub: Hub, tmp_path: Path) -> None:
    hub.sha256 = "0" * 64
    with pytest.raises(ModelProblem, match="Nothing was downloaded"):
        download(tmp_path)
    assert [file.stat().st_size for file in tmp_path.rglob("*.part")] == [0]


@pytest.mark.parametrize("more", [b"", b"?"])
def test_wrong_bytes_get_no_final_name(hub: Hub, tmp_path: Path, more: bytes) -> None:
    hub.content, hub.sha256 = CONTENT[::-1] + more, ""
    hub.sends = len(hub.content)
    with pytest.raises(ModelProblem, match="It was deleted"):
        download(tmp_path)
    assert files(tmp_path) == []


def test_it_does_not_begin_without_space(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(ModelProblem, match=r"1000000000\.2 GB are needed"):
        download(tmp_path, model(size=10**18))
    assert hub.calls == []


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is a disk without room")
def test_a_disk_that_becomes_full_is_named_and_leaves_no_file(hub: Hub, tmp_path: Path) -> None:
    part = tmp_path / SHA256[:12] / "a.gguf.part"
    part.parent.mkdir()
    part.symlink_to("/dev/full")
    with pytest.raises(ModelProblem, match=r"No space left on device\. The next start continues"):
        download(tmp_path)
    assert files(tmp_path) == []
    part.unlink()
    part.write_bytes(CONTENT[:1000])  # what had fitted
    download(tmp_path)
    assert hub.ranges == ["", "bytes=1000-"]
    assert files(tmp_path) == ["a.gguf"]


def test_models_are_pinned_and_the_first_is_the_default() -> None:
    known = known_models()
    assert list(known) == ["dreamshaper-lcm", "klein-4b", "sdxs"]
    for each in known.values():
        assert all(len(bytes.fromhex(file.sha256)) == 32 for file in each.files)
        assert each.license.startswith(("CreativeML", "Apache"))


def test_a_file_of_weights_is_a_model(tmp_path: Path) -> None:
    (tmp_path / "mine.gguf").touch()
    mine = find(str(tmp_path / "mine.gguf"))
    assert (mine.name, mine.paths) == ("mine", {"model": str(tmp_path / "mine.gguf")})
    with pytest.raises(ModelProblem, match="does not exist"):
        find(str(tmp_path / "other.gguf"))
    with pytest.raises(ModelProblem, match="Models: dreamshaper-lcm, klein-4b, sdxs"):
        find("mine")
