"""Where the version is shown, and that all files name the same one."""

import re
import subprocess
import sys
import tomllib

import pytest
from django.conf import settings

from generation.testing import documents
from generation.testing.cases import BaseTestCase


class TestVersion(BaseTestCase):
    def test_all_files_name_the_same(self) -> None:
        project = tomllib.loads(documents.read("pyproject.toml"))["project"]
        newest = re.search(r"\d+\.\d+\.\d+", documents.read("CHANGELOG.md"))
        assert newest
        assert project["version"] == newest[0] == settings.VERSION

    def test_it_is_on_account_and_admin_pages(self) -> None:
        self.client.force_login(self.staff)
        for address in ("/account/profile/", "/admin/"):
            assert f"ArtGen {settings.VERSION}" in self.client.get(address).text, address

    @pytest.mark.slow
    def test_the_command_prints_it(self) -> None:
        said = subprocess.run(
            [sys.executable, "manage.py", "--version"],
            cwd=settings.BASE_DIR,
            check=True,
            capture_output=True,
            text=True,
        )
        assert said.stdout == f"ArtGen {settings.VERSION}\n"
