"""Very many finished jobs with their images within seconds: rows as the product writes them, without files."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.models import User
from generation.models import Collection, Tag

COMMON, COMMON_RUSSIAN, RARE, OLD = "mountain", "горы", "axolotl", "daguerreotype"

# Words that fill a prompt up to the length that people write; each prompt takes a run of them.
FILLER = """
soft morning light over a quiet valley with a river and old wooden bridges painted in oil on canvas wide shot fine
detail тихое утро над рекой старый деревянный мост туман над полем тонкие берёзы и далёкий город у моря акварель
cinematic portrait of a traveler in a red coat under an umbrella rain on the windows neon signs reflected in puddles
тёплый свет в окнах крыши в снегу фонари на пустой улице зимний вечер кот на подоконнике чашка чая и открытая книга
isometric drawing of a tiny island with a lighthouse waves around it pastel palette paper cut layered shadow studio
""".split()  # noqa: SIM905

USERS = """
INSERT INTO accounts_user SELECT copied.* FROM accounts_user AS one, generate_series(1, %(count)s) AS n
CROSS JOIN LATERAL jsonb_populate_record(one, jsonb_build_object(
    'id', gen_random_uuid(), 'email', n || '@many.example')) AS copied
WHERE one.email = %(email)s RETURNING id
"""
JOBS = """
INSERT INTO generation_job (id, user_id, model_id, prompt, negative_prompt, width, height, steps, guidance, seed, style,
    source_images, draft, strength, snapshot, credits, status, version, attempt, refusals, runpod_id, stop_pending, error_code,
    error_detail, expected_usd, cost, delay_ms, execution_ms, created_at, submitted_at, started_at, finished_at)
SELECT
    (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 3) || '8'
        || substr(md5(n::text), 4, 15))::uuid,
    (%(users)s::uuid[])[n %% cardinality(%(users)s::uuid[]) + 1], (%(models)s::bigint[])[CASE WHEN n %% 1000 = 7 THEN 2 WHEN n %% 3 = 0 THEN 3 ELSE 1 END],
    array_to_string(ARRAY[
        CASE WHEN n %% 2 = 0 THEN %(common)s END,
        CASE WHEN n %% 2 = 1 THEN %(common_russian)s END,
        CASE WHEN n %% 10000 = 11 THEN %(rare)s END,
        CASE WHEN n < %(count)s / 5 THEN %(old)s END,
        array_to_string((%(filler)s::text[])[n * 7 %% 70 + 1 : n * 7 %% 70 + 12 + n * 13 %% 30], ' '),
        (%(filler)s::text[])[n * 31 %% 90 + 1], 'n' || n
    ], ' '), '', size.width, size.height, 28, 3.5, n, CASE WHEN n %% 5 = 0 THEN 'watercolor' ELSE '' END,
    CASE WHEN n %% 200 = 0 THEN jsonb_build_array(%(source)s::text)
        WHEN n %% 8 = 0 THEN jsonb_build_array(md5(n::text)::uuid::text) ELSE '[]' END,
    CASE WHEN n %% 200 = 1 THEN %(source)s ELSE '' END, NULL, '{}', 3, 'succeeded', 5, 1, 0, 'rp-' || (%(users)s::uuid[])[1] || '-' || n, false, '', '', 0.003, 0.003,
    200, 1500, at, at, at + interval '1 second', at + interval '3 seconds'
FROM generate_series(0, %(count)s - 1) AS n
CROSS JOIN LATERAL (SELECT %(until)s::timestamptz - %(span)s::interval * (%(count)s - n) / %(count)s AS at) AS times
CROSS JOIN LATERAL (SELECT CASE WHEN n %% 4 = 0 THEN 1344 WHEN n %% 50 = 1 THEN 768 ELSE 1024 END AS width,
    CASE WHEN n %% 4 = 0 THEN 768 WHEN n %% 50 = 1 THEN 1344 ELSE 1024 END AS height) AS size
"""
IMAGES = """
INSERT INTO generation_image (id, user_id, job_id, position, key, thumbnail_key, placeholder, width, height, bytes,
    content_type, sha256, seed, model_id, style, sourced, favorite, visibility, trashed_at, created_at, words)
SELECT overlay(id::text placing 'f' FROM 36 FOR 1)::uuid, user_id, id, 0, 'images/' || user_id || '/' || id || '/0.png',
    'thumbnails/' || user_id || '/' || id || '/0.webp', 'data:image/webp;base64,UklGRlAAAABXRUJQVlA4IEQAAADQAQCdASoQAAwAA4BaJQBOgBxLhyo5qAD9IgdBNBgyXL+QctXexYzK3P3TGDXDru1AXxavdJPYp/ub+CVqhP8CRXSIAA==', width, height, 1400000,
    'image/png', md5(id::text) || md5(id::text), seed, model_id, style, source_images <> '[]', seed %% 20 = 3,
    'private', CASE WHEN seed %% 50 = 9 THEN %(until)s::timestamptz - interval '1 minute' * (seed %% 40000) END,
    created_at, artgen_words_of(user_id, prompt)
