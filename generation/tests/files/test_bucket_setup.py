"""`setup_bucket` and `release` against a real S3 server.

Against what Yandex refuses, and against stores in trouble.
"""

import io
import os
import re
import socket
import threading
from datetime import datetime, timedelta

import pytest
import requests
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.test import TestCase, override_settings
from django.utils import timezone

from generation.files import bucket, bucket_setup, storage
from generation.models import ImageModel
from generation.testing.servers.bucket import (
    KEY,
    PICTURE,
    BucketTestCase,
    public_policy,
    s3_settings,
)
from generation.testing.servers.raw_server import http, raw_server
from generation.testing.servers.yandex import Yandex, create_bucket
from generation.testing.services import free_port

pytestmark = [
    pytest.mark.s3,
    pytest.mark.release("generation/files/", "generation/management/commands/setup_bucket.py"),
]


class SetupTestCase(BucketTestCase):
    def set_up(self, *arguments: str, command: str = "setup_bucket") -> tuple[str, str]:
        """Return what the command says, and what it warns of."""
        output, warnings = io.StringIO(), io.StringIO()
        call_command(command, *arguments, stdout=output, stderr=warnings)
        return output.getvalue(), warnings.getvalue()

    def yandex(self, *, limited: bool = False) -> Yandex:
        """Return the stand-in for Yandex, in front of this test's server.

        The settings point to it.
        """
        stand_in = self.enterContext(Yandex(self.address, limited=limited))
        self.use(address=stand_in.url)
        return stand_in


class TestProbe(SetupTestCase):
    def test_it_removes_what_an_interrupted_check_has_left(self):
        self.use()
        self.set_up()
        s3, key = bucket.client(), f"{bucket_setup.PROBES}left"
        s3.put_object(Bucket=self.name, Key=key, Body=b"left")

        def left(*, before: datetime) -> list[str]:
            bucket_setup.remove_probes(s3, self.name, before=before)
            return [one for one, _ in storage.listing(bucket_setup.PROBES)]

        assert left(before=timezone.now() - timedelta(hours=1)) == [key]
        assert left(before=timezone.now() + timedelta(minutes=1)) == []


class TestSetup(SetupTestCase):
    def test_it_creates_a_private_bucket_and_may_be_run_again(self):
        self.use()
        first, second = self.set_up()[0], self.set_up()[0]
        assert f"bucket {self.name}: created\n" in first
        assert f"bucket {self.name}: exists\n" in second
        assert "requests without a key: rejected\n" in second
        assert list(storage.listing("")) == []

    def test_it_fails_only_where_images_or_their_list_can_be_had_without_a_key(self):
        self.use()
        s3 = bucket.client()
        s3.create_bucket(Bucket=self.name)
        for action, words in (
            ("s3:GetObject", "anyone can read images"),
            ("s3:ListBucket", "can list images"),
        ):
            s3.put_bucket_policy(Bucket=self.name, Policy=public_policy(self.name, action))
            with pytest.raises(CommandError, match=words):
                self.set_up()
        with (
            s3_settings(self.address, name=self.name, secret="wrong"),
            pytest.raises(CommandError, match=words),
        ):
            self.set_up()  # this much is known without a good key, too
        s3.delete_bucket_policy(Bucket=self.name)
        self.set_up()

    def test_it_says_that_files_lie_on_the_disk_where_no_bucket_is_set(self):
        with override_settings(S3_BUCKET=""):
            assert "S3_BUCKET is not set" in self.set_up()[0]


