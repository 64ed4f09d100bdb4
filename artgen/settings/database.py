"""PostgreSQL, with a pool where processes serve many threads."""

from urllib.parse import quote

from artgen.environment.env import env
from artgen.settings.site import DATA_DIR

DATABASE_URL = env.server(
    "DATABASE_URL",
    ("postgres", "postgresql", "psql", "pgsql"),
    example="postgres://USER:PASSWORD@HOST:5432/NAME",
    # That of `make run`, by its Unix socket.
    default=f"postgres://postgres@/postgres?host={quote(str(DATA_DIR))}/postgres&port=5432",
)
DATABASES = {"default": env.db_url_config(DATABASE_URL)}
DB_POOL_MAX = env.int("DB_POOL_MAX", default=4)
# Options of DATABASE_URL, such as sslmode, are kept.
_options = DATABASES["default"].setdefault("OPTIONS", {})
# A peer that is gone without a word is noticed within 25 s, in the middle of a reply within 15.
for _name, _value in {
    "connect_timeout": 2,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}.items():
    _options.setdefault(_name, _value)
if DATABASES["default"].get("DISABLE_SERVER_SIDE_CURSORS"):  # PgBouncer: deploy/docs/scaling.md
    # It would set another name for each process that a connection serves in turn.
    _options["application_name"] = "artgen-pgbouncer"
# With prepared statements PostgreSQL plans a statement once per connection.
if env.bool("DB_PREPARED_STATEMENTS", default=True):
    _options |= {"server_side_binding": True, "prepare_threshold": 3}
    # The planner has no statistics of small tables: it would compile 170 functions, 0.4 s, for
    # a statement of 1 ms. PgBouncer refuses the option.
    _options["options"] = f"{_options.get('options', '')} -c jit=off"
# Otherwise each connection cut by a restart of PostgreSQL fails one request.
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
if env.bool("DB_POOL", default=False):
    DATABASES["default"]["ENGINE"] = "artgen.database.postgresql"
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = False  # the backend has its own
    from artgen.database.postgresql.connection import PostgresConnection

    _options["pool"] = {
        "connection_class": PostgresConnection,
        "min_size": 1,
        "max_size": DB_POOL_MAX,
        "timeout": 1,  # then the backend looks whether the server is there
        "max_lifetime": 1800,
        "reconnect_timeout": 10**9,
    }
    # Only for requests and jobs: migrations and the clean-up may take longer.
    if _seconds := env.int("DB_STATEMENT_TIMEOUT", default=30):
        _options["options"] = f"{_options.get('options', '')} -c statement_timeout={_seconds}s"
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 600
