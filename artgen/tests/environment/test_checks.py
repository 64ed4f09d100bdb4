"""System checks: what would only hurt later is refused at the start, with what to do."""

import os
from unittest import mock

from artgen import checks
from artgen.environment import setting_checks


class TestConnections:
    def test_it_is_silent_where_all_is_well(self):
        with mock.patch.dict(os.environ, GUNICORN_WORKERS="8"):
            assert checks.connections(None) == []

    def test_it_names_the_variable_that_is_no_number(self):
        with mock.patch.dict(os.environ, SOCKETS_DB_POOL_MAX="many"):
            (error,) = checks.connections(None)
        assert (error.id, error.msg) == (
            "artgen.E001",
            "SOCKETS_DB_POOL_MAX must be a whole number above 0, not 'many'",
        )


class TestLimits:
    def test_it_is_silent_with_the_defaults(self):
        assert setting_checks.limits(None) == []

    def test_it_refuses_what_would_only_hurt_later(self, settings):
        settings.MAX_WAITING_PER_USER = 0
        settings.URL_EXPIRY_SECONDS = 10**6
        settings.MFA_REQUIRED = "all"
        assert [error.msg for error in setting_checks.limits(None)] == [
            "MAX_WAITING_PER_USER is 0: it must be from 1 to 1000000.",
            "URL_EXPIRY_SECONDS is 1000000: it must be from 1 to 604800.",
            "MFA_REQUIRED is 'all': it must be one of nobody, staff, everybody.",
        ]
