"""System checks: what would only hurt later is refused at the start, with what to do."""

import os
from unittest import mock

from artgen import checks


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
