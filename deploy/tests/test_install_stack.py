"""From an empty machine to a page over https: deploy/install.sh, the containers, an authority.

The containers are plain processes (generation.testing.servers.docker): backend, nginx and certificate, with the
`.env` that install.sh writes.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest
import urllib3
from django.conf import settings

from deploy.stack import collect_static
from generation.testing.servers.acme import authority
from generation.testing.servers.stack import FAKE_DOCKER, MACHINE, ComposeStack
from generation.testing.services import free_port

pytestmark = [
    pytest.mark.release("deploy/install.sh", "deploy/configure.sh", "docker-compose.yml", "nginx/"),
    pytest.mark.acme,
    pytest.mark.nginx,
    pytest.mark.s3,
    pytest.mark.xdist_group("install_stack"),
    pytest.mark.limit(600),
]

NAME = "art.example.org"
# What the fake docker does not know: the first start as a whole, and the container of certbot.
DOCKER = f"""#!/bin/sh
set -a
[ ! -e .env ] || . ./.env
set +a
docker() {{ {sys.executable} {FAKE_DOCKER} "$@"; }}
case "$*" in
"version "*) echo 28.1.1 ;;
"volume inspect "*) exit 1 ;;
"compose version --short") echo 2.40.3 ;;
"compose build" | "compose logs "*) ;;
"compose up "*)
  docker compose build release && docker compose run release || exit 1
  docker compose up backend nginx
  setsid deploy/certificate.sh </dev/null >>"$FAKE_DOCKER/log" 2>&1 &
  echo $! >"$FAKE_DOCKER/certificate.pid"
  until curl -fs -o /dev/null "http://127.0.0.1:$NGINX_PORT/healthz"; do sleep 0.1; done
  ;;
"compose exec -T certificate "*) shift 4 && exec "$@" ;;
*) docker "$@" ;;
esac
"""


class Installation(ComposeStack):
    """A machine with the servers around ArtGen, on which nothing has been installed."""

    def __enter__(self) -> "Installation":
        with psycopg.connect(self.server_url, autocommit=True) as database:
            database.execute(f"CREATE DATABASE {self.name}")
        self.emulator.start()
        collect_static(self.environment | {"PYTHON": sys.executable})
        for name in ("docker", "getent"):
            program = self.folder / "bin" / name
            program.write_text(DOCKER if name == "docker" else "#!/bin/sh\necho 203.0.113.7\n")
            program.chmod(0o755)
        return self

    def end(self) -> None:
        """Stop all containers."""
        self.docker("rm", *self.containers())
        if (file := self.folder / "certificate.pid").exists():
            subprocess.run(["kill", file.read_text().strip()], check=False)

    def code(self) -> Path:
        """Copy the code to where it is installed, and return the folder."""
        folder = self.folder / "code"
        for part in ("accounts", "artgen", "deploy", "generation", "nginx"):
            ignored = shutil.ignore_patterns("tests", "bench", "chaos", "__pycache__")
            shutil.copytree(settings.BASE_DIR / part, folder / part, ignore=ignored)
        for part in ("manage.py", "requirements.txt", "docker-compose.yml"):
            shutil.copy2(settings.BASE_DIR / part, folder / part)
        return folder


def test_it_leads_to_a_page_over_https() -> None:
    http_port, tls_port = free_port(), free_port()
    with Installation(**MACHINE) as machine, authority(machine.folder, http_port=http_port) as acme:
        certificates = machine.folder / "certificates"
        asked = ("RUNPOD_API_KEY", "S3_ENDPOINT_URL", "S3_REGION", "S3_BUCKET")
        asked += ("S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY")
        environment = machine.environment | {
            "PATH": f"{machine.folder}/bin:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "DOMAIN": NAME,
            "ADMIN_EMAIL": "you@example.org",
            "HTTPS": "direct",
            "RUNPOD_BASE_URL": machine.emulator.base_url,
            "RUNPOD_IMAGE_HOSTS": machine.emulator.image_host,
            # Where Docker would publish the ports, and mount the volume `certificates`.
            "NGINX_PORT": str(http_port),
            "NGINX_TLS_PORT": str(tls_port),
            "NGINX_TLS_DIR": str(certificates),
            "NGINX_CERTIFICATE_SECONDS": "0.2",
            "CERTIFICATE_DIR": str(certificates),
            **acme.environment,
        }
        for name in ("SECRET_KEY", "PUBLIC_URL", "PORT"):
            del environment[name]  # install.sh decides
        outcome = subprocess.run(
            ["sh", "deploy/install.sh"],
            cwd=machine.code(),
            env=environment,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        shown = outcome.stdout
        assert outcome.returncode == 0, f"{shown}\n{machine.log[-3000:]}"
        assert f"ArtGen is at https://{NAME}" in shown
        password = re.search(r"The password of you@example.org is (\S+)", shown)
        assert password, shown
        written = (machine.folder / "code" / ".env").read_text()
        assert all(f"{name}={environment[name]}\n" in written for name in asked)

        with urllib3.HTTPSConnectionPool(
            "127.0.0.1",
            tls_port,
            server_hostname=NAME,
            assert_hostname=NAME,
            ssl_context=acme.trusting(),
            headers={"Host": NAME},
        ) as browser:
            page = browser.request("GET", "/accounts/login/", redirect=False)
            assert page.status == 200
            assert "max-age" in page.headers["Strict-Transport-Security"]
            cookie = page.headers["Set-Cookie"].split(";")[0]
            assert cookie.startswith("__Host-csrftoken=")
            form = {
                "csrfmiddlewaretoken": cookie.partition("=")[2],
                "username": "you@example.org",
                "password": password[1],
            }
            signed_in = browser.request(
                "POST",
                "/accounts/login/",
                body=urlencode(form),
                redirect=False,
                headers={
                    "Host": NAME,
                    "Cookie": cookie,
                    "Referer": f"https://{NAME}/accounts/login/",
                    "Content-Type": "application/x-www-form-urlencoded",
                },
            )
            assert signed_in.status == 302, signed_in.data.decode()[:2000]
            session = next(
                value.split(";")[0]
                for value in signed_in.headers.getlist("Set-Cookie")
                if "sessionid" in value
            )
            admin = browser.request(
                "GET", "/admin/", redirect=False, headers={"Host": NAME, "Cookie": session}
            )
            assert admin.status == 200
