import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.conf import settings
from django.http.request import validate_host

from artgen.environment.setting_names import EXAMPLE, documented

pytestmark = pytest.mark.slow

SETTINGS = sorted(
    str(file.relative_to(settings.BASE_DIR))
    for file in (settings.BASE_DIR / "artgen" / "settings").glob("*.py")
)
READERS = (
    *SETTINGS,
    "artgen/database/connection_budget.py",
    "artgen/environment/social_apps.py",
    "deploy/gunicorn.conf.py",
)
SECRET = "for the test, and of 32 characters"
BY_START = {"BACKUP_AT", "SOCKETS_PING_INTERVAL", "SOCKETS_PING_TIMEOUT", "RUN_DIR"}
BY_COMPOSE = {
    "ACME_EMAIL",
    "ACME_URL",
    "ARTGEN_REGISTRY",
    "ARTGEN_VERSION",
    "BIND_ADDRESS",
    "BIND_ADDRESS_IPV6",
    "GRAFANA_PASSWORD",
    "PORT",
    "POSTGRES_PASSWORD",
    "TLS_DIR",
    "TLS_PORT",
}
BY_NGINX = {name for name in documented() if name.startswith("NGINX_")}  # see test_compose
BY_OTHERS = BY_START | BY_COMPOSE | BY_NGINX
SHOW = """
import json
from artgen import settings
print(json.dumps({name: getattr(settings, name) for name in %r}, default=str))
"""


def read() -> dict[str, object]:
    """Return the default of each variable that the code reads, None if it is computed."""
    found: dict[str, object] = {}
    for file in READERS:
        for node in ast.walk(ast.parse((settings.BASE_DIR / file).read_text())):
            if not (
                isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)
            ):
                continue
            called, name = ast.unparse(node.func), str(node.args[0].value)
            # In settings through env; elsewhere through a small function of the file's own.
            reads = called.startswith("env.") or called == "os.environ.get" or file not in SETTINGS
            if not reads or not re.fullmatch("[A-Z][A-Z0-9_]+", name):
                continue
            default = [word.value for word in node.keywords if word.arg == "default"] or node.args[
                1:
            ]
            try:
                found.setdefault(name, ast.literal_eval(default[0]) if default else None)
            except ValueError:
                found.setdefault(name, None)
    return found


def load(*others: str, **environment: str) -> str:
    """Return some settings as a fresh process reads them from this environment alone."""
    names = [
        *others,
        "DEBUG",
        "PUBLIC_URL",
        "DATABASES",
        "CELERY_BROKER_URL",
        "STORAGES",
        "RUNPOD_IMAGE_HOSTS",
        "ALLOWED_HOSTS",
    ]
    return subprocess.run(
        [sys.executable, "-c", SHOW % names],
        env={"PATH": os.environ["PATH"], "SECRET_KEY": SECRET, **environment},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


class TestExample:
    def test_it_names_whatever_is_read(self) -> None:
        assert set(documented()) == set(read()) | BY_OTHERS

    def test_it_gives_the_defaults_of_the_code(self) -> None:
        for name, default in read().items():
            given = documented()[name]
            if given and default is not None:
                plain = ",".join(default) if isinstance(default, list) else str(default)
                assert given.lower() == plain.lower(), name

    def test_it_explains_each_in_one_line(self) -> None:
        lines = EXAMPLE.read_text().splitlines()
        for number, line in enumerate(lines):
            if line and not line.startswith("#"):
                assert re.search(r"^[A-Z][A-Z0-9_]*=", line)
                assert re.search(r"^# [A-Z].{3}", lines[number - 1]), line
            assert len(line) <= 100

    def test_it_holds_no_secret(self) -> None:
        for name, value in documented().items():
            if re.search("KEY|SECRET|PASSWORD", name):
                assert value == "", name

    def test_it_changes_nothing_when_it_is_copied_as_it_is(self) -> None:
        with TemporaryDirectory() as folder:
            same = {"DATA_DIR": folder, "SECRET_KEY": SECRET}
            assert load(**same) == load(**{**documented(), **same})


class TestHost:
    @pytest.mark.parametrize(
        ("address", "host"),
        [
            ("https://art.example.org", "art.example.org"),
            ("http://192.0.2.1:8000", "192.0.2.1"),
            ("http://[2001:db8::1]:8000", "[2001:db8::1]"),
            ("https://[2001:DB8::1]/", "[2001:db8::1]"),
        ],
    )
    def test_it_allows_that_of_the_public_address(
        self, tmp_path: Path, address: str, host: str
    ) -> None:
        found = load("ALLOWED_HOSTS", DATA_DIR=str(tmp_path), PUBLIC_URL=address)
        allowed = json.loads(found)["ALLOWED_HOSTS"]
        assert allowed[0] == host
        assert validate_host(host, allowed[:1])

    @pytest.mark.parametrize("address", ["art.example.org", "https://", "http://[2001:db8::1"])
    def test_it_refuses_an_address_without_one(self, tmp_path: Path, address: str) -> None:
        with pytest.raises(subprocess.CalledProcessError) as failed:
            load(DATA_DIR=str(tmp_path), PUBLIC_URL=address)
        assert "PUBLIC_URL is" in failed.value.stderr


class TestSecret:
    """Commands beside `make stack`, which keeps its secret in DATA_DIR."""

    DATABASE = "postgres://nobody@127.0.0.1:1/nothing"

    def test_it_finds_that_of_make_stack(self, tmp_path: Path) -> None:
        (tmp_path / "secret_key").write_text("of-make-stack")
        found = load(
            "SECRET_KEY", DATA_DIR=str(tmp_path), DATABASE_URL=self.DATABASE, SECRET_KEY=""
        )
        assert json.loads(found)["SECRET_KEY"] == "of-make-stack"

    def test_it_invents_none_for_a_database_that_others_use(self, tmp_path: Path) -> None:
        with pytest.raises(subprocess.CalledProcessError) as failed:
            load(DATA_DIR=str(tmp_path), DATABASE_URL=self.DATABASE, SECRET_KEY="")
        assert "SECRET_KEY is not set" in failed.value.stderr
        assert list(tmp_path.iterdir()) == []


class TestSignUp:
    @pytest.mark.parametrize(
        ("mode", "words"), [("invite", "SIGN_UP is 'invite'"), ("domain", "needs SIGN_UP_DOMAINS")]
    )
    def test_it_refuses_a_mode_that_is_unknown_or_lacks_its_domains(
        self, tmp_path: Path, mode: str, words: str
    ) -> None:
        with pytest.raises(subprocess.CalledProcessError) as failed:
            load(DATA_DIR=str(tmp_path), SIGN_UP=mode)
        assert words in failed.value.stderr


class TestEmpty:
    def test_it_takes_an_empty_value_for_none(self) -> None:
        with TemporaryDirectory() as folder:
            blank = {"ALLOWED_HOSTS": "", "DB_POOL_MAX": " ", "DATABASE_URL": "", "DEBUG": ""}
            assert load(DATA_DIR=folder) == load(DATA_DIR=folder, **blank)

    def test_it_reads_a_secret_from_a_file(self) -> None:
        with TemporaryDirectory() as folder:
            file = Path(folder) / "secret"
            file.write_text("from-the-file")
            out = load(DATA_DIR=folder, S3_BUCKET="pictures", S3_SECRET_ACCESS_KEY_FILE=str(file))
        assert "from-the-file" in out
