"""Round trips of deploy/backup.sh and deploy/restore.sh with real servers."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from generation.testing.servers.backups import Site, migrated_template

pytestmark = [pytest.mark.pg_dump, pytest.mark.s3, pytest.mark.slow]
# What only these change. Each commit is proved by a round trip and by active jobs.
SCRIPTS = pytest.mark.release(
    "deploy/backup.sh", "deploy/restore.sh", "generation/operations/backup/", "generation/files/"
)
OLD_DATABASES = pytest.mark.release(
    "deploy/restore.sh",
    "generation/operations/backup/",
    "accounts/migrations/",
    "generation/migrations/",
    "artgen/database/",
)

FILL = """
from accounts.credits import ledger
from generation.testing import cases
from generation.testing.rows.image_files import noise
from generation.files import uploads
alice, bob = cases.make_user("alice@example.org"), cases.make_user("bob@example.org", credits=30)
for number in range(3):
    uploads.keep(user=alice, data=noise(60 + number, 50))
"""
PLACE = """
from accounts.models import User
from generation.testing import orders
alice = User.objects.get(email="alice@example.org")
request = {"model": "flux-schnell", "prompt": "a lighthouse", "width": 256, "height": 256}
print(orders.place(user=alice, request=request).jobs[0].id)
"""
WORK = """
from generation.testing import cases
cases.make_due()
cases.work()
cases.catch_up()
"""
EXPORT_ALL = """
from generation.models import Job
from generation.user_data import exports
job = Job.objects.get()
exports.step(exports.start(job.user).id)
"""
DATABASE_ONLY = {"BACKUP_FILES": "false"}
RECORDS = """
SELECT is_complete, has_files, detail FROM generation_backuprecord ORDER BY made_at DESC
"""


@pytest.fixture(scope="module")
def template() -> Iterator[str]:
    with migrated_template() as name:
        yield name


@pytest.fixture(scope="module")
def filled(template: str) -> Iterator[Site]:
    with Site(template) as site:
        site.execute(FILL)
        yield site


@pytest.fixture
def site(template: str, filled: Site) -> Iterator[Site]:
    with Site(filled.name) as site:
        for file in filled.bucket.objects.all():
            site.bucket.copy({"Bucket": filled.name, "Key": file.key}, file.key)
        yield site


def draw(site: Site) -> str:
    """Make an image and return the id of its job."""
    job_id = site.execute(PLACE)
    site.execute(WORK)
    site.emulator.advance(10)
    site.execute(WORK)
    return job_id


def new_key(site: Site) -> tuple[str, str]:
    """Return a public and a private key."""
    first, private = site.backup("--new-key").stdout.splitlines()
    return first.removeprefix("# public key: "), private


def program(site: Site, name: str, script: str) -> dict[str, str]:
    """Return an environment in which this script stands in for a program of PostgreSQL."""
    folder = site.folder / f"bin-{name}"
    folder.mkdir()
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


class TestRoundTrip:
    def test_it_restores_every_row_and_every_file(self, site: Site) -> None:
        draw(site)
        public, private = new_key(site)
        encrypted = {"BACKUP_RECIPIENTS": public}
        site.sql("INSERT INTO django_session VALUES ('key', 'data', now() + interval '1 day')")
        rows, files = site.rows(), site.files()
        assert len(files) == 5

        done = site.backup(env=encrypted)
        assert done.returncode == 0, done.stderr
        assert "5 files, 5 new" in done.stdout
        assert "; encrypted;" in done.stdout
        plain = b"alice@example.org", b"PNG", b"PGDMP"
        stored = [path for path in site.backups.rglob("*") if path.is_file()]
        assert not [path for path in stored for word in plain if word in path.read_bytes()]
        assert site.backup("--fresh").returncode == 0
        assert site.backup("--verify").returncode == 0

        site.destroy()
        opened = {"BACKUP_IDENTITY": private}
        assert site.restore("latest", "--check", env=opened).returncode == 0
        done = site.restore(env=opened)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "5 written, 0 overwritten, 0 already there" in done.stdout
        assert site.rows() == rows
        assert site.files() == files
        assert site.sql("SELECT count(*) FROM django_session") == [(0,)], "none comes back"
        for file in site.bucket.objects.all():
            kind = {"jpg": "jpeg"}.get(file.key.rpartition(".")[2], file.key.rpartition(".")[2])
            assert file.Object().content_type == f"image/{kind}"

    @SCRIPTS
    def test_it_copies_only_what_is_new(self, site: Site) -> None:
        assert "3 files, 3 new" in site.backup().stdout
        before = {path: path.stat().st_mtime_ns for path in site.objects()}
        draw(site)
        assert "5 files, 2 new" in site.backup("now").stdout
        assert {path: path.stat().st_mtime_ns for path in site.objects()}.items() >= before.items()
        *_earlier, lists = sorted((site.backups / "backups").glob("*/files.sha256"))
        command = ["sha256sum", "--quiet", "--strict", "--check", str(lists)]
        assert site.run("env", "-C", str(site.backups), *command).returncode == 0
        site.objects()[0].unlink()
        assert "5 files, 1 new" in site.backup().stdout

    @SCRIPTS
    @pytest.mark.parametrize("own", [{}, DATABASE_ONLY])
    def test_it_deletes_exports(self, site: Site, own: dict[str, str]) -> None:
        draw(site)
        files = site.files()
        site.execute(EXPORT_ALL)
        assert len(site.files()) == len(files) + 1
        assert site.backup(env=own).returncode == 0
        if own:
            site.drop_database()
            site.create_database()
        else:
            site.destroy()

        done = site.restore()

        assert done.returncode == 0, done.stdout + done.stderr
        assert site.files() == files
        assert site.run(sys.executable, "manage.py", "verify_storage").returncode == 0

    @OLD_DATABASES
    def test_it_migrates_an_older_database(self, site: Site) -> None:
        site.run(sys.executable, "manage.py", "migrate", "accounts", "0003_webhooks")
        assert site.backup().returncode == 0
        site.destroy()
        assert site.restore().returncode == 0
        assert site.sql("SELECT count(session_id) FROM accounts_webhookaddress") == [(0,)]

    @OLD_DATABASES
    def test_it_refuses_a_newer_database(self, site: Site) -> None:
        site.sql("INSERT INTO django_migrations (app, name, applied) VALUES ('a', 'b', now())")
        site.backup()
        site.destroy()
        done = site.restore()
        assert done.returncode == 1
        assert "newer version of ArtGen: this one has no a.b." in done.stderr
        assert site.rows() == {}

    @OLD_DATABASES
    def test_it_refuses_a_database_that_skips_a_version(self, site: Site) -> None:
        site.sql("DELETE FROM django_migrations WHERE app = 'generation' AND name >= '0048'")
        site.backup()
        site.destroy()
        done = site.restore()
        assert done.returncode == 1
        assert "restore it with commit ccef36fe, then upgrade to this one." in done.stderr
        assert site.rows() == {}


class TestJobs:
    def test_it_charges_jobs_that_were_active_once(self, site: Site) -> None:
        queued, running = site.execute(PLACE), site.execute(PLACE)
        site.sql(
            f"UPDATE generation_job SET due_at = now() + interval '1 day' WHERE id = '{queued}'"
        )
        site.execute(WORK.replace("cases.make_due()", ""))
        states = dict(site.sql("SELECT id::text, status FROM generation_job"))
        assert states == {queued: "queued", running: "submitted"}
        ((price,),) = site.sql(f"SELECT credits FROM generation_job WHERE id = '{running}'")
        site.backup()
        # Both end after the backup; then all of it is lost.
        site.emulator.advance(10)
        site.execute(WORK)
        site.emulator.advance(10)
        site.execute(WORK)
        assert site.sql("SELECT DISTINCT status FROM generation_job") == [("succeeded",)]
        site.destroy()
        done = site.restore()
        assert "Jobs that were active: 1 queued, 1 submitted." in done.stdout
        site.execute(WORK)
        site.emulator.advance(10)
        site.execute(WORK)
        assert site.sql("SELECT DISTINCT status FROM generation_job") == [("succeeded",)]
        assert site.sql(
            "SELECT credits, held FROM accounts_user WHERE email = 'alice@example.org'"
        ) == [(100 - 2 * price, 0)]
        for command in ("check_ledger", "verify_storage"):
            assert site.run(sys.executable, "manage.py", command).returncode == 0

    @SCRIPTS
    def test_it_returns_the_credits_of_what_provider_has_forgotten(self, site: Site) -> None:
        job_id = site.execute(PLACE)
        site.execute(WORK)
        site.backup()
        site.destroy()
        site.restore()
        site.execute(
            f"from generation.testing import cases; cases.let_time_pass('{job_id}', seconds=86400)"
        )
        site.execute(WORK)
        assert site.sql("SELECT status, credits FROM generation_job")[0][0] == "failed"
        assert site.sql("SELECT held FROM accounts_user GROUP BY held") == [(0,)]
        assert site.run(sys.executable, "manage.py", "check_ledger").returncode == 0


@SCRIPTS
class TestDeletions:
    CREATE = """
