"""docker-compose.yml against what the code reads and what the monitoring profile asks."""

import os
import re
import stat
import subprocess
import sys
from functools import cache
from pathlib import Path

import environ
import pytest
import yaml
from django.conf import settings

from artgen.database.connection_budget import LANES
from artgen.environment.setting_names import documented

FILE = settings.BASE_DIR / "docker-compose.yml"
DEPLOY = settings.BASE_DIR / "deploy"
IPV6 = DEPLOY / "compose.ipv6.yml"
BY_BACKUP = {"BACKUP_AT", "BACKUP_IDENTITY", "BACKUP_KEEP_DAYS", "BACKUP_RECIPIENTS"}
BY_IMAGE = {"DATA_DIR", "DB_POOL", "RUN_DIR", "STATIC_ROOT"}
NEVER = {"DEBUG"}


@cache
def services() -> dict[str, dict]:
    return yaml.safe_load(FILE.read_text())["services"]


class TestEnvironment:
    def test_it_passes_on_whatever_the_example_names(self) -> None:
        for name in ("backend", "sockets", *LANES, "release"):
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
        given = {variable.removesuffix("_FILE") for variable in services()["drive"]["environment"]}
        assert given - set(documented()) - {"ALIVE", "SETTING_NAMES"} == set()


@pytest.mark.slow
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

    def test_it_shows_each_container_its_own_secrets_alone(self, tmp_path: Path) -> None:
        configure(tmp_path, DEMO_HOST="localhost")
        modes = {
            str(file.relative_to(tmp_path / "config")): stat.S_IMODE(file.stat().st_mode)
            for file in (tmp_path / "config").rglob("*")
            if file.is_file()
        }
        shared = ("postgres/postgres_password", "grafana/grafana_password")
        assert {modes.pop(name) for name in shared} == {0o640}
        assert set(modes.values()) == {0o600}
        of_postgres, of_grafana = services()["postgres"], services()["grafana"]
        assert [one for one in of_postgres["volumes"] if "config" in one] == [
            "config-postgres:/config:ro"
        ]
        assert [one for one in of_grafana["volumes"] if ":/config" in one] == [
            "config-grafana:/config:ro"
        ]
        assert of_postgres["group_add"] == of_grafana["group_add"] == ["10001"]

    def test_it_keeps_the_passwords_that_the_version_before_has_written(
        self, tmp_path: Path
    ) -> None:
        folder = tmp_path / "config"
        folder.mkdir()
        for name in ("postgres_password", "grafana_password", "secret_key"):
            (folder / name).write_text(f"the {name}")
            (folder / name).chmod(0o644)
        configure(tmp_path, DEMO_HOST="localhost")
        assert (folder / "postgres" / "postgres_password").read_text() == "the postgres_password"
        assert (folder / "grafana" / "grafana_password").read_text() == "the grafana_password"
        # Its container of PostgreSQL runs until the next `docker compose up`.
        assert stat.S_IMODE((folder / "postgres_password").stat().st_mode) == 0o644
        assert stat.S_IMODE((folder / "secret_key").stat().st_mode) == 0o600

    def test_it_passes_on_the_names_of_env(self, tmp_path: Path) -> None:
        assert services()["configure"]["env_file"] == [{"path": ".env", "required": False}]
        written = configure(tmp_path, DEMO_HOST="localhost", S3_BUCKETT="images")
        assert "S3_BUCKETT" in written["setting_names"].split()

    def test_it_sets_the_prompt_helper_of_the_demo(self, tmp_path: Path) -> None:
        written = configure(tmp_path, DEMO_HOST="localhost")
        base_url = written["runpod_base_url"]
        assert base_url == "http://localhost:8010/v2"
        assert written["prompt_helper_url"] == f"{base_url}/dictionary/openai/v1"
        assert written["prompt_helper_model"] == "demo dictionary (stand-in)"
        assert written["prompt_helper_vision_model"] == "demo colors (stand-in)"
        assert written["prompt_helper_api_key"] == ""

    @pytest.mark.parametrize(
        ("given", "helper"),
        [
            ({"RUNPOD_API_KEY": "own"}, ("", "", "")),
            (
                {"PROMPT_HELPER_URL": "https://text.example.org/v1", "PROMPT_HELPER_MODEL": "qwen"},
                ("https://text.example.org/v1", "qwen", ""),
            ),
            (
                {
                    "RUNPOD_API_KEY": "own",
                    "PROMPT_HELPER_URL": "https://text.example.org/v1",
                    "PROMPT_HELPER_MODEL": "qwen",
                    "PROMPT_HELPER_API_KEY": "secret",
                },
                ("https://text.example.org/v1", "qwen", "secret"),
            ),
        ],
    )
    def test_it_uses_that_of_env_otherwise(
        self, tmp_path: Path, given: dict[str, str], helper: tuple[str, ...]
    ) -> None:
        written = configure(tmp_path, DEMO_HOST="localhost", **given)
        assert tuple(written[f"prompt_helper_{name}"] for name in ("url", "model", "api_key")) == (
            helper
        )


