"""Run all of ArtGen on this machine to try it: `make run`.

    python -m deploy.demo [--bare] [OPTION…]    --bare: no sample images in Explore

The production processes, with a PostgreSQL and a Valkey of their own (unless DATABASE_URL and
REDIS_URL name others), files on disk, and an emulator of RunPod, which is passed the other options.
With a RUNPOD_API_KEY there is no emulator: RunPod makes the images. MODEL adds a model that runs on
this machine: a name of `manage.py local_model`, or a file. DATA_DIR keeps everything.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from signal import SIGINT, SIGTERM

from deploy import servers, stack
from deploy.stack import Process

HOST = "127.0.0.1"
DEFAULT_PORT = 8000
EMULATOR_OFFSET, MODEL_OFFSET = 10, 20  # from the demo's own port to theirs
MAX_PORT = 65_535
MAX_START_SECONDS = 60
# Small: one person tries it.
SIZES = {
    "GUNICORN_WORKERS": "1",
    "GUNICORN_KEEPALIVE": "75",  # as nginx keeps browsers' connections
    "GUNICORN_WORKER_CONNECTIONS": "1000",
    "SOCKETS_DB_POOL_MAX": "2",
    "CELERY_CONCURRENCY": "1",
    "WORKER_LANES": "drive,store,slow",
}
PROGRAMS = servers.postgres_programs()
POSTGRES_PORT = 5432  # a part of the socket's name; artgen/settings/database.py has the address
POSTGRES = {
    "listen_addresses": "",
    "max_connections": "40",
    "shared_buffers": "32MB",
    "synchronous_commit": "off",
    "log_min_messages": "fatal",
    "logging_collector": "on",  # into DATA_DIR/postgres/log/
    "log_filename": "postgres.log",
}


def main(options: list[str]) -> None:
    """Start everything, print the address and the accounts, and run until a signal arrives."""
    os.chdir(stack.ROOT)
    has_emulator = not stack.is_set("RUNPOD_API_KEY")
    model = os.environ.get("MODEL", "")
    set_environment(has_emulator=has_emulator, has_model=bool(model))
    data_dir, run_dir = stack.configure()
    is_bare = "--bare" in options
    with ExitStack() as exits:
        exits.enter_context(stack.lock_folder(data_dir, run_dir))
        ports = {"PORT": True, "EMULATOR_PORT": has_emulator, "MODEL_PORT": bool(model)}
        for name in filter(ports.get, ports):
            require_free(int(os.environ[name]))
        stack.make_secret_key(data_dir)
        stack.end_by_signals()
        if model:
            download(model)
        behind_it = [str(run_dir / f"{name}.sock") for name in ("web", "sockets")]
        address = f"http://{HOST}:{os.environ['PORT']}"
        front = python("front", "deploy/forward.py", address, *behind_it)
        behind = [front]
        if not stack.is_set("REDIS_URL"):
            behind.append(valkey(data_dir))
        if not stack.is_set("DATABASE_URL"):
            behind.append(postgres(data_dir))
        if has_emulator:
            behind.append(emulator([option for option in options if option != "--bare"]))
        if model:
            port = os.environ["MODEL_PORT"]
            behind.append(python("model", "manage.py", "local_model", model, "--port", port))
        exits.enter_context(stack.running(behind))
        if not stack.is_set("DATABASE_URL"):
            wait(lambda: postgres_answers(data_dir), "PostgreSQL", behind)
        banner = prepare(has_emulator=has_emulator, model=model)
        processes = [Process(name) for name in stack.process_names() if name != "nginx"]
        exits.enter_context(stack.running(processes))
        for name in ("web", "sockets"):
            wait(lambda path=run_dir / f"{name}.sock": listens(path), name, processes)
        print(banner, flush=True)
        if has_emulator and not is_bare and "tiny" not in options:
            explore = python("explore", "manage.py", "fill_explore")
            exits.enter_context(stack.running([explore]))
        stack.keep([*behind, *processes])


def set_environment(*, has_emulator: bool, has_model: bool = False) -> None:
    """Set the variables of the demo, before those of .env are read."""
    environment = os.environ
    port = number("PORT", DEFAULT_PORT)
    defaults = {
        **SIZES,
        "ALERT_EMAILS": "none",
        "DEFAULT_CREDITS": "100",
        "LOG_LEVEL": "WARNING",
        "PUBLIC_URL": f"http://{HOST}:{port}",
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser",
    }
    for name, value in defaults.items():
        environment[name] = environment.get(name) or value
    if has_model:
        environment["IMAGE_SERVER_URL"] = f"http://{HOST}:{beside('MODEL_PORT', MODEL_OFFSET)}/v1"
        environment.setdefault("IMAGE_CALL_SECONDS", "500")  # slow computers, large images
    if not has_emulator:
        return
    emulator_port = beside("EMULATOR_PORT", EMULATOR_OFFSET)
    base_url = f"http://{HOST}:{emulator_port}/v2"
    environment |= {
        "RUNPOD_API_KEY": "demo",
        "RUNPOD_API_KEY_FILE": "",
        "RUNPOD_BASE_URL": base_url,
        "RUNPOD_IMAGE_HOSTS": f"{HOST}:{emulator_port}",
        # Stand-ins: the emulator's dictionary, and its names of colors.
        "PROMPT_HELPER_URL": f"{base_url}/dictionary/openai/v1",
        "PROMPT_HELPER_MODEL": "demo dictionary (stand-in)",
        "PROMPT_HELPER_VISION_MODEL": "demo colors (stand-in)",
    }


def number(name: str, default: int) -> int:
    """Return the port that this variable names, and set the variable."""
    text = os.environ[name] = os.environ.get(name) or str(default)
    if not text.isdecimal() or not 0 < int(text) <= MAX_PORT:
        stack.fail(f"{name} is {text}, which is not a port.")
    return int(text)


def beside(name: str, offset: int) -> int:
    """Return the port that this variable names, or one beside the demo's, and set the variable."""
    port = int(os.environ["PORT"])
    return number(name, port + offset if port + offset <= MAX_PORT else port - offset)


