"""`make stack` with a bucket like Yandex's, and a key that may only list, put, get and delete."""

import hashlib
import os
import unittest
from urllib.parse import urlsplit

import pytest
import requests

from artgen.testing.stack import MACHINE, PATIENCE, Stack
from artgen.testing.yandex import Yandex, create_bucket

pytestmark = [
    pytest.mark.s3,
    pytest.mark.nginx,
    pytest.mark.xdist_group("stack_yandex"),
]


class TestYandex(unittest.TestCase):
    def test_it_starts_with_warnings_and_stores_images(self):
        store = urlsplit(os.environ["TEST_S3_URL"])
        yandex = self.enterContext(Yandex(f"http://{store.hostname}:{store.port}", limited=True))
        stack = Stack(**MACHINE, S3_ENDPOINT_URL=yandex.url, S3_REGION="ru-central1")
        create_bucket(os.environ["TEST_S3_URL"], stack.name)
        with stack:
            for words in (
                "WARNING: public access: could not be set (501 NotImplemented). Configure manually: ",
                "WARNING: lifecycle: could not be set (403 AccessDenied). Configure manually: ",
                "requests without a key: rejected",
            ):
                assert words in stack.log
            job = stack.draw()
            assert (job["status"], job["error"]) == ("succeeded", None)
            (image,) = job["images"]
            for name in ("url", "thumbnail_url"):
                assert image[name].startswith(f"{yandex.url}/{stack.name}/"), image[name]
                bare = image[name].partition("?")[0]
                assert requests.get(bare, timeout=PATIENCE).status_code == 403
            data = requests.get(image["url"], timeout=PATIENCE).content
            assert hashlib.sha256(data).hexdigest() == image["sha256"]
            assert "anonymous access is rejected" in stack.command_that_may_fail("doctor")
