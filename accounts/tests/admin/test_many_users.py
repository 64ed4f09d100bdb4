"""The admin's lists of users and devices with very many of them: neither is counted nor read."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test import TestCase
from django.utils import timezone

from artgen.database.ids import first_id
from generation.testing.cases import make_user
from generation.testing.plans import Statements

COUNT = 20_000  # a user an hour, over two years; each on one device
MAX_READ = 500
TABLES = ("accounts_user", "usersessions_usersession", "django_session")
USERS = "/admin/accounts/user/"
DEVICES = "/admin/usersessions/usersession/"
ROWS = (
    """INSERT INTO accounts_user SELECT (jsonb_populate_record(one, jsonb_build_object(
        'id', many.id, 'email', many.number || '@many.example',
        'date_joined', now() - many.number * interval '1 hour'))).*
    FROM accounts_user one, unnest(%s::uuid[]) WITH ORDINALITY many(id, number)
    WHERE one.email = 'one@example.org'""",
    """INSERT INTO django_session
    SELECT 'many-' || email, '', now() + interval '1 day' FROM accounts_user""",
    """INSERT INTO usersessions_usersession
        (user_id, created_at, last_seen_at, ip, session_key, user_agent, data)
    SELECT id, date_joined, date_joined, '192.0.2.1',
        left(encode(sha256(('many-' || email)::bytea), 'hex'), 40), '', '{}'
    FROM accounts_user ORDER BY id""",
    f"ANALYZE {', '.join(TABLES)}",
    "SET CONSTRAINTS ALL IMMEDIATE",  # checks all rows now and not after each test
)


@pytest.mark.slow
class TestManyUsers(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.one = make_user("one@example.org")
        cls.staff = make_user("s@example.org", is_staff=True, is_superuser=True)
        now = timezone.now()
        ids = [
            UUID(int=first_id(now - timedelta(hours=number)).int + number)
            for number in range(1, COUNT + 1)
        ]
        with connection.cursor() as cursor:
            for statement in ROWS:
                cursor.execute(statement, [ids] if "%s" in statement else None)

    def setUp(self) -> None:
        self.client.force_login(self.staff)

    def test_it_reads_few_of_them_through_indexes(self) -> None:
        for address, found in (
            (USERS, "1@many.example"),
            (f"{USERS}?p=5", "230@many.example"),
            (f"{USERS}?q={self.one.pk}", "one@example.org"),
            (f"{USERS}?is_active__exact=1", "1@many.example"),
            (DEVICES, "1@many.example"),
            (f"{DEVICES}?p=5", "230@many.example"),
            (f"{DEVICES}?user__id__exact={self.one.pk}", "one@example.org"),
        ):
            with self.subTest(address), Statements(tables=TABLES, most=MAX_READ) as statements:
                self.assertContains(self.client.get(address), found)
            assert not statements.problems