def configure(folder: Path, **environment: str) -> dict[str, str]:
    """Run deploy/configure.sh with this environment; return what each file has."""
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(sys.executable)
    (folder / "config").mkdir(exist_ok=True)
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
    files = (folder / "config").rglob("*")
    return {file.name: file.read_text() for file in files if file.is_file()}


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


class TestScale:
    def test_it_lets_all_but_the_named_container_scale(self) -> None:
        replicas = {
            name: service["deploy"]["replicas"]
            for name, service in services().items()
            if "replicas" in service.get("deploy", {})
        }
        assert replicas == {
            "web": "${MORE_WEB_CONTAINERS:-0}",
            "sockets": "${SOCKETS_CONTAINERS:-1}",
            **dict.fromkeys(LANES, "${WORKER_CONTAINERS:-1}"),
        }
        named = {name for name, service in services().items() if "container_name" in service}
        assert named == {"backend"}

    def test_it_runs_further_web_containers_like_the_first(self) -> None:
        first, further = services()["backend"], services()["web"]
        assert further["command"] == [*first["command"], "further"]
        for key in ("environment", "healthcheck", "volumes", "networks", "depends_on"):
            assert further[key] == first[key], key

    def test_it_replaces_no_database_when_a_value_of_env_changes(self) -> None:
        for name in ("postgres", "redis"):
            text = yaml.safe_dump(services()[name]).replace("$$@", "")
            assert "$" not in text, name
            # compose replaces a container when it replaces one that this depends on.
            assert "depends_on" not in services()[name], name


class TestContainment:
    def test_it_gives_each_no_more_rights_than_it_needs(self) -> None:
        for name, service in services().items():
            assert service["read_only"] is True, name
            assert service["cap_drop"] == ["ALL"], name
            assert "cap_add" not in service
            assert service["security_opt"] == ["no-new-privileges:true"], name
            assert service["cpu_shares"] > 1024, f"{name}: builds have 1024"
            # The others have a user in their image: 10001 in our own, nobody and 472 in monitoring.
            image = service["image"].removeprefix("${ARTGEN_REGISTRY:-}").partition(":")[0]
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


class TestCertificate:
    def test_it_tells_nginx_where_its_ports_are_published(self) -> None:
        nginx, ipv6 = services()["nginx"], yaml.safe_load(IPV6.read_text())
        assert nginx["environment"]["NGINX_HOST"] == "gateway"
        addresses = {port.split(":${")[0] for port in nginx["ports"]}
        assert addresses == {nginx["environment"]["NGINX_BIND_ADDRESS"]}
        assert ipv6["networks"] == {"outside": {"enable_ipv6": True}}
        addresses |= {
            port.split(":${P")[0].split(":${T")[0] for port in ipv6["services"]["nginx"]["ports"]
        }
        bound = ipv6["services"]["nginx"]["environment"]["NGINX_BIND_ADDRESS"]
        assert set(bound.split()) == addresses


class TestMonitoring:
    def test_it_points_prometheus_to_the_backend_under_an_allowed_host(self) -> None:
        config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
        (target,) = config["scrape_configs"][0]["static_configs"][0]["targets"]
        host, port = target.split(":")
        assert services()[host]["environment"]["WEB_PORT"] == port
        assert host in settings.ALLOWED_HOSTS
        assert set(services()[host]["networks"]) & set(services()["prometheus"]["networks"])

    def test_it_gives_grafana_prometheus_and_the_dashboard(self) -> None:
        (source,) = yaml.safe_load(
            (DEPLOY / "grafana" / "datasources" / "prometheus.yml").read_text()
        )["datasources"]
        assert (source["url"], source["uid"]) == ("http://prometheus:9090", "prometheus")
        assert set(services()["grafana"]["networks"]) & set(services()["prometheus"]["networks"])
        (provider,) = yaml.safe_load(
            (DEPLOY / "grafana" / "dashboards" / "dashboards.yml").read_text()
        )["providers"]
        assert "./deploy/grafana:/etc/grafana/provisioning:ro" in services()["grafana"]["volumes"]
        assert provider["options"]["path"] == "/etc/grafana/provisioning/dashboards"
        assert (DEPLOY / "grafana" / "dashboards" / "artgen.json").exists()

    def test_it_publishes_them_on_this_machine_only(self) -> None:
        for name in ("prometheus", "grafana"):
            assert services()[name]["profiles"] == ["monitoring"]
            for port in services()[name]["ports"]:
                assert port.startswith("127.0.0.1:"), port