def require_free(port: int) -> None:
    """Fail if another process uses this port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            stack.fail(f"port {port} is in use. Choose another: make run PORT={DEFAULT_PORT + 100}")


def listens(path: Path) -> bool:
    """Return whether a process listens on this Unix socket.

    A request over HTTP would load all pages into the process of the sockets: 50 MB.
    """
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def postgres(data_dir: Path) -> Process:
    data = data_dir / "postgres"
    if not data.exists():
        servers.create_cluster(PROGRAMS, data)
    servers.stop_postgres(PROGRAMS, data)
    command = servers.postgres(PROGRAMS, data, port=POSTGRES_PORT, settings=POSTGRES)
    return Process("postgres", command, stop=(SIGINT, 15))


def postgres_answers(data_dir: Path) -> bool:
    return servers.answers(PROGRAMS, data_dir / "postgres", port=POSTGRES_PORT)


def valkey(data_dir: Path) -> Process:
    address = ("--port", "0", "--unixsocket", str(data_dir / "valkey.sock"))
    log = str(data_dir / "valkey.log")
    command = servers.valkey(*address, "--unixsocketperm", "700", "--logfile", log)
    return Process("valkey", command, stop=(SIGTERM, 5))


def emulator(options: list[str]) -> Process:
    """Return the RunPod emulator; without Django it starts in half the time."""
    port = os.environ["EMULATOR_PORT"]
    behavior = ("--seconds", "3", "--cold-start", "1.5", "--processes", "1", *options)
    return python("emulator", "-m", "generation.demo.emulator", "--port", port, *behavior)


def download(model: str) -> None:
    """Download a model's files in the foreground, where a person can be asked."""
    command = [sys.executable, "manage.py", "local_model", model, "--download"]
    if subprocess.run(command, check=False).returncode:
        stack.fail("the model is not there, see above.")


def python(name: str, *arguments: str) -> Process:
    return Process(name, [sys.executable, *arguments], stop=(SIGTERM, 10))


def prepare(*, has_emulator: bool, model: str) -> str:
    """Create tables and accounts, and collect the static files; return what to print then."""
    command = [sys.executable, "manage.py", "prepare_demo", *["--emulator"] * has_emulator]
    command += ["--model", model] * bool(model)
    preparation = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        stack.collect_static(os.environ)
        banner, _ = preparation.communicate()
    finally:
        preparation.kill()  # if a signal arrived
    if preparation.returncode:
        stack.fail("the tables and accounts could not be created, see above.")
    return banner


def wait(condition: Callable[[], bool], name: str, processes: list[Process]) -> None:
    """Wait until the condition holds; fail if one of the processes ends."""
    limit = time.monotonic() + MAX_START_SECONDS
    while not condition():
        if time.monotonic() > limit or any(process.popen.poll() for process in processes):
            stack.fail(f"{name} did not start, see above.")
        time.sleep(0.05)


if __name__ == "__main__":
    main(sys.argv[1:])