from django.conf import settings
from django.test import override_settings
from generation.operations.backup import creation
creation.MAX_SNAPSHOTS = {snapshots}
storage = {{**settings.STORAGES["default"], "BACKEND": "generation.testing.servers.backups.MeanwhileStorage"}}
with override_settings(STORAGES={{**settings.STORAGES, "default": storage}}):
    print(creation.create().missing)
"""

    def test_it_has_each_file_although_some_are_deleted_meanwhile(self, site: Site) -> None:
        assert site.execute(self.CREATE.format(snapshots=5)) == "[]"
        assert site.sql("SELECT count(*) FROM generation_upload") == [(3,)]
        site.destroy()
        assert site.restore().returncode == 0
        assert site.run(sys.executable, "manage.py", "verify_storage").returncode == 0

    def test_it_names_what_the_bucket_has_lost(self, site: Site) -> None:
        lost, damaged, _kept = sorted(site.files())
        site.bucket.Object(lost).delete()
        site.bucket.Object(damaged).put(Body=b"other")
        done = site.backup()
        assert done.returncode == 3
        assert f"{lost} (upload" in done.stderr
        assert "missing in the bucket" in done.stderr
        assert f"{damaged} (upload" in done.stderr
        assert "1 file, 1 new" in done.stdout
        assert site.backup("--verify").returncode == 0
        site.destroy()
        assert site.restore().returncode == 0  # no more is missing than was


@SCRIPTS
class TestDamage:
    def test_it_notices_a_damaged_and_a_missing_file(self, site: Site) -> None:
        site.backup()
        damaged, missing, _whole = site.objects()
        data = bytearray(damaged.read_bytes())
        data[-1] ^= 1
        damaged.write_bytes(data)
        missing.unlink()
        done = site.backup("--verify")
        assert done.returncode == 1
        for path in (damaged, missing):
            assert str(path.relative_to(site.backups)) in done.stdout
        assert "2 files missing or damaged" in done.stderr
        assert site.restore("latest", "--check").returncode == 1

        files = site.files()
        site.destroy()
        done = site.restore()
        assert done.returncode == 1
        assert str(damaged) in done.stdout
        restored = site.files()
        assert len(restored) == 1
        assert restored.items() <= files.items()

    def test_it_changes_nothing_when_the_dump_is_damaged(self, site: Site) -> None:
        site.backup()
        (dump,) = (site.backups / "backups").glob("*/database.dump")
        dump.write_bytes(dump.read_bytes()[:-100])
        rows, files = site.rows(), site.files()
        done = site.restore("latest", "--force")
        assert done.returncode == 1
        assert "database.dump is missing or damaged" in done.stderr
        assert (site.rows(), site.files()) == (rows, files)

    def test_it_rolls_back_when_pg_restore_fails_midway(self, site: Site) -> None:
        site.backup()
        rows = site.rows()
        real = shutil.which("pg_restore")
        broken = program(site, "pg_restore", f'{real} "$@" | head -n 400; exit 1')
        done = site.restore("latest", "--force", env=broken)
        assert done.returncode == 1
        assert "pg_restore ended with 1" in done.stderr
        assert site.rows() == rows


@SCRIPTS
class TestKeys:
    def test_it_refuses_a_wrong_a_broken_and_no_key(self, site: Site) -> None:
        public, private = new_key(site)
        _other, wrong = new_key(site)
        site.backup(env={"BACKUP_RECIPIENTS": public})
        site.destroy()
        for identity, words in (
            (wrong, "does not open this backup"),
            ("", "This backup is encrypted. Set BACKUP_IDENTITY_FILE"),
            ("AGE-SECRET-KEY-1BROKEN", "is not a private key of age"),
        ):
            done = site.restore(env={"BACKUP_IDENTITY": identity})
            assert done.returncode == 1
            assert words in done.stderr
            assert "Traceback" not in done.stderr
            assert "BROKEN" not in done.stdout + done.stderr
        assert site.rows() == {}
        file = site.folder / "identity"
        file.write_text(f"# mine\n{private}\n")
        assert site.restore(env={"BACKUP_IDENTITY_FILE": str(file)}).returncode == 0


@SCRIPTS
class TestOverwriting:
    def test_it_replaces_a_database_only_by_force(self, site: Site) -> None:
        rows = site.rows()
        site.backup()
        site.execute("from generation.testing import cases; cases.make_user('carol@example.org')")
        done = site.restore()
        assert done.returncode == 1
        assert "The database has 3 accounts. --force" in done.stderr
        assert site.restore("latest", "--force").returncode == 0
        assert site.rows() == rows

    def test_it_loads_into_a_new_installation(self, site: Site, template: str) -> None:
        rows = site.rows()
        site.backup()
        site.drop_database()
        site.create_database(template=template)  # migrated, with a catalog and no account
        assert site.restore().returncode == 0
        assert site.rows() == rows

    def test_it_overwrites_files_only_by_force(self, site: Site) -> None:
        files = site.files()
        site.backup()
        changed = min(files)
        site.bucket.Object(changed).put(Body=b"other")
        site.bucket.put_object(Key="images/new.png", Body=b"new")
        site.drop_database()
        site.create_database()
        done = site.restore()
        assert done.returncode == 1
        assert "1 files that are not in the backup and 1 that differ" in done.stderr
        assert site.bucket.Object(changed).get()["Body"].read() == b"other"
        assert site.rows() == {}
        done = site.restore("latest", "--force")
        assert done.returncode == 0
        assert "0 written, 1 overwritten, 2 already there" in done.stdout
        assert site.files().items() >= files.items()
        assert "images/new.png" in site.files()

    def test_it_refuses_a_database_in_use_or_of_others(self, site: Site) -> None:
        site.backup()
        url = site.environment["DATABASE_URL"]
        with psycopg.connect(url, application_name="artgen-web"):
            done = site.restore("latest", "--force")
        assert done.returncode == 1
        assert "Stop ArtGen's processes first: artgen-web." in done.stderr
        site.destroy()
        site.sql("CREATE TABLE theirs (id integer)")
        done = site.restore()
        assert done.returncode == 1
        assert "1 tables that are not ArtGen's" in done.stderr


def wait_for_begin(fifo: Path, process: subprocess.Popen[str]) -> None:
    """Wait until the program writes to the pipe; fail if the script ends before."""
    descriptor = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        while not os.read(descriptor, 100):  # b"" as long as nobody writes
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
    finally:
        os.close(descriptor)


@SCRIPTS
class TestInterruption:
    def test_it_takes_no_half_backup_for_a_whole_one(self, site: Site) -> None:
        fifo = site.folder / "begun"
        os.mkfifo(fifo)
        stuck = program(site, "pg_dump", f"echo begun >{fifo}; exec sleep 600")
        process = site.start("deploy/backup.sh", env=stuck)
        wait_for_begin(fifo, process)
        assert "Another backup into" in site.backup().stderr
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert len(site.objects()) == 3
        assert list((site.backups / "backups").glob(".half-*"))
        assert "There is no complete backup" in site.restore().stderr
        assert site.backup("--fresh").returncode == 1
        # The next one continues with the files that are there.
        assert "3 files, 0 new" in site.backup().stdout
        assert not list((site.backups / "backups").glob(".half-*"))
        assert site.backup("--verify").returncode == 0

    def test_it_continues_a_restoration(self, site: Site) -> None:
        rows, files = site.rows(), site.files()
        site.backup()
        site.destroy()
        fifo = site.folder / "begun"
        os.mkfifo(fifo)
        stuck = program(site, "pg_restore", f"echo begun >{fifo}; exec sleep 600")
        process = site.start("deploy/restore.sh", "latest", env=stuck)
        wait_for_begin(fifo, process)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert site.files() == files
        assert site.rows() == {}
        done = site.restore()
        assert done.returncode == 0
        assert "0 written, 0 overwritten, 3 already there" in done.stdout
        assert site.rows() == rows

    def test_it_continues_after_the_database_was_loaded(self, site: Site) -> None:
        site.backup()
        (name,) = (path.name for path in (site.backups / "backups").glob("2*"))
        note = f"a restoration is not finished: {name}"
        site.sql(f"COMMENT ON SCHEMA public IS '{note}'")
        rows = site.rows()
        done = site.restore()
        assert done.returncode == 0, done.stderr
        assert "The database was loaded before the interruption." in done.stdout
        assert site.rows() == rows
        assert site.restore().returncode == 1  # finished: now the database is somebody's


@SCRIPTS
class TestTrouble:
    def test_it_says_that_the_disk_is_full(self, site: Site) -> None:
        def limit() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

        done = site.backup(preexec_fn=limit)
        assert done.returncode == 1
        assert f"No space is left for {site.backups}/files/" in done.stderr
        assert "Traceback" not in done.stderr
        assert not [path for path in site.backups.rglob("*.half") if path.is_file()]
        assert site.backup().returncode == 0

    def test_it_says_that_the_bucket_is_down(self, site: Site) -> None:
        down = {"S3_ENDPOINT_URL": "http://127.0.0.1:9"}
        done = site.backup(env=down)
        assert done.returncode == 1
        assert "The bucket cannot be read" in done.stderr
        assert "S3_ENDPOINT_URL" in done.stderr
        assert "Traceback" not in done.stderr
        site.backup()
        site.destroy()
        done = site.restore(env=down)
        assert done.returncode == 1
        assert "The bucket failed" in done.stderr
        assert site.rows() == {}

    def test_it_takes_no_connection_of_pgbouncer(self, site: Site) -> None:
        url = site.environment["DATABASE_URL"]
        pooled = {"DATABASE_URL": f"{url}{'&' if '?' in url else '?'}DISABLE_SERVER_SIDE_CURSORS=1"}
        refused = site.backup(env=pooled)
        assert refused.returncode == 1
        assert "DATABASE_URL is the address of PgBouncer" in refused.stderr
        site.backup()
        assert "DATABASE_URL is the address of PgBouncer" in site.restore(env=pooled).stderr


@SCRIPTS
class TestRetention:
    def age(self, site: Site, days: int) -> None:
        """Make the newest backup this many days old."""
        newest = max((site.backups / "backups").glob("2*"))
        made_at = datetime.now(UTC) - timedelta(days=days)
        newest.rename(newest.with_name(f"{made_at:%Y-%m-%dT%H%M%SZ}"))

    def names(self, site: Site) -> list[str]:
        return [path.name for path in sorted((site.backups / "backups").iterdir())]

    def test_it_removes_expired_backups_and_what_only_they_have(self, site: Site) -> None:
        site.backup()
        self.age(site, 15)
        site.sql(
            "DELETE FROM generation_upload WHERE id = (SELECT min(id::text)::uuid FROM generation_upload)"
        )
        site.backup()
        assert len(self.names(site)) == 1
        assert len(site.objects()) == 2
        self.age(site, 13)
        site.backup()
        assert len(self.names(site)) == 2
        assert site.backup("--verify").returncode == 0

    def test_it_keeps_the_newest_however_old(self, site: Site) -> None:
        site.backup()
        self.age(site, 100)
        done = site.backup("--fresh")
        assert done.returncode == 1
        assert "The newest backup is 100d old." in done.stderr
        failing = program(site, "pg_dump", "exit 1")
        assert site.backup(env=failing).returncode == 1
        assert len([name for name in self.names(site) if not name.startswith(".")]) == 1
        assert "3 files" in site.backup("--list").stdout


@SCRIPTS
class TestDatabaseOnly:
    """BACKUP_FILES=false, the default with compose."""

    def test_it_restores_the_database_and_leaves_the_bucket(self, site: Site) -> None:
        draw(site)
        rows, files = site.rows(), site.files()
        done = site.backup(env=DATABASE_ONLY)
        assert done.returncode == 0, done.stderr
        assert ": without files; database " in done.stdout
        assert site.objects() == []
        assert "database only" in site.backup("--list").stdout
        assert site.backup("--verify").returncode == 0
        assert site.sql(RECORDS) == [(True, False, "")]

        site.drop_database()
        site.create_database()
        done = site.restore()
        assert done.returncode == 0, done.stdout + done.stderr
        assert "The files in the bucket stay as they are, except exports" in done.stdout
        assert (site.rows(), site.files()) == (rows, files)
        assert site.sql(RECORDS) == [(True, False, "restored")]
        assert site.run(sys.executable, "manage.py", "verify_storage").returncode == 0

    def test_it_names_files_that_are_gone(self, site: Site) -> None:
        site.backup(env=DATABASE_ONLY)
        (key, *_) = sorted(site.files())
        site.bucket.Object(key).delete()
        site.drop_database()
        site.create_database()
        done = site.restore()
        assert done.returncode == 1
        assert f"missing: {key}" in done.stdout
        assert site.run(sys.executable, "manage.py", "verify_storage").returncode == 1


@SCRIPTS
class TestRecord:
    def test_it_records_why_a_backup_failed(self, site: Site) -> None:
        done = site.backup(env=program(site, "pg_dump", "echo no disk >&2; exit 1"))
        assert "pg_dump ended with 1: no disk" in done.stderr
        assert site.sql(RECORDS) == [(False, True, "pg_dump ended with 1: no disk")]
        site.backup()
        assert [is_complete for is_complete, *_ in site.sql(RECORDS)] == [True, False]


@SCRIPTS
class TestDaily:
    def test_it_makes_one_at_once_and_ends_when_it_is_stopped(self, site: Site) -> None:
        for words in ("3 files, 3 new", "the newest backup is fresh; the next one is at 03:30 UTC"):
            process = site.start("deploy/backup.sh", "daily")
            assert process.stdout
            assert words in process.stdout.readline()
            process.send_signal(signal.SIGTERM)
            process.communicate()
            assert process.returncode == 0

    def test_it_is_healthy_from_its_start_until_a_day_without_a_backup(self, site: Site) -> None:
        own = {"TMPDIR": str(site.folder)}
        assert site.backup("healthy", env=own).returncode == 1
        started = site.folder / "artgen-backup-started"
        started.touch()
        assert site.backup("healthy", env=own).returncode == 0
        before = (datetime.now(UTC) - timedelta(hours=27)).timestamp()
        os.utime(started, (before, before))
        assert site.backup("healthy", env=own).returncode == 1
        site.backup()
        assert site.backup("healthy", env=own).returncode == 0
