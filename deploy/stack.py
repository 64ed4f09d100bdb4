"""Run the production processes on this machine without containers: `make stack`.

    python deploy/stack.py [NAME…]     web sockets drive store slow nginx, by default all

PostgreSQL, Redis, the bucket and RunPod are those of the environment or of .env; nginx listens on
PORT, and with NGINX_SERVER=tls on TLS_PORT. A process that dies is started again; Ctrl-C or SIGTERM
ends all of them. RUN_DIR/NAME.pid holds the process id of each. To upgrade: stop it, `git pull`,
start it again. (An upgrade without downtime needs docker compose or Kubernetes.)
As a service of systemd: deploy/artgen.service.
"""

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, NoReturn

import environ

ROOT = Path(__file__).resolve().parent.parent
# In this order, the signal that ends each process gracefully, and the seconds that this may take.
STOP = {
    "web": (signal.SIGTERM, 35),
    "sockets": (signal.SIGTERM, 15),
    "nginx": (signal.SIGQUIT, 15),
}
WORKER_STOP = signal.SIGTERM, 150  # longer than IMAGE_CALL_SECONDS
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
MIN_SECONDS_BETWEEN_STARTS = 1
MAX_ORPHAN_SECONDS = 5
MAX_REST_SECONDS = 1
MAX_SOCKET_PATH = 107  # unix(7)


def say(message: str, level: str = "INFO") -> None:
    """Print the message, as JSON if LOG_FORMAT is json."""
    if os.environ.get("LOG_FORMAT") == "json":
        time_now = datetime.now(UTC).isoformat(timespec="milliseconds")
        entry = {"time": time_now, "level": level, "logger": "stack", "message": message}
        message = json.dumps(entry, ensure_ascii=False)
    print(message, file=sys.stdout if level == "INFO" else sys.stderr, flush=True)


def fail(message: str) -> NoReturn:
    say(message[0].upper() + message[1:], "ERROR")
    sys.exit(1)


def main(names: list[str]) -> None:
    """Prepare the installation, then run these processes until a signal arrives."""
    os.chdir(ROOT)
    data_dir, run_dir = configure()
    if unknown := set(names) - set(process_names()):
        fail(f"unknown process {min(unknown)}; known: {', '.join(process_names())}.")
    check_requirements()
    lock = lock_folder(data_dir, run_dir)  # until this process ends
    make_secret_key(data_dir)
    end_by_signals()
    collect_static(os.environ)
    if subprocess.run(["deploy/start.sh", "release"], check=False).returncode:
        fail("the release step failed, see above.")
    say(f"ArtGen starts at {os.environ['PUBLIC_URL']}. Stop it with Ctrl-C.")
    processes = [Process(name) for name in process_names() if name in names or not names]
    with lock, running(processes):
        keep(processes)


# --- preparation --------------------------------------------------------------------------------


def configure() -> tuple[Path, Path]:
    """Read .env and set the variables that deploy/start.sh needs; return DATA_DIR and RUN_DIR."""
    environ.Env.read_env(
        ROOT / ".env", overwrite=False
    )  # as manage.py does: artgen/environment/env.py
    environment = os.environ
    data_dir = Path(environment.get("DATA_DIR") or ".data").resolve()
    run_dir = Path(environment.get("RUN_DIR") or data_dir / "run").resolve()
    if len(f"{run_dir}/sockets-main.sock.lock") > MAX_SOCKET_PATH:
        fail(f"the path {run_dir} is too long for Unix sockets; set RUN_DIR to a shorter one.")
    run_dir.mkdir(parents=True, exist_ok=True)
    port = environment.get("PORT") or "8000"
    environment |= {
        "PORT": port,
        "DATA_DIR": str(data_dir),
        "RUN_DIR": str(run_dir),
        "PUBLIC_URL": environment.get("PUBLIC_URL") or f"http://127.0.0.1:{port}",
        "STATIC_ROOT": environment.get("STATIC_ROOT") or str(data_dir / "static"),
        "NGINX_PORT": port,
        "NGINX_TLS_PORT": environment.get("TLS_PORT") or "8443",
        "NGINX_TLS_DIR": str(Path(environment.get("TLS_DIR") or "deploy/tls").resolve()),
        "PYTHON": sys.executable,
    }
    return data_dir, run_dir


