"""The bucket against a real S3 server that checks signatures, over http and https."""

import os
import signal
import sys
import tempfile
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import pytest
import requests
from botocore.exceptions import BotoCoreError, ClientError
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import override_settings

from generation.files import bucket, storage
from generation.files.new_file import NewFile
from generation.testing.servers.bucket import KEY, PICTURE, BucketTestCase
from generation.testing.servers.certificate import make_certificate
from generation.testing.servers.raw_server import http, raw_server
from generation.testing.services import free_port, running

pytestmark = pytest.mark.s3


class TestStorage(BucketTestCase):
    def setUp(self):
        super().setUp()
        self.use()
        bucket.client().create_bucket(Bucket=self.name)
        storage.save(KEY, PICTURE, content_type="image/png")

    def test_it_hands_a_picture_out_by_a_presigned_address_only(self):
        answer = requests.get(storage.url(KEY), timeout=30)
        assert (answer.status_code, answer.content) == (200, PICTURE)
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        bare = storage.url(KEY).partition("?")[0]
        assert requests.get(bare, timeout=30).status_code == 403
        other = storage.url(KEY).replace("picture-0", "picture-1")
        assert requests.get(other, timeout=30).status_code == 403
        assert requests.put(storage.url(KEY), data=b"x", timeout=30).status_code == 403

    def test_it_asks_the_bucket_once_for_each_file_it_saves(self):
        with raw_server(http("200 OK")) as server:
            self.use(address=f"http://127.0.0.1:{server.port}")
            storage.save(KEY, b"another", content_type="image/png")
        (sent,) = server.requests
        head, _, body = sent.partition(b"\r\n\r\n")
        assert head.startswith(f"PUT /{self.name}/{KEY} HTTP/1.1\r\n".encode())
        assert b"expect" not in head.lower()  # would wait for a reply before the data
        assert body == b"another"

    def test_it_writes_several_files_at_the_same_time(self):
        together = threading.Barrier(3, timeout=30)  # breaks if one waits for another

        def answer(connection):
            together.wait()
            connection.sendall(http("200 OK"))

        files = [NewFile(f"images/{n}.png", b"%d" % n, "image/png") for n in range(3)]
        with raw_server(answer) as server:
            self.use(address=f"http://127.0.0.1:{server.port}")
            storage.save_all(files)
        assert sorted(sent[-1:] for sent in server.requests) == [b"0", b"1", b"2"]

    def test_it_raises_when_one_of_several_files_is_not_written(self):
        answers = [http("200 OK")] * 2 + [http("403 Forbidden")]
        files = [NewFile(f"images/{n}.png", b"%d" % n, "image/png") for n in range(3)]
        with raw_server(lambda connection: connection.sendall(answers.pop(0))) as server:
            self.use(address=f"http://127.0.0.1:{server.port}")
            with pytest.raises(ClientError):
                storage.save_all(files)
        assert len(server.requests) == 3, "the refused one is not sent again"

    def test_it_writes_again_what_the_bucket_could_not_take(self):
        failures = [b"", b"not HTTP\r\n\r\n", http("503 Slow Down")]  # b"" closes the connection
        answers = [answer for failure in failures for answer in (failure, http("200 OK"))]
        with raw_server(lambda connection: connection.sendall(answers.pop(0))) as server:
            self.use(address=f"http://127.0.0.1:{server.port}")
            for _ in failures:
                storage.save(KEY, b"another", content_type="image/png")
        assert [sent[-7:] for sent in server.requests] == [b"another"] * 6

    def test_it_asks_a_bucket_in_trouble_twice(self):
        for answer in (b"", b"not HTTP\r\n\r\n", http("503 Slow Down")):
            with self.subTest(answer), raw_server(answer) as server:
                self.use(address=f"http://127.0.0.1:{server.port}")
                with pytest.raises((BotoCoreError, ClientError)):
                    storage.save(KEY, b"another", content_type="image/png")
            assert len(server.requests) == 2, answer

    def test_it_hands_nothing_out_after_an_hour(self):
        for age, status in ((timedelta(minutes=29), 200), (timedelta(minutes=61), 403)):
            with mock.patch("django.utils.timezone.now", return_value=datetime.now(UTC) - age):
                address = storage.url(KEY)
            assert requests.get(address, timeout=30).status_code == status

    def test_it_reads_a_picture_in_pieces(self):
        size = len(PICTURE)
        for length, count in ((1000, 11), (size, 1), (size // 4, 4), (size + 1, 1)):
            with self.subTest(length):
                pieces = list(storage.pieces(KEY, length=length))
                assert (b"".join(pieces), len(pieces)) == (PICTURE, count)
        with pytest.raises(FileNotFoundError):
            next(storage.pieces("images/somebody/gone.png"))

    def test_it_reads_a_piece_again_when_the_connection_breaks_amid_it(self):
        replies = [http("206 Partial Content", b"abcd"), http("206 Partial Content", b"abcd")[:-2]]
        with raw_server(lambda connection: connection.sendall(replies.pop())) as server:
            self.use(address=f"http://127.0.0.1:{server.port}")
            assert next(storage.pieces(KEY)) == b"abcd"
        with raw_server(http("206 Partial Content", b"abcd")[:-2]) as server:
            self.use(address=f"http://127.0.0.1:{server.port}")
            with pytest.raises(BotoCoreError):
                next(storage.pieces(KEY))
        assert len(server.requests) == 2

    def test_it_names_the_file_that_a_browser_saves(self):
        answer = requests.get(storage.download_url(KEY, filename="кот.png"), timeout=30)
        assert (
            answer.headers["Content-Disposition"]
            == "attachment; filename*=utf-8''%D0%BA%D0%BE%D1%82.png"
        )

    def test_it_shows_browsers_the_public_address_of_a_bucket_behind_a_proxy(self):
        with override_settings(S3_PUBLIC_URL="https://art.example.org/s3/"):
            public = storage.url(KEY)
            ours = bucket.as_we_see(public)
        assert public.startswith(f"https://art.example.org/s3/{self.name}/{KEY}?"), public
        assert requests.get(ours, timeout=30).content == PICTURE


class TestTLS(BucketTestCase):
    def test_it_works_over_https_with_an_authority_of_its_own(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        certificate, key = make_certificate(folder)
        identities = folder / "identities.json"
        identities.write_text(
            '{"identities":[{"name":"artgen","credentials":[{"accessKey":"key","secretKey":"secret"}],'
            '"actions":["Admin","Read","Write","List","Tagging"]}]}'
        )
        port, plain_port = free_port(), free_port()
        ports = [f"-{name}.port={free_port()}" for name in ("master", "volume", "filer", "admin")]
        server = [
            str(Path(sys.executable).parent / "weed"),
            f"-logdir={folder}",
            "mini",
            f"-dir={folder}",
        ]
        server += [
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            f"-s3.config={identities}",
            "-webdav=false",
            *ports,
        ]
        server += [f"-s3.port={plain_port}", f"-s3.port.https={port}"]
        server += [f"-s3.cert.file={certificate}", f"-s3.key.file={key}"]
        server += [
            "-admin.ui=false",
            "-master.telemetry=false",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
        ]
        self.enterContext(
            running(server, port=port, log=folder / "log", stop=signal.SIGKILL, seconds=30)
        )
        self.use(address=f"https://127.0.0.1:{port}", verify=certificate)
        default_storage.connection.meta.client.create_bucket(Bucket=self.name)
        for size in (1000, 12 * 1024 * 1024):
            data = os.urandom(size)
            default_storage.save(KEY, ContentFile(data))
            assert storage.read(KEY) == data
            cache.clear()
            assert requests.get(storage.url(KEY), verify=certificate, timeout=60).content == data
