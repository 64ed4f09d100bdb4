"""Stand in for `docker`: run what deploy/upgrade.sh asks of docker compose as plain processes.

An image is a copy of the code; a container is a process that runs in it, with the command and the
paths that docker-compose.yml gives to its service. `FAKE_DOCKER` is the folder for all of it; paths
such as /www lie below it, /tmp of each container in a folder of its own. Nothing is started again
when it dies. Only the subcommands and options that upgrade.sh uses are known.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(os.environ["FAKE_DOCKER"])
CODE = ("accounts", "artgen", "deploy", "generation", "nginx", "manage.py", "requirements.txt")
IGNORED = shutil.ignore_patterns("tests")
SHARED = ("/run/artgen", "/www")
TAKES_VALUE = (
    *("--name", "--entrypoint", "--progress", "--scale", "--tail", "--format", "--filter", "-t"),
    "-e",
)
WORKERS = {"drive", "store", "slow"}
RUN = {"backend", "web", "sockets", *WORKERS, "nginx"}  # the services that are played


def main(arguments: list[str]) -> int:
    """Run the subcommand of `docker` or `docker compose`; return its exit status."""
    words, options = split(arguments)
    match words:
        case ["compose", "build", *_]:
            for name in CODE:
                if (source := Path(name)).is_dir():
                    shutil.copytree(source, image() / name, ignore=IGNORED)
                else:
                    shutil.copy2(source, image() / name)
            return 0
        case ["compose", "run", "configure"]:
            return 0  # it writes the secrets, which are in the environment here
        case ["compose", "run", service, *command] if "-d" in options:
            start(options["--name"], service, command)
            return 0
        case ["compose", "run", service, *command]:
            entrypoint = options.get("--entrypoint", "deploy/start.sh")
            entrypoint = sys.executable if entrypoint == "python" else entrypoint
            command = [entrypoint, *(command or services()[service]["command"])]
            environment = environment_of(f"run-{service}", service)
            environment |= dict(pair.split("=", 1) for pair in options.get("-e", "").split())
            return subprocess.run(command, cwd=image(), env=environment, check=False).returncode
        case ["compose", "up", *names] if "--no-recreate" in options:
            for name in names:
                if name in RUN and not (file(name).exists() and is_running(read(name)["pid"])):
                    up(name, 1)
            return 0
        case ["compose", "up", name] if "--dry-run" in options:
            print("Recreate" if read(name)["values"] != values() else "Running")
            return 0
        case ["compose", "config", "nginx"]:
            print("artgen-nginx:1")  # it never changes here
            return 0
        case ["image", "inspect", "artgen-nginx:1"]:
            return 0
        case ["compose", "up", *names]:
            counts = dict(pair.split("=") for pair in options.get("--scale", "").split())
            for name in set(names) & RUN:
                up(name, int(counts.get(name, 1)))
            return 0
        case ["compose", "ps", service]:
            print("\n".join(containers(service)))
            return 0
        case ["compose", "exec", name, *command] | ["exec", name, *command]:
            container = read(name)
            environment = environment_of(named(name), container["service"], container["values"])
            cwd = ROOT / "images" / container["image"]
            return subprocess.run(command, cwd=cwd, env=environment, check=False).returncode
        case ["image", "inspect", tag]:
            return not (ROOT / "images" / tag).exists()
        case ["image", "ls", name]:
            found = sorted((ROOT / "images").glob(f"{name}:*"), key=lambda one: one.stat().st_ctime)
            print("\n".join(one.name.partition(":")[2] for one in reversed(found)))
            return 0
        case ["image", "rm", tag]:
            folder = ROOT / "images" / tag
            used = {read(one.stem)["image"] for one in (ROOT / "containers").glob("*.json")}
            if tag in used or not folder.exists():
                return 1
            shutil.rmtree(folder)
            return 0
        case ["inspect", *names] if all(file(name).exists() for name in names):
            for name in names:
                container = read(name)
                if "Config.Image" in options["-f"]:
                    print(container["image"])
                else:
                    print(container["started_at"], str(is_running(container["pid"])).lower())
            return 0
        case ["inspect", *_]:
            return 1
        case ["ps"]:
            return 0  # no container of a version with other services
        case ["logs", name]:
            print((ROOT / "logs" / named(name)).read_text(errors="replace"))
            return 0
        case ["stop", *names]:
            stop(*names, remove=False)
            return 0
        case ["rm", *names]:
            stop(*names, remove=True)
            return 0
    raise SystemExit(f"docker: unknown command {arguments}")


def split(arguments: list[str]) -> tuple[list[str], dict[str, str]]:
    """Return the words and the options; options come before the first name."""
    words: list[str] = []
    options: dict[str, str] = {}
    left = list(arguments)
    while left:
        word = left.pop(0)
        names_began = len(words) > (2 if words[:1] in (["compose"], ["image"]) else 1)
        if names_began or not word.startswith("-"):
            words.append(word)
        elif word in TAKES_VALUE or (word == "-f" and words == ["inspect"]):
            options[word] = " ".join(filter(None, (options.get(word), left.pop(0))))
        else:
            options[word] = ""
    return words, options


def named(name: str) -> str:
    """Return what a container is called here: backend has a name of its own in compose."""
    return "backend" if name == services()["backend"]["container_name"] else name


def containers(service: str) -> list[str]:
    """Return the containers of a service, without those of `run`."""
    found = (ROOT / "containers").glob("*.json")
    return sorted(one.stem for one in found if one.stem.partition(".")[0] == service)


def up(service: str, count: int) -> None:
    """Replace the containers of a service by this many new ones."""
    stop(*containers(service), remove=True)
    for number in range(1, count + 1):
        name = service if number == 1 else f"{service}.{number}"
        start(name, service, services()[service].get("command", [service]))


def services() -> dict[str, Any]:
    """Return the services of the docker-compose.yml of the working directory."""
    found: dict[str, Any] = yaml.load(
        Path("docker-compose.yml").read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    )["services"]
    return found


def values() -> dict[str, str]:
    """Return what the environment sets for nginx."""
    return {name: value for name, value in os.environ.items() if name.startswith("NGINX_")}


def tag() -> str:
    """Return the image that ARTGEN_VERSION chooses, of the environment or of .env."""
    version = os.environ.get("ARTGEN_VERSION", "")
    if not version and Path(".env").exists():
        pairs = (line.partition("=") for line in Path(".env").read_text().splitlines())
        version = {name: value for name, _, value in pairs}.get("ARTGEN_VERSION", "")
    return f"artgen:{version or 'latest'}"


def image() -> Path:
    folder = ROOT / "images" / tag()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def file(name: str) -> Path:
    """Return where a container is described."""
    return ROOT / "containers" / f"{named(name)}.json"


def read(name: str) -> dict[str, Any]:
    container: dict[str, Any] = json.loads(file(name).read_text())
    return container


def environment_of(name: str, service: str, kept: dict[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a container, with the values `kept` since its start."""
    own = ROOT / "containers" / name
    (own / "tmp").mkdir(parents=True, exist_ok=True)
    environment = dict(os.environ)
    if kept is not None:
        environment = {key: environment[key] for key in environment.keys() - values()} | kept
    environment |= {"PYTHON": sys.executable, "RUN_DIR": f"{ROOT}/run/artgen", "DATA_DIR": str(own)}
    environment.pop("NGINX_STATIC", None)
    if service == "nginx":
        run_dir = environment["RUN_DIR"]
        environment["RUN_DIR"] = str(own / "tmp" / "run")
        environment["NGINX_WEB"] = f"unix:{run_dir}/web.sock"
        environment["NGINX_SOCKETS"] = f"unix:{run_dir}/sockets.sock"
    for variable, value in services()[service]["environment"].items():
        path = str(value or "")
        if path.startswith(SHARED):
            environment[variable] = f"{ROOT}{path}"
        elif path.startswith("/tmp"):
            environment[variable] = f"{own}{path}"
    return environment