class TestYandex(SetupTestCase):
    def test_it_configures_all_that_yandex_can(self):
        yandex = self.yandex()
        output, warnings = self.set_up()
        for words in ("created", "without a key: rejected"):
            assert words in output
        assert (
            "WARNING: public access: could not be set (501 NotImplemented). Configure manually: "
            in warnings
        )
        assert warnings.count("WARNING") == 1
        assert yandex.made("PUT", "cors") == []

    def test_it_works_with_a_key_that_may_only_list_put_get_and_delete(self):
        create_bucket(os.environ["TEST_S3_URL"], self.name)
        self.yandex(limited=True)
        output, warnings = self.set_up()
        assert output == f"bucket {self.name}: exists\nrequests without a key: rejected\n"
        for words in ("public access: could", "manage.py doctor"):
            assert words in warnings
        storage.save(KEY, PICTURE, content_type="image/png")
        assert requests.get(storage.url(KEY), timeout=30).content == PICTURE
        bare = storage.url(KEY).partition("?")[0]
        assert requests.get(bare, timeout=30).status_code == 403
        storage.delete_all("images/")
        assert list(storage.listing("")) == []

    def test_it_sends_content_md5_from_every_client_where_yandex_requires_it(self):
        yandex = self.yandex()
        clients = (bucket.client(), default_storage.connection.meta.client)
        clients[0].create_bucket(Bucket=self.name)
        cors = {
            "CORSRules": [
                {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://art.example.org"]}
            ]
        }
        for s3 in clients:
            yandex.calls.clear()
            storage.save(KEY, PICTURE, content_type="image/png")
            s3.put_bucket_cors(Bucket=self.name, CORSConfiguration=cors)
            s3.delete_objects(Bucket=self.name, Delete={"Objects": [{"Key": KEY}]})
            assert list(storage.listing("images/")) == []
            calls = [
                *yandex.made("PUT", "cors"),
                *yandex.made("POST", "delete"),
            ]
            assert [call.status for call in calls] == [200, 200]
            for call in calls:
                assert re.search(r"^[\w+/]{22}==$", call.headers["Content-MD5"])
                assert "content-md5" in call.headers["Authorization"]
                assert [name for name in call.headers if "checksum" in name.lower()] == []


class TestTrouble(SetupTestCase):
    """Nothing of this keeps ArtGen from starting."""

    def test_it_warns_of_what_is_no_store(self):
        page = b"<!DOCTYPE html><html><body>It works<br></body></html>"
        for reply, words in (
            (http("200 OK", page, "Content-Type: text/html"), "not be an S3 store"),
            (http("502 Bad Gateway", page, "Content-Type: text/html"), "502"),
            (http("503 Service Unavailable"), "Try again later"),
            (http("301 Moved Permanently"), "S3_REGION"),
            (http("400 Bad Request"), "400"),
            (b"", "Correct S3_ENDPOINT_URL"),
            (b"SSH-2.0-OpenSSH_9.2\r\n", "Correct S3_ENDPOINT_URL"),
        ):
            with self.subTest(reply[:40]), raw_server(reply) as server:
                self.use(address=f"http://127.0.0.1:{server.port}")
                output, warnings = self.set_up()
                assert output == ""
                assert words in warnings

    def test_it_takes_no_page_of_another_server_for_a_public_bucket(self):
        page = http("200 OK", b"<html><body>Sign in</body></html>", "Content-Type: text/html")
        with raw_server(page) as server:
            self.use(address=f"http://127.0.0.1:{server.port}")
            self.set_up()

    def test_it_gives_up_a_store_that_hangs_or_sends_a_byte_now_and_then(self):
        over = threading.Event()
        self.addCleanup(over.set)

        def hang(connection: socket.socket) -> None:
            over.wait()

        def trickle(connection: socket.socket) -> None:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while not over.wait(0.05):
                connection.sendall(b" ")

        for answer in (hang, trickle):
            with self.subTest(answer.__name__), raw_server(answer) as server:
                self.use(address=f"http://127.0.0.1:{server.port}")
                (step,) = bucket_setup.set_up(seconds=0.3)
                assert step.is_warning
                assert "not finished after" in step.text


class TestRelease(SetupTestCase, TestCase):
    """What every start does first."""

    def test_it_ends_well_without_a_bucket_in_reach(self):
        self.use(address=f"http://127.0.0.1:{free_port()}")
        warnings = self.set_up(command="release")[1]
        assert "Correct S3_ENDPOINT_URL" in warnings
        assert ImageModel.objects.exists()

    def test_it_says_that_the_bucket_is_public_and_starts(self):
        self.use()
        s3 = bucket.client()
        s3.create_bucket(Bucket=self.name)
        s3.put_bucket_policy(Bucket=self.name, Policy=public_policy(self.name))
        with pytest.raises(CommandError, match="anyone can read images without a key"):
            self.set_up()
        errors = self.set_up(command="release")[1]
        assert "ERROR: setup_bucket:" in errors
        assert "anyone can read images without a key. Make the bucket private" in errors
        assert ImageModel.objects.exists()
