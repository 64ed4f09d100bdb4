"""A database of an older site, from which each site of the benchmark is copied."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import django
import psycopg
from django.conf import settings

NAME = "bench_history"
PEOPLE = 1000
EMAIL = "history@example.org"
COMMANDS = (("migrate", "-v0"), ("load_catalog",), ("create_user", EMAIL))
MODELS = ("flux-schnell", "qwen-image", "flux-dev")


def database(jobs: int) -> str:
    """Return the name of a database with this number of finished jobs over two years, made once.

    Each job has an image and two ledger entries, those of the last 90 days six events; they are of
    1,000 people.
    """
    url = os.environ["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as server:
        if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone():
            return NAME
        server.execute(f"CREATE DATABASE {NAME}")
    django.setup()
    from generation.testing.rows import many_images

    own = urlsplit(url)._replace(path=f"/{NAME}").geturl()
    for command in COMMANDS:
        subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=settings.BASE_DIR,
            env=os.environ | {"DATABASE_URL": own, "RUNPOD_API_KEY": "test"},
            stdout=subprocess.DEVNULL,
            check=True,
        )
    with psycopg.connect(own, autocommit=True) as connection, connection.cursor() as cursor:
        users = many_images.copy_user(cursor, email=EMAIL, count=PEOPLE)
        statement = "SELECT id FROM generation_imagemodel WHERE slug = %s"
        models = [cursor.execute(statement, [slug]).fetchone()[0] for slug in MODELS]
        until = datetime.now(UTC) - timedelta(hours=1)
        many_images.finish(cursor, users=users, models=models, count=jobs, until=until)
        kept_since = until - timedelta(days=settings.JOB_RETENTION_DAYS)  # by the hourly cleanup
        many_images.write_history(cursor, users=users, events_since=kept_since)
        cursor.execute("VACUUM (ANALYZE)")
    return NAME
