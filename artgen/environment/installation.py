"""In which way ArtGen is installed here, so that advice names commands that work there.

Reads the environment only: it must work when the settings cannot be loaded.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass

COMPOSE_SECRETS = "/config/"
"""Where docker-compose.yml mounts the files that `configure` writes."""


@dataclass(frozen=True)
class Installation:
    """The commands of one way of running. `{}` is replaced by what they are about."""

    name: str
    manage: str
    """How to run `manage.py`."""
    start: str
    """How to start processes, such as web and drive."""
    logs: str
    """Where they log."""
    settings: str
    """Where to change a setting, and how the change takes effect."""
    release: str
    """What migrates and loads the catalog."""
    servers: str
    """How to start PostgreSQL or Redis."""
    is_upgraded_beside: bool = False
    """Whether deploy/upgrade.sh upgrades it, with processes of both versions at the same time."""
    has_volumes_here: bool = False
    """Whether PostgreSQL's volume is on the disk that RUN_DIR is on."""
    http_server: str = ""
    """Where containers reach nginx: a loopback PUBLIC_URL is the container itself."""
    tls_server: tuple[str, int] | None = None
    """Where nginx terminates TLS, if not only at PUBLIC_URL."""

    def command(self, arguments: str) -> str:
        """Return the command line of a command, in backquotes."""
        return f"`{self.manage} {arguments}`"

    def started(self, *processes: str) -> str:
        """Return a sentence that says how to start processes and where to read why they ended."""
        services = " ".join(dict.fromkeys(map(self.service, processes)))
        start, logs = (text.format(services) for text in (self.start, self.logs))
        return f"Start it: {start}. Why it ended: {logs}."

    def server(self, name: str) -> str:
        """Return how to start PostgreSQL or Redis, without a full stop."""
        return self.servers.format(name)

    def service(self, process: str) -> str:
        """Return what compose or Kubernetes calls a process."""
        if self.name == "kubernetes":
            return process if process in {"web", "sockets"} else "worker"
        return "backend" if self.name == "compose" and process == "web" else process


COMPOSE = Installation(
    name="compose",
    manage="docker compose exec backend python manage.py",
    start="`docker compose up -d {}`",
    logs="`docker compose logs --tail 100 {}`",
    settings="Change it in .env, then `docker compose up -d`.",
    release="`docker compose run --rm release`",
    servers="`docker compose up -d {}`",
    is_upgraded_beside=True,
    has_volumes_here=True,
    http_server="nginx:8080",
    tls_server=("nginx", 8443),
)
KUBERNETES = Installation(
    name="kubernetes",
    manage="kubectl -n artgen exec deployment/web -- python manage.py",
    start="`kubectl -n artgen rollout restart deployment/{}`",
    logs="`kubectl -n artgen logs deployment/{} --all-containers --tail 100`",
    settings="Change it in config.env, then `kubectl apply -k .`; a secret in secret.yaml, then "
    "`kubectl apply -f secret.yaml && kubectl -n artgen rollout restart deployment`.",
    release="`kubectl -n artgen delete job release --ignore-not-found && kubectl apply -k .`",
    servers="the {} that the environment names",
    http_server="nginx:8080",
)
STACK = Installation(
    name="stack",
    manage=".venv/bin/python manage.py",
    start="`make stack`, or `make stack PROCESSES='{}'`",
    logs="the output of `make stack`",
    settings="Change it in .env or the environment, then restart `make stack`.",
    release="`.venv/bin/python manage.py release`, or restart `make stack`",
    servers="the {} that the environment names",
)
DEMO = Installation(
    name="demo",
    manage=".venv/bin/python manage.py",
    start="`make run`",
    logs="the output of `make run`",
    settings="Change it in .env or the environment, then restart `make run`.",
    release="`make run`",
    servers="`make run`",
)


def current(environ: Mapping[str, str] = os.environ) -> Installation:
    """Return the way in which this process runs."""
    if environ.get("KUBERNETES_SERVICE_HOST"):  # kubelet sets it in every container
        return KUBERNETES
    if environ.get("SECRET_KEY_FILE", "").startswith(COMPOSE_SECRETS):
        return COMPOSE
    if environ.get("DATABASE_URL") or environ.get("DATABASE_URL_FILE"):
        return STACK
    return DEMO
