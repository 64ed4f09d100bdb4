"""`doctor`: faults of servers that really run, each beside the same server without the fault."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import redis
from django.core import mail
from django.core.cache import caches

import artgen
from artgen.environment import installation
from artgen.processes import sockets_heartbeat
from deploy.servers import valkey
from generation.operations.doctor.bucket import bucket
from generation.operations.doctor.check import Check
from generation.operations.doctor.database import connection_budget
from generation.operations.doctor.mail_server import mail_server
from generation.operations.doctor.processes import sockets
from generation.operations.doctor.redis_server import servers
from generation.operations.doctor.webhook import webhook
from generation.testing.servers.bucket import bucket_settings
from generation.testing.servers.raw_server import http, raw_server
from generation.testing.servers.smtp_server import smtp_server
from generation.testing.servers.yandex import Refusal, Yandex
from generation.testing.services import free_port, running

pytestmark = pytest.mark.slow

FULL_REDIS = "4mb"


def assert_broken(check: Check, *words: str) -> None:
    assert not check.ok, check
    for word in words:
        assert word in f"{check.detail} {check.hint}", check


# --- Redis ----------------------------------------------------------------------------------------
@pytest.fixture
def small_redis(tmp_path: Path, settings: Any) -> Iterator[redis.Redis]:
    """A Redis whose memory is soon full, as REDIS_URL."""
    port = free_port()
    full = ("--maxmemory", FULL_REDIS, "--maxmemory-policy", "volatile-lru")
    command = valkey("--port", str(port), "--bind", "127.0.0.1", *full)
    settings.REDIS_URL = f"redis://127.0.0.1:{port}/0"
    with (
        running(command, port=port, log=tmp_path / "redis.log", stop=signal.SIGKILL),
        redis.Redis(port=port) as client,
    ):
        yield client


def fill(client: redis.Redis) -> None:
    """Send messages, which have no expiry, so nothing is evicted, until no small one fits."""
    for size in (50_000, 500, 5):
        with suppress(redis.exceptions.OutOfMemoryError):
            while True:
                client.lpush("drive", b"x" * size)


def first_server() -> Check:
    return next(servers())


class TestRedis:
    def test_it_finds_one_that_is_full(self, small_redis: redis.Redis) -> None:
        assert (first_server().ok, "volatile-lru" in first_server().detail) == (True, True)
        fill(small_redis)
        assert_broken(first_server(), "is full", "used memory > 'maxmemory'", "Raise its maxmemory")
        small_redis.delete("drive")
        assert first_server().ok

    def test_it_warns_of_one_that_drops_messages(self, small_redis: redis.Redis) -> None:
        small_redis.config_set("maxmemory-policy", "allkeys-lru")
        assert "volatile-lru" in first_server().hint

    def test_it_names_a_wrong_password_and_a_replica(self, small_redis: redis.Redis) -> None:
        small_redis.config_set("requirepass", "another")
        assert_broken(first_server(), "user and password")
        with redis.Redis.from_url(f"redis://:another@{_address(small_redis)}") as client:
            client.config_set("requirepass", "")
            client.replicaof("127.0.0.1", free_port())
            assert_broken(first_server(), "not a replica")

    def test_it_finds_one_that_is_down(self, settings: Any) -> None:
        settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
        assert_broken(first_server(), "refused", "Start")


def _address(client: redis.Redis) -> str:
    return f"127.0.0.1:{client.connection_pool.connection_kwargs['port']}"


@contextmanager
def site(socket_answer: bytes) -> Iterator[str]:
    """Serve /healthz, and this answer to the opening of sockets; yield PUBLIC_URL."""

    def answer(connection: socket.socket) -> None:
        request = server.requests[-1]
        is_socket = request.startswith(b"GET /ws/jobs/ ") and b"Upgrade: websocket" in request
        connection.sendall(socket_answer if is_socket else http("200 OK", b'{"ok": true}'))

    with raw_server(answer) as server:
        yield f"http://127.0.0.1:{server.port}"


# --- sockets --------------------------------------------------------------------------------------
class TestSockets:
    @pytest.fixture(autouse=True)
    def _cache(self, settings: Any) -> None:
        caches["default"].clear()
        settings.PUBLIC_URL = f"http://127.0.0.1:{free_port()}"

    def test_it_wants_a_process_that_reports(self) -> None:
        assert_broken(sockets(), "since Redis was started", "Start it")
        sockets_heartbeat.beat()
        assert sockets().ok
        caches["default"].delete(sockets_heartbeat.ALIVE)  # as when it expires
        assert_broken(sockets(), f"for {sockets_heartbeat.EXPIRES_SECONDS} s")

    def test_it_finds_a_proxy_that_passes_no_sockets_on(self, settings: Any) -> None:
        sockets_heartbeat.beat()
        switches = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
        for answer, ok in ((switches, True), (http("404 Not Found"), False)):
            with site(answer) as url:
                settings.PUBLIC_URL = url
                check = sockets()
            assert check.ok is ok, check
        assert_broken(check, "404", "proxy")


class TestLoopback:
    """docker compose with the default PUBLIC_URL, which in a container is not nginx."""

    def test_it_asks_nginx_by_its_name(
        self, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.PUBLIC_URL = f"http://127.0.0.1:{free_port()}"
        monkeypatch.setenv("SECRET_KEY_FILE", "/config/secret_key")
        with raw_server(http("200 OK", b'{"ok": true}')) as nginx:
            compose = vars(installation.COMPOSE) | {"http_server": f"127.0.0.1:{nginx.port}"}
            monkeypatch.setattr(installation, "COMPOSE", installation.Installation(**compose))
            assert webhook().detail == f"{settings.PUBLIC_URL}: responds"
            host = settings.PUBLIC_URL.removeprefix("http://")
            assert f"Host: {host}\r\n".encode() in nginx.requests[0]


# --- the mail server ------------------------------------------------------------------------------
class TestMailServer:
    @pytest.fixture(autouse=True)
    def _smtp(self, settings: Any) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_HOST_USER = "127.0.0.1", "artgen"
        settings.EMAIL_HOST_PASSWORD = "secret"
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.DEFAULT_FROM_EMAIL = "ArtGen <art@example.org>"

    def test_it_is_content_with_one_that_accepts(self, settings: Any) -> None:
        with smtp_server() as server:
            settings.EMAIL_PORT = server.port
            assert mail_server() == Check(
                "email_server", True, f"127.0.0.1:{server.port} accepts emails from art@example.org"
            )
        assert server.emails == []

    def test_it_sends_a_test_email(self, settings: Any) -> None:
        with smtp_server() as server:
            settings.EMAIL_PORT = server.port
            assert mail_server("you@example.org").ok
        assert "To: you@example.org" in server.emails[0]

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"password": "another"}, ("bad credentials", "EMAIL_URL")),
            ({"MAIL": "553 not yours"}, ("not yours", "DEFAULT_FROM_EMAIL")),
            ({"greeting": "554 go away"}, ("go away", "EMAIL_URL")),
        ],
    )
    def test_it_says_why_one_refuses(
        self, settings: Any, options: dict[str, str], words: tuple[str, ...]
    ) -> None:
        with smtp_server(**options) as server:
            settings.EMAIL_PORT = server.port
            assert_broken(mail_server(), *words)

    def test_it_finds_one_that_is_away_or_speaks_another_protocol(self, settings: Any) -> None:
        settings.EMAIL_PORT = free_port()
        assert_broken(mail_server(), "refused", "EMAIL_URL")
        with smtp_server() as server:
            settings.EMAIL_PORT = server.port
            settings.EMAIL_USE_TLS = True  # it offers no STARTTLS
            assert_broken(mail_server(), "smtp+tls://")

    def test_it_wants_a_sender_that_others_accept(self, settings: Any) -> None:
        settings.DEFAULT_FROM_EMAIL = "ArtGen <artgen@localhost>"
        assert_broken(mail_server(), "artgen@localhost", "DEFAULT_FROM_EMAIL")

    def test_it_warns_where_none_is_set(self, settings: Any) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
        assert mail_server().is_warning
        assert "EMAIL_URL" in mail_server().hint
        assert_broken(mail_server("you@example.org"), "EMAIL_URL")
        assert mail.outbox == []


@pytest.mark.django_db
class TestConnectionBudget:
    def test_it_compares_with_what_postgresql_allows(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GUNICORN_WORKERS", "2")
        assert connection_budget().ok
        monkeypatch.setenv("DB_CONNECTIONS_LIMIT", "1000")
        monkeypatch.setenv("GUNICORN_WORKERS", "100")
        assert_broken(connection_budget(), "PostgreSQL leaves only")

    def test_it_warns_where_an_upgrade_would_not_fit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GUNICORN_WORKERS", "8")
        monkeypatch.setenv("DB_CONNECTIONS_LIMIT", "60")
        assert (connection_budget().ok, connection_budget().hint) == (True, "")
        monkeypatch.setenv("SECRET_KEY_FILE", f"{installation.COMPOSE_SECRETS}secret_key")
        assert connection_budget().ok
        assert "deploy/upgrade.sh" in connection_budget().hint


class ReadOnlyStore(Yandex):
    """A store whose key may not put."""

    def refusal(self, method: str, *rest: Any) -> Refusal | None:
        if method == "PUT":
            return Refusal(403, "AccessDenied")
        return super().refusal(method, *rest)


@pytest.mark.s3
def test_it_finds_a_bucket_that_cannot_be_written() -> None:
    address = os.environ["TEST_S3_URL"].rpartition("@")[2]
    with ReadOnlyStore(f"http://{address}") as store, bucket_settings(endpoint_url=store.url):
        assert_broken(bucket(), "AccessDenied", "permission to put")


# --- before anything runs ------------------------------------------------------------------------
def doctor(**environ: str) -> tuple[dict[str, Any], str]:
    """Return the report of `doctor --json` in a process of its own, by name, and its errors."""
    with TemporaryDirectory() as folder:
        kept = {"PATH": os.environ["PATH"], "DATA_DIR": folder}
        run = _run_doctor(kept | environ)
    assert run.returncode == 1, run.stderr
    assert "Traceback" not in run.stderr
    return {check["name"]: check for check in json.loads(run.stdout)["checks"]}, run.stderr


def _run_doctor(environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", "doctor", "--json"]
    folder = Path(artgen.__file__).parent.parent
    return subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, check=False
    )


HTTPS = {"PUBLIC_URL": "https://art.example.org"}


def nothing_runs() -> dict[str, str]:
    port = free_port()
    return {
        "SECRET_KEY": "a" * 50,
        "DATABASE_URL": f"postgres://artgen:secret@127.0.0.1:{port}/artgen",
        "REDIS_URL": f"redis://127.0.0.1:{port}/0",
        "RUNPOD_API_KEY": "key",
        "RUNPOD_BASE_URL": f"http://127.0.0.1:{port}/v2",
        "S3_BUCKET": "pictures",
        "S3_ACCESS_KEY_ID": "key",
        "S3_SECRET_ACCESS_KEY": "secret",
        "S3_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
    }


def test_it_works_before_anything_runs_and_its_advice_fits() -> None:
    checks, _errors = doctor(**nothing_runs())
    assert "restart `make stack`" in checks["database"]["hint"]
    assert checks["settings"]["ok"]
    for name in ("database", "redis", "broker", "cache", "channel_layer", "runpod_key", "bucket"):
        assert not checks[name]["ok"], checks[name]
    checks, _errors = doctor(**nothing_runs(), KUBERNETES_SERVICE_HOST="10.0.0.1")
    assert "kubectl apply -k ." in checks["bucket"]["hint"]


def test_it_says_what_is_wrong_where_the_settings_cannot_be_loaded() -> None:
    for environ, words in (
        ({"SECRET_KEY_FILE": "/config/secret_key"}, "docker compose run --rm configure"),
        (nothing_runs() | {"SECRET_KEY": ""}, "SECRET_KEY is not set"),
        (nothing_runs() | {"DEFAULT_CREDITS": "ten"}, "DEFAULT_CREDITS is not valid"),
        (nothing_runs() | {"CREDIT_USD": "cheap"}, "CREDIT_USD is not valid"),
        (nothing_runs() | {"LOG_FORMAT": "xml"}, "'xml': it must be one of json, text"),
        (nothing_runs() | {"REDIS_URL": ":secret@redis/0"}, "redis://:PASSWORD@HOST"),
        (nothing_runs() | {"REDIS_URL": "http://a:secret@redis"}, "redis://:PASSWORD@HOST"),
        (nothing_runs() | {"PUBLIC_URL": "art.example.org"}, "begin with https:// or http://"),
        (nothing_runs() | {"DATABASE_URL": "postgres://a:s/cret@db/artgen"}, "%2F for /"),
        (nothing_runs() | {"DATABASE_URL": "mysql://a:secret@db/artgen"}, "postgres://USER"),
        (nothing_runs() | {"LOG_LEVEL": "LOUD"}, "LOG_LEVEL is 'LOUD': it must be one of DEBUG,"),
        (nothing_runs() | {"PUBLIC_URL": "https://art.example.org/app"}, "without a path"),
        (nothing_runs() | {"DATABASE_URL": "artgen:secret@db/artgen"}, "postgres://USER:PASSWORD"),
        (nothing_runs() | HTTPS | {"DEBUG": "true"}, "DEBUG must be false"),
        (nothing_runs() | HTTPS | {"SECRET_KEY": "short"}, "SECRET_KEY has 5 characters"),
        (nothing_runs() | {"REDIS_URL": "redis://:s#cret@redis/0"}, "%23 for #"),
    ):
        checks, _errors = doctor(**environ)
        assert list(checks) == ["settings"]
        assert words in f"{checks['settings']['detail']} {checks['settings']['hint']}"
        assert "cret@" not in checks["settings"]["detail"]


def test_it_finds_settings_that_the_system_checks_refuse() -> None:
    checks, _errors = doctor(
        **nothing_runs(),
        ALERT_WEBHOOK_URL="http://hooks.example.org/secret",
        ALERT_EMAILS="you@example.org,nobody at all",
        ALLOWED_HOSTS="https://art.example.org",
        BACKUP_RECIPIENTS="garbage",
        PRICE_MARGIN="0",
        RUNPOD_IMAGE_HOSTS="image.runpod.ai,https://images.example.org",
    )
    detail = checks["settings"]["detail"]
    for words in (
        "ALERT_WEBHOOK_URL must begin with https://",
        "ALERT_EMAILS: 'nobody at all' is not an email address",
        "ALLOWED_HOSTS: 'https://art.example.org' is not a host name",
        "BACKUP_RECIPIENTS is not a public key of age",
        "PRICE_MARGIN is 0",
        "RUNPOD_IMAGE_HOSTS: 'https://images.example.org' is not a host name",
    ):
        assert words in detail
    assert "secret" not in detail


def test_it_names_settings_that_do_not_exist() -> None:
    checks, _errors = doctor(**nothing_runs(), S3_BUCKETT="x", RUNPOD_KEY_FILE="/x")
    check = checks["settings"]
    assert check["ok"]
    assert "S3_BUCKETT is not a setting. Did you mean S3_BUCKET?" in check["detail"]
    assert "RUNPOD_KEY is not a setting. Did you mean RUNPOD_API_KEY?" in check["detail"]
