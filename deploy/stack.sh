#!/bin/sh
# The production processes on this machine without containers, behind `make stack`. Usage: deploy/stack.sh PYTHON
# PostgreSQL, Redis, bucket and RunPod are those that the environment (or .env) names; nginx listens on PORT.
set -eu
cd "$(dirname "$0")/.."
fail() { echo "make stack: $*" >&2; exit 1; }

if [ -f .env ]; then # what the environment says already wins
  while IFS= read -r line || [ -n "$line" ]; do
    name=${line%%=*}
    case $name in '' | '#'* | *[!A-Z0-9_]*) continue ;; esac
    value=${line#*=}
    case $value in \"*\") value=${value#\"}; value=${value%\"} ;; \'*\') value=${value#\'}; value=${value%\'} ;; esac
    eval "[ -n \"\${$name+set}\" ]" || export "$name=$value"
  done <.env
fi
PORT=${PORT:-8000}
DATA_DIR=${DATA_DIR:-.data}
mkdir -p "$DATA_DIR"
DATA_DIR=$(cd "$DATA_DIR" && pwd)
RUN_DIR=${RUN_DIR:-$DATA_DIR/run}
# The path of a Unix socket has at most 107 characters.
[ ${#RUN_DIR} -lt 90 ] || RUN_DIR=$(mktemp -d)
mkdir -p "$RUN_DIR"
export PORT DATA_DIR RUN_DIR PUBLIC_URL="${PUBLIC_URL:-http://127.0.0.1:$PORT}"

[ -n "${DATABASE_URL:-}${DATABASE_URL_FILE:-}" ] || fail "DATABASE_URL is not set, such as postgres://USER:PASSWORD@HOST/NAME. (To try ArtGen without a server: make run)"
[ -n "${REDIS_URL:-}${REDIS_URL_FILE:-}" ] || fail "REDIS_URL is not set, such as redis://127.0.0.1:6379/0."
command -v nginx >/dev/null || fail "nginx is not installed (Debian: apt-get install nginx libnginx-mod-http-brotli-filter libnginx-mod-http-brotli-static)."
[ -n "${RUNPOD_API_KEY:-}${RUNPOD_API_KEY_FILE:-}" ] || echo "make stack: RUNPOD_API_KEY is not set; jobs will wait until it is." >&2
if [ -z "${SECRET_KEY:-}${SECRET_KEY_FILE:-}" ]; then # one for all processes of this machine, kept
  export SECRET_KEY_FILE="$DATA_DIR/secret_key"
  [ -s "$SECRET_KEY_FILE" ] || (umask 077 && "$1" -c 'import secrets; print(secrets.token_urlsafe(50), end="")' >"$SECRET_KEY_FILE")
fi

PYTHON=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
export PYTHON STATIC_ROOT="${STATIC_ROOT:-$DATA_DIR/static}" NGINX_PORT="$PORT"
mkdir -p "$STATIC_ROOT"
STATIC_ROOT=$(cd "$STATIC_ROOT" && pwd)
deploy/start.sh static
deploy/start.sh release
echo "ArtGen starts at $PUBLIC_URL; state: $(dirname "$PYTHON")/supervisorctl -s unix://$RUN_DIR/supervisor.sock status"
exec "$PYTHON" -m supervisor.supervisord -c deploy/supervisord.conf
