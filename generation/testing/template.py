"""The migrated database that a test run copies for each worker, stack and site.

It is made once for a server and again when a migration has changed. Migrating takes ten seconds, a
copy 0.1 s.
"""

import hashlib
import os
import secrets
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

NAME = "artgen_template"
ROOT = Path(__file__).parents[2]


def migrated_database(server_url: str = "") -> str:
    """Return the name of the template, and make it unless it exists.

    Raises RuntimeError with the output of `migrate` if it fails.
    """
    server_url = server_url or os.environ.get("DATABASE_URL", "")
    if not server_url:
        raise RuntimeError(
            "no PostgreSQL; start pytest by `python -m generation.testing.services --`."
        )
    made_from = digest()
    with psycopg.connect(server_url, autocommit=True) as server:
        # Workers wait here for the first one.
        server.execute("SELECT pg_advisory_lock(hashtext(%s))", [NAME])
        made_of = server.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
            [NAME],
        ).fetchone()
        if made_of != (made_from,):
            server.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
            server.execute(f"CREATE DATABASE {NAME} TEMPLATE template0")
            _migrate(urlsplit(server_url)._replace(path=f"/{NAME}").geturl())
            server.execute(f"COMMENT ON DATABASE {NAME} IS '{made_from}'")
    return NAME


def digest(*more: str) -> str:
    """Return a digest of all migrations and of the pinned packages, which have some, too."""
    digest = hashlib.sha256("".join(more).encode())
    for path in sorted([*ROOT.glob("*/migrations/*.py"), ROOT / "requirements.txt"]):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _migrate(url: str) -> None:
    settings = {"DATABASE_URL": url, "DB_POOL": "false"}
    migrate = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"],
        cwd=ROOT,
        env={"SECRET_KEY": secrets.token_urlsafe(50)} | os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    if migrate.returncode:
        raise RuntimeError(f"manage.py migrate failed:\n{migrate.stdout}{migrate.stderr}")