def process_names(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Return the names of all processes: also the workers, by their lanes."""
    *others, nginx = STOP
    return [*others, *(environment.get("WORKER_LANES") or "drive store slow").split(), nginx]


def check_requirements() -> None:
    """Fail with a hint when something is missing that the processes cannot do without."""
    if not is_set("DATABASE_URL"):
        fail(
            "DATABASE_URL is not set, such as postgres://USER:PASSWORD@HOST/NAME. "
            "(To try ArtGen without a server: make run)"
        )
    if not is_set("REDIS_URL"):
        fail("REDIS_URL is not set, such as redis://127.0.0.1:6379/0.")
    if not shutil.which("nginx"):
        packages = "nginx libnginx-mod-http-brotli-filter libnginx-mod-http-brotli-static"
        fail(f"The program nginx is not installed (Debian: apt-get install {packages}).")
    if not is_set("RUNPOD_API_KEY"):
        say("make stack: RUNPOD_API_KEY is not set: its models are off or wait.", "WARNING")


def is_set(name: str) -> bool:
    """Return whether this variable, or the file with its value, is given."""
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


def lock_folder(data_dir: Path, run_dir: Path) -> IO[str]:
    """Return the locked file that keeps a second one from these folders."""
    lock = (run_dir / "stack.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        fail(f"it is already running from {data_dir}. Stop it first.")
    return lock


def end_by_signals() -> None:
    """Raise SystemExit for each signal that ends this process."""
    for number in SIGNALS:
        signal.signal(number, lambda *_: sys.exit(0))


def make_secret_key(data_dir: Path) -> None:
    """Create a SECRET_KEY that all processes of this machine share, unless one is given."""
    if os.environ.get("SECRET_KEY") or os.environ.get("SECRET_KEY_FILE"):
        return
    file = data_dir / "secret_key"
    if not file.exists() or not file.stat().st_size:
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(50))
    os.environ["SECRET_KEY_FILE"] = str(file)


def collect_static(environment: "os._Environ[str] | dict[str, str]") -> None:
    """Collect and compress the static files into STATIC_ROOT, unless it holds these already."""
    digest = hashlib.sha256(Path("requirements.txt").read_bytes())
    frontend = Path("artgen", "frontend")
    files = [frontend / "assets.py", frontend / "bundles.py"]
    for app in ("accounts", "artgen", "generation"):
        files += sorted(file for file in Path(app, "static").rglob("*") if file.is_file())
    for file in files:
        digest.update(str(file).encode() + b"\0" + file.read_bytes())
    root = environment["STATIC_ROOT"]
    fingerprint = Path(f"{root}.sha256")
    Path(root).parent.mkdir(parents=True, exist_ok=True)
    with Path(f"{root}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another one may collect into the same folder
        if fingerprint.exists() and fingerprint.read_text() == digest.hexdigest():
            return
        command = ["deploy/start.sh", "static"]
        if subprocess.run(command, env=environment, check=False).returncode:
            fail("the static files could not be collected, see above.")
        fingerprint.write_text(digest.hexdigest())


# --- processes ----------------------------------------------------------------------------------


class Process:
    """One of the production processes, or another command, as leader of a process group."""

    def __init__(
        self,
        name: str,
        command: Sequence[str] = (),
        *,
        stop: tuple[signal.Signals, float] | None = None,
    ) -> None:
        self.name = name
        self.command = command or ["deploy/start.sh", name]
        self.pid_file = Path(os.environ["RUN_DIR"]) / f"{name}.pid"
        self.signal, self.stop_seconds = stop or STOP.get(name, WORKER_STOP)

    def start(self) -> None:
        """Start it in a session without Ctrl-C; it gets its stop signal when this process dies."""
        death = ["setpriv", "--pdeathsig", self.signal.name.removeprefix("SIG")]
        if not shutil.which("setpriv"):  # only Linux has it
            death = []
        self.popen = subprocess.Popen([*death, *self.command], start_new_session=True)
        self.pid_file.write_text(str(self.popen.pid))
        self.started_at = time.monotonic()
        self.died_at = 0.0

    def restart_if_dead(self) -> None:
        """Start it again once it has died and its children are gone.

        A killed gunicorn or nginx leaves children that hold its port; they get a few seconds.
        """
        if (status := self.popen.poll()) is None:
            return
        now = time.monotonic()
        if not self.died_at:
            say(f"{self.name} ended with {status} and is started again.", "WARNING")
            self.died_at = now
            self.kill_group(signal.SIGTERM)
        orphaned = self.kill_group(0) and now - self.died_at < MAX_ORPHAN_SECONDS
        if not orphaned and now - self.started_at >= MIN_SECONDS_BETWEEN_STARTS:
            self.kill_group(signal.SIGKILL)
            self.start()

    def kill_group(self, number: int) -> bool:
        """Send the signal to the process and its children; return False when none is left."""
        try:
            os.killpg(self.popen.pid, number)
        except ProcessLookupError:
            return False
        return True

    def wait_until(self, deadline: float) -> None:
        """Wait until it has ended; kill what is left of it at the deadline."""
        try:
            self.popen.wait(max(0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            say(f"{self.name} takes too long to end and is killed.", "WARNING")
        # The filter of nginx's errors ends after nginx, when it has written the last line.
        limit = min(deadline, time.monotonic() + MAX_REST_SECONDS)
        while self.kill_group(0) and time.monotonic() < limit:
            time.sleep(0.01)
        self.kill_group(signal.SIGKILL)
        self.pid_file.unlink(missing_ok=True)


@contextmanager
def running(processes: list[Process]) -> Iterator[None]:
    started = []
    try:
        for process in processes:
            if process.name == "nginx" and started:
                wait_for_web(started)
            process.start()
            started.append(process)
        yield
    finally:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        now = time.monotonic()
        for process in started:
            process.popen.send_signal(process.signal)
        for process in started:
            process.wait_until(now + process.stop_seconds)


def wait_for_web(processes: list[Process]) -> None:
    """Keep these processes running until web answers: an nginx before it would answer 503."""
    address = Path(os.environ["RUN_DIR"], "web-main.sock")
    ask = [sys.executable, "deploy/ask_socket.py", str(address), "/healthz"]
    while any(process.name == "web" for process in processes):
        restart_dead(processes)
        if address.exists() and subprocess.run(ask, check=False).returncode == 0:
            return


def keep(processes: list[Process]) -> NoReturn:
    """Keep these processes running until a signal raises SystemExit."""
    while True:
        restart_dead(processes)


def restart_dead(processes: list[Process]) -> None:
    time.sleep(0.2)
    for process in processes:
        process.restart_if_dead()


if __name__ == "__main__":
    main(sys.argv[1:])