def start(name: str, service: str, command: list[str]) -> None:
    folder = image()
    (ROOT / "logs").mkdir(exist_ok=True)
    # One log of its own, and all together for the tests.
    write = 'exec > >(exec tee -a "$0" >>"$1") 2>&1; shift; exec deploy/start.sh "$@"'
    process = subprocess.Popen(
        ["bash", "-c", write, ROOT / "logs" / name, ROOT / "log", *command],
        cwd=folder,
        env=environment_of(name, service),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    container = {
        "service": service,
        "image": tag(),
        "pid": process.pid,
        "started_at": time.time_ns(),
        "values": values(),
        "command": command,
    }
    file(name).write_text(json.dumps(container))


def stop(*names: str, remove: bool) -> None:
    """Stop containers as docker does: a signal, a grace period, then SIGKILL."""
    found = [name for name in names if file(name).exists()]
    deadlines = {}
    for name in found:
        container = read(name)
        number = signal.SIGQUIT if container["service"] == "nginx" else signal.SIGTERM
        seconds = int(services()[container["service"]]["stop_grace_period"].removesuffix("s"))
        deadlines[name] = time.monotonic() + seconds
        if is_running(container["pid"]):
            os.kill(container["pid"], number)
    for name in found:
        pid = read(name)["pid"]
        while is_running(pid) and time.monotonic() < deadlines[name]:
            time.sleep(0.05)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        if remove:
            file(name).unlink()


def is_running(pid: int) -> bool:
    """Return whether the process has not ended, whether or not its parent knows that."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
