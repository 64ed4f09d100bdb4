"""A bare WSGI application: each request is one SQL statement, without framework, checks or errors.

The statements return every column of the lists by `row_to_json` and find the user by the digest of
the token.
"""

import hashlib
import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

import psycopg

TABLES = """
CREATE TABLE IF NOT EXISTS bench_user (
    id uuid PRIMARY KEY, credits int NOT NULL, held int NOT NULL);
CREATE TABLE IF NOT EXISTS bench_job (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), user_id uuid NOT NULL, prompt text NOT NULL,
    status text NOT NULL DEFAULT 'queued', created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS bench_entry (
    id bigserial PRIMARY KEY, user_id uuid NOT NULL, amount int NOT NULL,
    reference uuid NOT NULL UNIQUE);
INSERT INTO bench_user SELECT id, 1000000000, 0 FROM accounts_user ON CONFLICT DO NOTHING;
"""
USER = "(SELECT user_id FROM accounts_apitoken WHERE digest = %(digest)s AND revoked_at IS NULL)"
PLACE = f"""
WITH paid AS (UPDATE bench_user SET credits = credits - 1, held = held + 1
    WHERE id = {USER} AND credits > 0 RETURNING id),
placed AS (INSERT INTO bench_job (user_id, prompt) SELECT id, %(body)s FROM paid RETURNING *),
noted AS (INSERT INTO bench_entry (user_id, amount, reference) SELECT user_id, -1, id FROM placed)
SELECT row_to_json(placed)::text FROM placed
"""
JOBS = f"""
SELECT json_agg(results)::text FROM (SELECT job.*, (SELECT json_agg(image)
    FROM generation_image image WHERE image.job_id = job.id) AS images
FROM generation_job job WHERE user_id = {USER} ORDER BY id DESC LIMIT 20) results
"""
IMAGES = f"""
SELECT json_agg(results)::text FROM (SELECT * FROM generation_image
    WHERE user_id = {USER} AND trashed_at IS NULL ORDER BY id DESC LIMIT %(limit)s) results
"""
STATEMENTS = {
    "/post": (PLACE, 0),
    "/jobs": (JOBS, 20),
    "/images": (IMAGES, 20),
    "/tiles": (IMAGES, 60),
}
_own = threading.local()  # a connection for each thread


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer with what the statement of this path returns."""
    if not hasattr(_own, "database"):
        _own.database = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
    statement, limit = STATEMENTS[environ["PATH_INFO"]]
    token = environ["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
    values = {
        "digest": hashlib.sha256(token.encode()).hexdigest(),
        "body": environ["wsgi.input"].read().decode(),
        "limit": limit,
    }
    row = _own.database.execute(statement, values).fetchone()
    body = (row[0] or "[]").encode() if row else b"null"
    start_response(
        "200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    )
    return [body]