FROM generation_job WHERE user_id = ANY(%(users)s::uuid[]) AND finished_at IS NOT NULL ORDER BY id
"""
EVENTS = """
INSERT INTO generation_jobevent (job_id, at, name, status, attempt, detail)
SELECT id, created_at, name, status, 1, '' FROM (SELECT id, created_at FROM generation_job
    WHERE user_id = ANY(%(users)s::uuid[]) AND finished_at >= %(since)s ORDER BY id) AS job
CROSS JOIN (VALUES ('placed', 'queued'), ('submitting', 'submitted'), ('submitted', 'submitted'),
    ('running', 'running'), ('storing', 'storing'), ('succeeded', 'succeeded')) AS line (name, status)
"""
ENTRIES = """
INSERT INTO accounts_creditentry (id, user_id, kind, amount, balance_after, reference, reason, created_at)
SELECT overlay(job.id::text placing line.digit FROM 36 FOR 1)::uuid, user_id, kind, amount, 10, job.id, '', created_at
FROM (SELECT id, user_id, created_at FROM generation_job
    WHERE user_id = ANY(%(users)s::uuid[]) ORDER BY id) AS job
CROSS JOIN (VALUES ('a', 'hold', -3), ('b', 'settle', 0)) AS line (digit, kind, amount)
"""
MEMBERS = """
INSERT INTO generation_collectionimage (collection_id, image_id, added_at)
SELECT %(collection)s, id, created_at FROM generation_image
WHERE user_id = %(user)s AND seed %% %(every)s = %(rest)s ORDER BY id
"""

TAG_MEMBERS = """
INSERT INTO generation_imagetag (tag_id, image_id)
SELECT %(tag)s, id FROM generation_image WHERE user_id = %(user)s AND seed %% %(every)s = 0 ORDER BY id
"""
TAGGED = """
UPDATE generation_image SET tags = concat_ws(E'\n', nullif(tags, ''), %(name)s::text)
WHERE user_id = %(user)s AND seed %% %(every)s = 0
"""


def tag(*, user: User, name: str, every: int) -> None:
    """Give every so manieth of the user's pictures this tag."""
    made = Tag.objects.create(user=user, name=name, folded_name=name)
    values = {"tag": made.pk, "name": name, "user": user.pk, "every": every}
    with connection.cursor() as cursor:
        cursor.execute(TAG_MEMBERS, values)
        cursor.execute(TAGGED, values)


def hang(*, user: User, **options: Any) -> None:
    """Give the user images, as `finish` does."""
    with connection.cursor() as cursor:
        finish(cursor, users=[user.id], **options)


def finish(
    cursor: Any,
    *,
    users: Sequence[UUID],
    models: Sequence[int],
    count: int,
    until: datetime,
    span: timedelta = timedelta(days=730),
    source: str = "",
) -> None:
    """Insert `count` finished jobs, of each of the users in turn, made in the `span` before `until`.

    Each has an image; every 50th is in the trash, every 20th a favorite.

    Args:
        cursor: of Django or of psycopg.
        models: three ids: of most jobs, of every thousandth, of every third.
    """
    values = {
        "users": list(users),
        "models": list(models),
        "count": count,
        "until": until,
        "span": span,
        "source": source,
        "filler": FILLER,
        "common": COMMON,
        "common_russian": COMMON_RUSSIAN,
        "rare": RARE,
        "old": OLD,
    }
    # The servers of the tests do not wait for commits to be written, and until then VACUUM
    # leaves such pages out.
    cursor.execute("SET synchronous_commit = on")
    cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'image_words'")
    (index_of_words,) = cursor.fetchone()
    cursor.execute("DROP INDEX image_words")  # made of all words at once it costs a tenth
    with unchecked(cursor):
        cursor.execute(JOBS, values)
        cursor.execute(IMAGES, values)
    cursor.execute(index_of_words)


def write_history(
    cursor: Any, *, users: Sequence[UUID], events_since: datetime = datetime.min
) -> None:
    """Insert the ledger entries of these users' jobs, and the events of those finished since."""
    with unchecked(cursor):
        for statement in (EVENTS, ENTRIES):
            cursor.execute(statement, {"users": list(users), "since": events_since})


@contextmanager
def unchecked(cursor: Any) -> Iterator[None]:
    """Insert rows without triggers and checks of foreign keys, in a third of the time."""
    cursor.execute("SET session_replication_role = replica")
    try:
        yield
    finally:
        cursor.execute("SET session_replication_role = origin")


def copy_user(cursor: Any, *, email: str, count: int) -> list[UUID]:
    """Insert `count` copies of this user and return their ids."""
    cursor.execute(USERS, {"email": email, "count": count})
    return [user_id for (user_id,) in cursor.fetchall()]


def pile(collection: Collection, *, every: int, rest: int) -> None:
    """Put every so manieth of the user's pictures into the collection."""
    values = {"collection": collection.id, "user": collection.user_id, "every": every, "rest": rest}
    with connection.cursor() as cursor:
        cursor.execute(MEMBERS, values)


def settle() -> None:
    """Do what autovacuum does in production.

    Learn what the tables hold, and note which pages everybody may see.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "VACUUM (ANALYZE) generation_job, generation_image, generation_collection, "
            "generation_collectionimage, generation_tag, generation_imagetag"
        )
