#!/bin/sh
# The production processes on this machine without containers, behind `make stack`. Usage: deploy/stack.sh PYTHON
# PostgreSQL, Redis, bucket and RunPod are those that the environment (or .env) names; nginx listens on PORT.
# It runs a copy of this code; deploy/upgrade.sh takes it to another version.
set -eu
cd "$(dirname "$0")/.."
fail() { echo "make stack: $*" >&2; exit 1; }
PYTHON=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
. deploy/installation.sh

[ -n "${DATABASE_URL:-}${DATABASE_URL_FILE:-}" ] || fail "DATABASE_URL is not set, such as postgres://USER:PASSWORD@HOST/NAME. (To try ArtGen without a server: make run)"
[ -n "${REDIS_URL:-}${REDIS_URL_FILE:-}" ] || fail "REDIS_URL is not set, such as redis://127.0.0.1:6379/0."
command -v nginx >/dev/null || fail "nginx is not installed (Debian: apt-get install nginx libnginx-mod-http-brotli-filter libnginx-mod-http-brotli-static)."
[ -n "${RUNPOD_API_KEY:-}${RUNPOD_API_KEY_FILE:-}" ] || echo "make stack: RUNPOD_API_KEY is not set; jobs will wait until it is." >&2
! supervised || fail "it runs already, from $DATA_DIR. A new version: deploy/upgrade.sh. Stop: $PYTHON -m supervisor.supervisorctl -s unix://$RUN_DIR/supervisor.sock shutdown"
if [ "${SECRET_KEY_FILE:-}" = "$DATA_DIR/secret_key" ] && [ ! -s "$SECRET_KEY_FILE" ]; then # one for all processes of this machine, kept
  (umask 077 && "$PYTHON" -c 'import secrets; print(secrets.token_urlsafe(50), end="")' >"$SECRET_KEY_FILE")
fi

mkdir -p "$DATA_DIR/releases"
# A killed supervisor may have left processes behind: they serve until their successors end them (start.sh).
[ ! -f "$RUN_DIR/release" ] || mv -f "$RUN_DIR/release" "$RUN_DIR/release.before"
prepare "$PYTHON" "$RUN_DIR/release"
cp "$RUN_DIR/release" "$RUN_DIR/release.next"
deploy/start.sh release
forget
echo "ArtGen starts at $PUBLIC_URL; state: $PYTHON -m supervisor.supervisorctl -s unix://$RUN_DIR/supervisor.sock status"
exec "$PYTHON" -m supervisor.supervisord -c deploy/supervisord.conf
