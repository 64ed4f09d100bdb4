"""Sites to back up and to restore: each with a database, a bucket and a folder of its own."""

import contextlib
import hashlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import psycopg
from django.conf import settings
from django.db import connection

from generation.demo.emulator import Emulator, EmulatorOptions
from generation.files.bucket import BucketStorage
from generation.models import Upload
from generation.testing.template import migrated_database

# The record of a backup is written after its snapshot.
NOT_COMPARED = ("django_session", "generation_backuprecord")


class Site:
    """An installation inside a `with` block; commands run in processes of its `environment`."""

    def __init__(self, template: str, **given: str) -> None:
        self.template = template
        self.name = f"backup{secrets.token_hex(6)}"
        self.server_url = os.environ["DATABASE_URL"]
        self.stack = contextlib.ExitStack()
        self.folder = Path(
            self.stack.enter_context(tempfile.TemporaryDirectory(prefix="artgen-backup-"))
        )
        self.backups = self.folder / "backups"
        self.emulator = Emulator(EmulatorOptions(api_key="test", manual=True, seconds=5.0))
        s3 = urlsplit(os.environ["TEST_S3_URL"])
        endpoint = f"http://{s3.hostname}:{s3.port}"
        self.s3 = boto3.resource(
            "s3",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id=s3.username,
            aws_secret_access_key=s3.password,
        )
        self.bucket = self.s3.Bucket(self.name)
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("S3_", "RUNPOD_", "PYTEST_", "BACKUP_"))
        } | {
            "PYTHON": sys.executable,
            "DATA_DIR": str(self.folder / "data"),
            "BACKUP_DIR": str(self.backups),
            "SECRET_KEY": secrets.token_urlsafe(50),
            "DATABASE_URL": urlsplit(self.server_url)._replace(path=f"/{self.name}").geturl(),
            "S3_ENDPOINT_URL": endpoint,
            "S3_REGION": "us-east-1",
            "S3_BUCKET": self.name,
            "S3_ACCESS_KEY_ID": s3.username or "",
            "S3_SECRET_ACCESS_KEY": s3.password or "",
            "RUNPOD_API_KEY": "test",
            **given,
        }

    def __enter__(self) -> "Site":
        self.create_database(template=self.template)
        self.bucket.create()
        self.stack.callback(self.drop_database)
        self.emulator.start()
        self.stack.callback(self.emulator.stop)
        self.environment |= {
            "RUNPOD_BASE_URL": self.emulator.base_url,
            "RUNPOD_IMAGE_HOSTS": self.emulator.image_host,
        }
        return self

    def __exit__(self, *error: object) -> None:
        self.stack.close()

    # --- what happens to it -----------------------------------------------------------------------

    def create_database(self, *, template: str = "template0") -> None:
        """Create its database, by default an empty one."""
        with psycopg.connect(self.server_url, autocommit=True) as server:
            server.execute(f"CREATE DATABASE {self.name} TEMPLATE {template}")  # type: ignore[arg-type]

    def drop_database(self) -> None:
        """Drop its database, also when it is in use."""
        with psycopg.connect(self.server_url, autocommit=True) as server:
            server.execute(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")  # type: ignore[arg-type]

    def destroy(self) -> None:
        """Lose the database and the bucket."""
        self.drop_database()
        self.create_database()
        self.bucket.objects.all().delete()
        self.bucket.delete()

    # --- commands ---------------------------------------------------------------------------------

    def run(self, *command: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a command in its environment, whatever its exit status."""
        environment = self.environment | options.pop("env", {})
        return subprocess.run(
            command,
            cwd=settings.BASE_DIR,
            env=environment,
            check=False,
            capture_output=True,
            text=True,
            **options,
        )

    def start(self, *command: str, **options: Any) -> subprocess.Popen[str]:
        """Start a command in its environment, in a process group of its own."""
        return subprocess.Popen(
            command,
            cwd=settings.BASE_DIR,
            env=self.environment | options.pop("env", {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            **options,
        )

    def backup(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run deploy/backup.sh."""
        return self.run("deploy/backup.sh", *arguments, **options)

    def restore(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run deploy/restore.sh, by default for the newest backup."""
        return self.run("deploy/restore.sh", *(arguments or ("latest",)), **options)

    def execute(self, code: str) -> str:
        """Run Python in its environment and return what it prints; fail with its error."""
        done = self.run(sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", code)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    # --- what it has ------------------------------------------------------------------------------

    def rows(self) -> dict[str, list[str]]:
        found = {}
        with psycopg.connect(self.environment["DATABASE_URL"]) as database:
            tables = database.execute(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
            ).fetchall()
            for (table,) in tables:
                if table not in NOT_COMPARED:
                    rows = database.execute(f"SELECT t::text FROM {table} t ORDER BY 1").fetchall()
                    found[table] = [text for (text,) in rows]
        return found

    def sql(self, statement: str) -> list[Any]:
        with psycopg.connect(self.environment["DATABASE_URL"], autocommit=True) as database:
            cursor = database.execute(statement)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    def files(self) -> dict[str, str]:
        """Return key and sha256 of all files in the bucket."""
        return {
            found.key: hashlib.sha256(found.get()["Body"].read()).hexdigest()
            for found in self.bucket.objects.all()
        }

    def manifest(self) -> dict[str, Any]:
        newest = max((self.backups / "backups").glob("2*"))
        manifest: dict[str, Any] = json.loads((newest / "manifest.json").read_text())
        return manifest

    def objects(self) -> list[Path]:
        """Return the files of the bucket in the folder of backups."""
        return sorted(path for path in (self.backups / "files").glob("*/*") if path.is_file())


@contextlib.contextmanager
def migrated_template() -> Iterator[str]:
    """Yield the name of a database with all tables and the catalog, from which sites are copied."""
    with Site(migrated_database()) as site:
        done = site.run(sys.executable, "manage.py", "release")
        assert done.returncode == 0, done.stderr
        yield site.name


class MeanwhileStorage(BucketStorage):
    """A bucket in which a file appears while the first is read, and is deleted as it is read."""

    def read_piece(self, name: str, *, start: int, length: int) -> bytes:
        """Do so once; `origin` is an upload that is copied."""
        late = Upload.objects.filter(key__startswith="uploads/late/")
        if not MEANWHILE:
            MEANWHILE.append(name)
            origin = Upload.objects.get(key=name)
            data = super().read_piece(name, start=0, length=length)
            self.write("uploads/late/1.png", data, content_type="image/png")
            origin.pk, origin.key = None, "uploads/late/1.png"
            origin.id = Upload._meta.pk.get_default()
            origin.save(force_insert=True)
        elif name.startswith("uploads/late/"):
            self.delete(name)
            late.delete()
        connection.close()
        return super().read_piece(name, start=start, length=length)


MEANWHILE: list[str] = []
