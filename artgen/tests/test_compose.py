"""docker-compose.yml against what the code reads and what the monitoring profile asks."""

import os
import re
import subprocess
import sys
from pathlib import Path

import environ
import yaml
from django.conf import settings

from artgen.testing.documents import documented

FILE = settings.BASE_DIR / "docker-compose.yml"
DEPLOY = settings.BASE_DIR / "deploy"
IPV6 = DEPLOY / "compose.ipv6.yml"
BY_BACKUP = {"BACKUP_AT", "BACKUP_IDENTITY", "BACKUP_KEEP_DAYS", "BACKUP_RECIPIENTS"}
BY_IMAGE = {"DATA_DIR", "DB_POOL", "RUN_DIR", "STATIC_ROOT"}
NEVER = {"DEBUG"}


def services() -> dict[str, dict]:
    return yaml.safe_load(FILE.read_text())["services"]


class TestEnvironment:
    def test_it_passes_on_whatever_the_example_names(self) -> None:
        for name in ("backend", "sockets", "worker", "beat", "release"):
            given = {variable.removesuffix("_FILE") for variable in services()[name]["environment"]}
            # What compose itself reads, nginx' values and what `configure` makes of the password.
            files = FILE.read_text() + IPV6.read_text()
            used = set(re.findall(r"\$\{([A-Z0-9_]+)", files)) | set(
                services()["nginx"]["environment"]
            )
            used |= set(services()["configure"]["environment"])
            used |= set(services()["certificate"]["environment"])
            others = BY_IMAGE | BY_BACKUP | NEVER
            assert set(documented()) - given - used - {"GUNICORN_BIND"} == others, name
        assert set(services()["backup"]["environment"]) >= BY_BACKUP | {"BACKUP_FILES"}

    def test_it_names_nothing_that_nobody_reads(self) -> None:
        given = {variable.removesuffix("_FILE") for variable in services()["beat"]["environment"]}
        assert given - set(documented()) - {"ALIVE"} == set()


class TestConfigure:
    """deploy/configure.sh, whose files the other containers read as NAME_FILE."""

    def test_it_writes_what_they_read(self, tmp_path: Path) -> None:
        files = {
            value.removeprefix("/config/")
            for value in services()["backend"]["environment"].values()
            if str(value).startswith("/config/")
        }
        written = configure(tmp_path, DEMO_HOST="localhost")
        assert files - set(written) == set()

    def test_its_database_url_has_any_password(self, tmp_path: Path) -> None:
        password = "p@ss/w#r?d+%41="
        url = configure(tmp_path, DEMO_HOST="localhost", POSTGRES_PASSWORD=password)["database_url"]
        assert (
            environ.Env.db_url_config(url).items()
            >= {
                "USER": "artgen",
                "PASSWORD": password,
                "HOST": "postgres",
                "PORT": 5432,
                "NAME": "artgen",
            }.items()
        )

    def test_it_sets_the_prompt_helper_of_the_demo(self, tmp_path: Path) -> None:
        written = configure(tmp_path, DEMO_HOST="localhost")
        base_url = written["runpod_base_url"]
        assert base_url == "http://localhost:8010/v2"
        assert written["prompt_helper_url"] == f"{base_url}/dictionary/openai/v1"
        assert written["prompt_helper_model"] == "demo dictionary (stand-in)"
        assert written["prompt_helper_api_key"] == ""


def configure(folder: Path, **environment: str) -> dict[str, str]:
    """Run deploy/configure.sh with this environment; return what each file has."""
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(sys.executable)
    (folder / "config").mkdir()
    subprocess.run(
        [DEPLOY / "configure.sh"],
        cwd=settings.BASE_DIR,
        env={
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join(sys.path),
            "CONFIG_DIR": str(folder / "config"),
            "PUBLIC_URL": "http://127.0.0.1:8000",
            **environment,
        },
        check=True,
        capture_output=True,
    )
    return {file.name: file.read_text() for file in (folder / "config").iterdir()}


class TestNginx:
    def test_it_passes_on_every_value_that_the_example_names(self) -> None:
        named = {name: value for name, value in documented().items() if name.startswith("NGINX_")}
        given = services()["nginx"]["environment"]
        assert set(named) - set(given) == set()
        script = (settings.BASE_DIR / "nginx" / "render.sh").read_text()
        read = dict(re.findall(r"^default (NGINX_\w+) (\S+)", script, re.MULTILINE))
        assert set(named) - set(read) == set()
        for name, value in named.items():
            assert value == read[name].strip("'"), name
            # A value of .env reaches it: nothing else is written here.
            assert given[name] in (None, f"${{{name}:-{value}}}"), name


class TestContainment:
    def test_it_gives_each_no_more_rights_than_it_needs(self) -> None:
        for name, service in services().items():
            assert service["read_only"] is True, name
            assert service["cap_drop"] == ["ALL"], name
            assert "cap_add" not in service
            assert service["security_opt"] == ["no-new-privileges:true"], name
            assert service["cpu_shares"] > 1024, f"{name}: builds have 1024"
            # The others have a user in their image: 10001 in our own, nobody and 472 in monitoring.
            image = service["image"].partition(":")[0]
            if image not in (
                "artgen",
                "artgen-backup",
                "artgen-demo",
                "artgen-certbot",
                "artgen-nginx",
                "prom/prometheus",
                "grafana/grafana",
            ):
                assert service["user"] not in ("root", "0", "0:0"), name

    def test_it_gives_each_limits_and_a_health_check(self) -> None:
        for name, service in services().items():
            assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}, name
            if service["restart"] == "no":  # once, before the others
                assert name in ("configure", "release")
                continue
            assert service["restart"] == "unless-stopped", name
            assert set(service["deploy"]["resources"]["limits"]) == {"memory", "pids"}, name
            assert service["healthcheck"]["test"], name

    def test_it_publishes_nginx_only_and_keeps_the_databases_inside(self) -> None:
        file = yaml.safe_load(FILE.read_text())
        open_ones = {name for name, service in services().items() if "ports" in service}
        assert open_ones == {"nginx", "prometheus", "grafana"}
        assert file["networks"]["databases"]["internal"] is True
        for name in ("postgres", "redis"):
            assert services()[name]["networks"] == ["databases"]
        assert services()["backend"]["container_name"] == "art_generation_backend"
