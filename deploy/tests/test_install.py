"""`deploy/install.sh` against a `docker` that only keeps a record, a RunPod, a bucket, mail."""

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from artgen.environment.setting_names import documented
from generation.demo.emulator import Emulator, EmulatorOptions
from generation.testing.servers.smtp_server import smtp_server

pytestmark = [
    pytest.mark.release("deploy/install.sh", "deploy/configure.sh", "deploy/env.example"),
    pytest.mark.s3,
]

DOCKER = """#!/bin/sh
echo "$*" >>"$RECORD"
case "$*" in
"version "*) echo "${ENGINE:-28.1.1}" ;;
"compose version "*) echo "${COMPOSE:-2.40.3}" ;;
"volume inspect"*) test -n "${CONFIGURED:-}" ;;
"compose ps -q backend") echo "${CONFIGURED:-}" ;;
"compose up"*) exit "${UP:-0}" ;;
"compose logs"*) echo "the log says why" ;;
*create_user*) echo "The password of the admin is secret" >&2 ;;
esac
"""
GETENT = """#!/bin/sh
case "$2" in *.example.org) echo "203.0.113.7 STREAM $2" ;; *) exit 2 ;; esac
"""


@pytest.fixture(scope="module")
def mail() -> Iterator[str]:
    with smtp_server() as server:
        yield f"127.0.0.1:{server.port}"


@pytest.fixture(scope="module")
def runpod() -> Iterator[Emulator]:
    with Emulator(EmulatorOptions(api_key="rp_key", manual=True)) as emulator:
        yield emulator


