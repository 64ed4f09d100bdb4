"""Where the version is shown, and that all files name the same one."""

import re
import tomllib

from django.conf import settings

from generation.testing import documents
from generation.testing.cases import BaseTestCase


class TestVersion(BaseTestCase):
    def test_all_files_name_the_same(self) -> None:
        project = tomllib.loads(documents.read("pyproject.toml"))["project"]
        newest = re.search(r"\d+\.\d+\.\d+", documents.read("CHANGELOG.md"))
        assert newest
        assert project["version"] == newest[0] == settings.VERSION
