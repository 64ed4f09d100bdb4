#!/bin/sh
# Starts one of ArtGen's processes; containers and `make stack` both use it. Usage: deploy/start.sh WHAT
#   static    collects and compresses the static files into STATIC_ROOT
#   release   once per version, before the others: checks, tables, catalog, bucket
#   web       gunicorn: pages, API, admin, webhooks        sockets   daphne: /ws/
#   worker    Celery: drives the jobs                      beat      the clock, a tick every 2 s; two of them do no harm
#   nginx     in front of web and sockets                  alive     exit 0 while the worker or beat of ALIVE_FILE lives
#   emulator  RunPod's stand-in, for the demo
# RUN_DIR holds Unix sockets and the like; all is read from the environment (deploy/env.example).
set -eu
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-python}
export RUN_DIR="${RUN_DIR:-${DATA_DIR:-.data}/run}" DJANGO_SETTINGS_MODULE=artgen.settings PYTHONUNBUFFERED=1
mkdir -p "$RUN_DIR"
# So PostgreSQL's pg_stat_activity tells whose each connection is.
export PGAPPNAME="artgen-${1:-}"

# Under supervisor: what a killed predecessor left running still holds its port, its sockets and its connections.
if [ -n "${SUPERVISOR_ENABLED:-}" ]; then
  pidfile="$RUN_DIR/${1:-}.group"
  if [ -s "$pidfile" ] && read -r group <"$pidfile" && ! kill -0 "$group" 2>/dev/null && kill -TERM "-$group" 2>/dev/null; then
    for _ in 1 2 3 4 5 6 7 8 9 10; do
      kill -0 "-$group" 2>/dev/null || break
      sleep 0.2
    done
    kill -KILL "-$group" 2>/dev/null || true
  fi
  echo $$ >"$pidfile"
fi

case ${1:-} in
static)
  # Only when something is newer than the last time: compressing takes a while.
  made="$STATIC_ROOT/staticfiles.json"
  if [ -s "$made" ] && [ -z "$(find requirements.txt artgen accounts generation -newer "$made" -type f \
    \( -path '*/static/*' -o -name requirements.txt \) | head -n 1)" ]; then exit 0; fi
  mkdir -p "$STATIC_ROOT"
  exec "$PYTHON" manage.py collectstatic --noinput --verbosity 0 --ignore redoc --ignore rest_framework
  ;;
release)
  exec "$PYTHON" manage.py release
  ;;
web)
  "$PYTHON" -m artgen.capacity  # above the limit of database connections it ends here and says the sum
  export DB_POOL=1 GUNICORN_BIND="${GUNICORN_BIND:-unix:$RUN_DIR/web.sock}"
  exec "$PYTHON" -m gunicorn --config deploy/gunicorn.conf.py
  ;;
sockets)
  "$PYTHON" -m artgen.capacity  # above the limit of database connections it ends here and says the sum
  export DB_POOL=1 DB_POOL_MAX="${SOCKETS_DB_POOL_MAX:-8}"
  # What a killed daphne left behind; a lock whose process id was given away again would keep it from starting.
  rm -f "$RUN_DIR/sockets.sock" "$RUN_DIR/sockets.sock.lock"
  set -- --unix-socket "$RUN_DIR/sockets.sock"
  if [ -n "${SOCKETS_PORT:-}" ]; then set -- "$@" --bind "${SOCKETS_HOST:-127.0.0.1}" --port "$SOCKETS_PORT"; fi
  exec "$PYTHON" -m daphne "$@" --no-server-name --verbosity 0 --access-log /dev/null \
    --ping-interval "${SOCKETS_PING_INTERVAL:-20}" --ping-timeout "${SOCKETS_PING_TIMEOUT:-30}" \
    --websocket-max-message-size 65536 artgen.asgi:application
  ;;
worker)
  export ALIVE_FILE="${ALIVE_FILE:-$RUN_DIR/worker.alive}"
  exec "$PYTHON" -m celery --app artgen worker --pool prefork --concurrency "${CELERY_CONCURRENCY:-12}" \
    --without-gossip --without-mingle --hostname "${WORKER_NAME:-worker@%h}" --loglevel "${LOG_LEVEL:-INFO}"
  ;;
beat)
  export ALIVE_FILE="${ALIVE_FILE:-$RUN_DIR/beat.alive}"
  exec "$PYTHON" -m celery --app artgen beat --scheduler celery.beat:Scheduler --pidfile= --loglevel "${LOG_LEVEL:-INFO}"
  ;;
alive)
  test -n "$(find "$ALIVE_FILE" -newermt '-30 seconds' 2>/dev/null)"
  ;;
nginx)
  nginx/render.sh "$RUN_DIR/nginx"
  exec nginx -p "$RUN_DIR/nginx" -c "$RUN_DIR/nginx/nginx.conf" -e stderr -g "daemon off;"
  ;;
emulator)
  # Inside a container the address under which a browser finds ArtGen leads nowhere; RunPod's webhooks go there, too.
  if [ -n "${FORWARD_TO:-}" ]; then "$PYTHON" deploy/forward.py "$PUBLIC_URL" "$FORWARD_TO" & fi
  exec "$PYTHON" manage.py runpod_emulator --host "${EMULATOR_HOST:-127.0.0.1}" --port "${EMULATOR_PORT:-8010}" \
    --public-url "${EMULATOR_URL:-}" --painter "${EMULATOR_PAINTER:-full}" --seconds "${EMULATOR_SECONDS:-4}"
  ;;
*)
  sed -n '2,9s/^# //p' "$0" >&2
  exit 2
  ;;
esac