@dataclass
class Machine:
    """A machine with a copy of the script, and the answers of an operator."""

    folder: Path
    answers: dict[str, str] = field(default_factory=dict)

    def install(self, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run it without a terminal."""
        return subprocess.run(
            ["sh", "deploy/install.sh"],
            cwd=self.folder / "code",
            env={**self.answers, **environment},
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @property
    def file(self) -> Path:
        return self.folder / "code" / ".env"

    @property
    def written(self) -> dict[str, str]:
        lines = [line for line in self.file.read_text().splitlines() if not line.startswith("#")]
        return {name: value.strip("'") for name, value in (line.split("=", 1) for line in lines)}

    @property
    def calls(self) -> list[str]:
        record = self.folder / "record"
        return record.read_text().splitlines() if record.exists() else []


@pytest.fixture
def machine(tmp_path: Path, runpod: Emulator) -> Machine:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in (("docker", DOCKER), ("getent", GETENT)):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    (tmp_path / "code" / "deploy").mkdir(parents=True)
    shutil.copy(settings.BASE_DIR / "deploy" / "install.sh", tmp_path / "code" / "deploy")
    s3 = urlsplit(os.environ["TEST_S3_URL"])
    return Machine(
        tmp_path,
        {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "RECORD": str(tmp_path / "record"),
            "DOMAIN": "art.example.org",
            "ADMIN_EMAIL": "you@example.org",
            "HTTPS": "proxy",
            "RUNPOD_API_KEY": "rp_key",
            "RUNPOD_BASE_URL": runpod.base_url,
            "S3_ENDPOINT_URL": f"http://{s3.hostname}:{s3.port}",
            "S3_REGION": "us-east-1",
            "S3_BUCKET": "images",
            "S3_ACCESS_KEY_ID": s3.username or "",
            "S3_SECRET_ACCESS_KEY": s3.password or "",
        },
    )


class TestInstallation:
    def test_it_writes_the_settings_and_starts(self, machine: Machine, mail: str) -> None:
        letters = f"smtp://you%40example.org:secret@{mail}"
        outcome = machine.install(HTTPS="direct", EMAIL_URL=letters)
        assert outcome.returncode == 0, outcome.stdout
        assert machine.file.stat().st_mode & 0o777 == 0o600
        written = machine.written
        secrets = [
            written.pop(name) for name in ("SECRET_KEY", "POSTGRES_PASSWORD", "GRAFANA_PASSWORD")
        ]
        assert len(set(secrets)) == 3
        assert all(len(secret) == 72 for secret in secrets)
        answered = ("RUNPOD_API_KEY", "S3_ENDPOINT_URL", "S3_REGION", "S3_BUCKET")
        answered += ("S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY")
        assert written == {name: machine.answers[name] for name in answered} | {
            "PUBLIC_URL": "https://art.example.org",
            "ACME_EMAIL": "you@example.org",
            "EMAIL_URL": letters,
            "DEFAULT_FROM_EMAIL": "ArtGen <noreply@art.example.org>",
            "NGINX_SERVER": "tls",
            "TLS_DIR": "certificates",
            "BIND_ADDRESS": "0.0.0.0",
            "PORT": "80",
            "TLS_PORT": "443",
            "COMPOSE_PROFILES": "https",
            "NGINX_TRUSTED_PROXIES": "",
            "SIGN_UP": "invitation",
        }
        steps = [call.removeprefix("compose ") for call in machine.calls if "compose" in call]
        assert steps[-6:] == [
            "build",
            "up -d",
            "exec -T backend python manage.py create_user you@example.org --superuser",
            "exec -T backend python manage.py budgets --set 10",
            "exec -T certificate deploy/certificate.sh healthy",
            "exec -T backend python manage.py doctor",
        ]
        assert "The password of the admin is secret" in outcome.stdout
        assert "The bucket images does not exist yet" in outcome.stdout
        assert "ArtGen is at https://art.example.org" in outcome.stdout
        assert written.keys() <= documented().keys() | {"COMPOSE_PROFILES"}

    def test_it_keeps_everything_when_it_is_repeated(self, machine: Machine) -> None:
        assert machine.install().returncode == 0
        before = machine.file.read_text() + "MAX_JOBS_PER_DAY=7\n"
        machine.file.write_text(before)
        tools = ("PATH", "RECORD", "RUNPOD_BASE_URL")
        machine.answers = {name: machine.answers[name] for name in tools}
        outcome = machine.install(CONFIGURED="yes")
        assert outcome.returncode == 0, outcome.stdout
        assert machine.file.read_text() == before
        assert machine.calls.count("compose up -d") == 2
        assert machine.calls.count("compose build") == 1, "what runs is not built again"

    def test_it_changes_what_it_is_told_to(self, machine: Machine) -> None:
        assert machine.install(HTTPS="cloudflare").returncode == 0
        machine.file.write_text(
            machine.file.read_text().replace("PROFILES=https", "PROFILES=https,backup")
        )
        assert machine.written["NGINX_TRUSTED_PROXIES"] == "cloudflare"
        outcome = machine.install(HTTPS="remote", PROXY_ADDRESS="10.0.0.2", BIND_ADDRESS="10.0.0.1")
        assert outcome.returncode == 0, outcome.stdout
        expected = {
            "COMPOSE_PROFILES": "backup",
            "NGINX_SERVER": "http",
            "BIND_ADDRESS": "10.0.0.1",
            "PORT": "8000",
            "NGINX_TRUSTED_PROXIES": "10.0.0.2",
        }
        assert machine.written.items() >= expected.items()

    def test_it_leaves_sign_up_and_budgets_of_an_installation_alone(self, machine: Machine) -> None:
        assert machine.install(CONFIGURED="yes").returncode == 0
        assert "SIGN_UP" not in machine.written
        assert not any("budgets" in call for call in machine.calls)

    def test_it_leaves_the_secrets_of_an_installation_alone(self, machine: Machine) -> None:
        """They are in the volume `config`; PostgreSQL would not accept another password."""
        assert machine.install(CONFIGURED="yes").returncode == 0
        assert not {"SECRET_KEY", "POSTGRES_PASSWORD"} & machine.written.keys()

    def test_compose_and_django_read_what_it_writes(self, machine: Machine) -> None:
        strange = 'a $b #c "d" %e'
        assert machine.install(S3_SECRET_ACCESS_KEY=strange, CHECKS="no").returncode == 0
        command = "import environ; environ.Env.read_env('.env'); import os; "
        command += "print(os.environ['S3_SECRET_ACCESS_KEY'])"
        python = str(settings.BASE_DIR / ".venv" / "bin" / "python")
        shown = subprocess.run(
            [python, "-c", command], cwd=machine.file.parent, check=True, capture_output=True,
            text=True,
        ).stdout  # fmt: skip
        assert shown == f"{strange}\n"


class TestRefusals:
    def test_it_lists_what_is_missing_and_changes_nothing(self, machine: Machine) -> None:
        tools = ("PATH", "RECORD")
        machine.answers = {name: machine.answers[name] for name in tools}
        outcome = machine.install()
        assert outcome.returncode == 1
        missing = set(re.findall(r"!! (\w+) is not set", outcome.stdout))
        assert missing == {
            "DOMAIN", "ADMIN_EMAIL", "RUNPOD_API_KEY",
            "S3_BUCKET", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY",
        }  # fmt: skip
        assert not machine.file.exists()
        assert not any("up" in call for call in machine.calls)

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            ({"DOMAIN": "Art.example.org"}, "in small letters"),
            ({"DOMAIN": "203.0.113.7"}, "not an IP address"),
            ({"DOMAIN": "art.example.net"}, "DNS has no address"),
            ({"DOMAIN": "https://art.example.org"}, "such as art.example.org"),
            ({"HTTPS": "yes"}, "direct, cloudflare, proxy or remote"),
            ({"HTTPS": "remote"}, "PROXY_ADDRESS is not set"),
            ({"ADMIN_EMAIL": "you"}, "you@example.org"),
            ({"RUNPOD_API_KEY": "rp_other"}, "RunPod rejects this key (401)"),
            ({"RUNPOD_API_KEY": "rp key"}, "contains a space"),
            ({"RUNPOD_API_KEY": "rp'key"}, "must not contain '"),
            ({"RUNPOD_BASE_URL": "http://127.0.0.1:1"}, "RunPod cannot be reached"),
            ({"S3_ACCESS_KEY_ID": "nobody"}, "S3_ACCESS_KEY_ID: the storage does not know it"),
            ({"S3_SECRET_ACCESS_KEY": "wrong"}, "S3_SECRET_ACCESS_KEY is not the secret"),
            ({"S3_ENDPOINT_URL": "http://127.0.0.1:1"}, "cannot be reached"),
            ({"S3_ENDPOINT_URL": "127.0.0.1:1"}, "must begin with https://"),
            ({"EMAIL_URL": "mail.example.org"}, "smtp+tls://USER:PASSWORD@HOST:587"),
            ({"EMAIL_URL": "smtp://127.0.0.1:1"}, "The mail server does not accept it"),
            ({"SIGN_UP": "everyone"}, "open, domain, invitation or closed"),
            ({"SIGN_UP": "domain"}, "SIGN_UP_DOMAINS is not set"),
            ({"BUDGET": "0"}, "a number such as 10, or none"),
            ({"BUDGET": "$10"}, "a number such as 10, or none"),
            ({"ENGINE": "24.0.7"}, "Docker Engine 25 or newer is needed, not 24"),
        ],
    )
    def test_it_checks_each_answer(
        self, given: dict[str, str], words: str, machine: Machine
    ) -> None:
        outcome = machine.install(**given)
        assert outcome.returncode == 1, outcome.stdout
        assert words in outcome.stdout
        assert not machine.file.exists()

    def test_it_checks_the_password_of_the_mail_server(self, machine: Machine, mail: str) -> None:
        outcome = machine.install(EMAIL_URL=f"smtp://you:wrong@{mail}")
        assert outcome.returncode == 1
        assert "The mail server does not accept it" in outcome.stdout

    @pytest.mark.parametrize(
        ("version", "is_old"), [("2.26.1-4", True), ("2.29.2", True), ("v2.29.3", False)]
    )
    def test_it_warns_of_an_old_compose(self, machine: Machine, version: str, is_old: bool) -> None:
        shown = machine.install(COMPOSE=version).stdout
        assert (f"Docker Compose {version}: before 2.29.3" in shown) is is_old

    def test_it_does_not_run_twice_at_once(self, machine: Machine) -> None:
        with (machine.file.parent / "deploy" / "install.sh").open() as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            outcome = machine.install()
        assert outcome.returncode == 1
        assert "Another deploy/install.sh is running" in outcome.stdout
        assert not machine.file.exists()

    def test_it_says_why_it_did_not_start(self, machine: Machine) -> None:
        outcome = machine.install(UP="1")
        assert outcome.returncode == 1
        assert "the log says why" in outcome.stdout
        assert "run deploy/install.sh again" in outcome.stdout
        assert not any("create_user" in call for call in machine.calls)

    def test_no_secret_is_an_argument_of_a_program(self, machine: Machine) -> None:
        """Arguments are seen by every user of the machine."""
        real = shutil.which("curl")
        curl = machine.folder / "bin" / "curl"
        curl.write_text(f'#!/bin/sh\necho "$*" >>"$RECORD"\nexec {real} "$@"\n')
        curl.chmod(0o755)
        secret = machine.answers["S3_SECRET_ACCESS_KEY"]
        assert machine.install().returncode == 0
        assert sum("-K -" in call for call in machine.calls) == 2
        assert not any(f"{secret}" in call.split() or "rp_key" in call for call in machine.calls)


class TestDialog:
    """With a terminal it asks until an answer is right."""

    def converse(self, machine: Machine, answers: list[tuple[str, str]], **given: str) -> str:
        main, side = os.openpty()
        process = subprocess.Popen(
            ["sh", "deploy/install.sh"],
            cwd=machine.folder / "code",
            env=machine.answers | given,
            stdin=side, stdout=side, stderr=side, start_new_session=True,
        )  # fmt: skip
        os.close(side)
        shown, since = "", 0
        with contextlib.suppress(OSError):  # the end of a terminal
            while more := os.read(main, 4096):
                shown += more.decode(errors="replace")
                if answers and answers[0][0] in shown[since:] and shown.endswith(": "):
                    since = len(shown)
                    os.write(main, f"{answers.pop(0)[1]}\n".encode())
        os.close(main)
        assert process.wait() == 0, shown
        assert answers == []
        return shown

    def test_it_asks_again_after_a_wrong_answer(self, machine: Machine) -> None:
        given = machine.answers
        tools = ("PATH", "RECORD", "RUNPOD_BASE_URL")
        machine.answers = {name: given[name] for name in tools}
        shown = self.converse(
            machine,
            [
                ("Name of the site", "Art"),
                ("Name of the site", "art.example.org"),
                ("direct, cloudflare, proxy or remote", "proxy"),
                ("Your email", "you@example.org"),
                ("API key of RunPod", "rp_wrong"),
                ("API key of RunPod", "rp_key"),
                ("Address of the S3 storage", given["S3_ENDPOINT_URL"]),
                ("Its region", given["S3_REGION"]),
                ("Name of the private bucket", given["S3_BUCKET"]),
                ("Access key", given["S3_ACCESS_KEY_ID"]),
                ("Secret of that key", "wrong"),
                # All of the bucket again, each with its answer as the default.
                ("Address of the S3 storage", ""),
                ("Its region", ""),
                ("Name of the private bucket", ""),
                ("Access key", ""),
                ("Secret of that key", given["S3_SECRET_ACCESS_KEY"]),
                ("Mail server", ""),
                ("Who may sign up", "domain"),
                ("Domains of their emails", "example.org"),
                ("Dollars a day", "2.50"),
            ],
        )
        assert "RunPod rejects this key" in shown
        assert "S3_SECRET_ACCESS_KEY is not the secret" in shown
        assert "rp_key" not in shown, "secrets are not echoed"
        assert machine.written["RUNPOD_API_KEY"] == "rp_key"
        bucket = ("ENDPOINT_URL", "REGION", "BUCKET", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY")
        for name in bucket:
            assert machine.written[f"S3_{name}"] == given[f"S3_{name}"]
        assert "EMAIL_URL" not in machine.written
        assert machine.written["SIGN_UP"] == "domain"
        assert machine.written["SIGN_UP_DOMAINS"] == "example.org"
        assert any(call.endswith("budgets --set 2.50") for call in machine.calls)
