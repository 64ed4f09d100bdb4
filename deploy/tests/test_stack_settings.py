"""`make stack` and the commands beside it: the settings of .env, and the service of systemd."""

import configparser
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from deploy.stack import STOP

SHOW = """
import json, os, sys
sys.path.insert(0, "deploy")
import stack
stack.configure()
names = ["PORT", "NGINX_PORT", "NGINX_TLS_PORT", "NGINX_TLS_DIR", "PUBLIC_URL", "EMPTY", "QUOTED"]
print(json.dumps({name: os.environ.get(name) for name in names}))
"""


def configured(folder: Path, text: str, **environment: str) -> dict[str, str]:
    """Return what `make stack` passes on to its processes in a folder with this .env."""
    (folder / "deploy").mkdir()
    shutil.copy(settings.BASE_DIR / "deploy" / "stack.py", folder / "deploy")
    (folder / ".env").write_text(text)
    shown = subprocess.run(
        [sys.executable, "-c", SHOW],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **environment},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    found: dict[str, str] = json.loads(shown)
    return found


def test_it_takes_the_ports_of_the_file(tmp_path: Path) -> None:
    text = "PORT=8123\nTLS_PORT=8124\nTLS_DIR=certificates\nEMPTY=\nQUOTED='a $b #c'\n"
    assert configured(tmp_path, text) == {
        "PORT": "8123",
        "NGINX_PORT": "8123",
        "NGINX_TLS_PORT": "8124",
        "NGINX_TLS_DIR": str(tmp_path / "certificates"),
        "PUBLIC_URL": "http://127.0.0.1:8123",
        "EMPTY": "",
        "QUOTED": "a $b #c",
    }


def test_the_environment_wins(tmp_path: Path) -> None:
    found = configured(tmp_path, "PORT=8123\nPUBLIC_URL=http://a.example\n", PORT="8200")
    assert (found["NGINX_PORT"], found["PUBLIC_URL"]) == ("8200", "http://a.example")


def test_the_service_runs_it() -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment, method-assign] # keep capitals
    unit.read(settings.BASE_DIR / "deploy" / "artgen.service")
    service = unit["Service"]
    program, script = service["ExecStart"].split()
    home = Path(service["WorkingDirectory"])
    assert Path(program).relative_to(home) == Path(".venv/bin/python")
    assert (settings.BASE_DIR / script).is_file()
    assert (service["KillMode"], service["ReadWritePaths"]) == ("mixed", str(home))
    assert int(service["TimeoutStopSec"]) > max(seconds for _, seconds in STOP.values())
    assert service["ExecStartPre"].endswith(" .venv/.runtime")
