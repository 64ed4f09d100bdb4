#!/bin/sh
# Starts one of ArtGen's processes; containers and `make stack` both use it. Usage: deploy/start.sh WHAT [next]
#   static    collects and compresses the static files into STATIC_ROOT
#   publish   puts them beside those of the versions before, where nginx serves them (NGINX_STATIC)
#   release   once per version, before the others: checks, tables, catalog, bucket
#   web       gunicorn: pages, API, admin, webhooks        sockets   daphne: /ws/
#   worker    Celery: drives the jobs                      beat      the clock, a tick every 2 s; two of them do no harm
#   nginx     in front of web and sockets                  alive     exit 0 while the worker or beat of ALIVE_FILE lives
#   emulator  RunPod's stand-in, for the demo
# `web next` and `sockets next` stand in for the real ones during an upgrade (deploy/handover.sh, deploy/upgrade.sh).
# RUN_DIR holds Unix sockets and the like; all is read from the environment (deploy/env.example).
set -eu
# Without symbolic links: what runs goes on with the code that it was started with.
cd -P "$(dirname "$0")/.."
PYTHON=${PYTHON:-python}
export RUN_DIR="${RUN_DIR:-${DATA_DIR:-.data}/run}" DJANGO_SETTINGS_MODULE=artgen.settings PYTHONUNBUFFERED=1
mkdir -p "$RUN_DIR"
# So PostgreSQL's pg_stat_activity tells whose each connection is.
export PGAPPNAME="artgen-${1:-}"
turn=${2:-main}
# glibc gives threads up to eight arenas for each core, and hands back little of what each has once taken.
export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"

# Under supervisor: what a killed predecessor left running, or a killed supervisor, still holds its port, its sockets and
# its connections. A process id that was given to somebody else since then is told by when that one began.
began() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20; }
if [ -n "${SUPERVISOR_ENABLED:-}" ]; then
  pidfile="$RUN_DIR/$1${2:+-$2}.group"
  if [ -s "$pidfile" ] && read -r group since <"$pidfile" && [ "$group" != $$ ] && kill -0 "-$group" 2>/dev/null \
    && { ! kill -0 "$group" 2>/dev/null || [ "$(began "$group")" = "$since" ]; }; then
    kill -TERM "-$group" 2>/dev/null || true
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
      kill -0 "-$group" 2>/dev/null || break
      sleep 0.2
    done
    kill -KILL "-$group" 2>/dev/null || true
  fi
  echo $$ "$(began $$)" >"$pidfile"
fi

case ${1:-} in
static)
  mkdir -p "$STATIC_ROOT"
  exec "$PYTHON" manage.py collectstatic --noinput --verbosity 0 --ignore redoc --ignore rest_framework \
    --ignore 'swagger-ui-standalone-preset*'
  ;;
publish)
  "$PYTHON" deploy/publish.py "$STATIC_ROOT" "$NGINX_STATIC"
  # nginx's container takes its templates from there, too: so it need not be replaced when they change.
  if [ -n "${NGINX_TEMPLATES:-}" ]; then exec "$PYTHON" deploy/publish.py nginx "$NGINX_TEMPLATES"; fi
  ;;
release)
  # A migration that waits for a lock lets nobody else pass: then rather this one fails. (0: PgBouncer, see env.example)
  [ "${DB_STATEMENT_TIMEOUT:-30}" = 0 ] || export PGOPTIONS="${PGOPTIONS:--c lock_timeout=10s}"
  "$PYTHON" manage.py release
  if [ -n "${NGINX_STATIC:-}" ]; then exec deploy/start.sh publish; fi
  ;;
web)
  "$PYTHON" -m artgen.connection_budget  # above the limit of database connections it ends here and says the sum
  export DB_POOL=1
  [ "$turn" = main ] || export DB_POOL_MAX=$(((${DB_POOL_MAX:-4} + 1) / 2))
  if [ -z "${GUNICORN_BIND:-}" ]; then
    export GUNICORN_BIND="unix:$RUN_DIR/web-$turn.sock${WEB_PORT:+,${WEB_HOST:-127.0.0.1}:$WEB_PORT}"
    rm -f "$RUN_DIR/web-$turn.draining"
    deploy/handover.sh begin web "$turn"
  fi
  exec "$PYTHON" -m gunicorn --config deploy/gunicorn.conf.py
  ;;
sockets)
  "$PYTHON" -m artgen.connection_budget  # above the limit of database connections it ends here and says the sum
  export DB_POOL=1 DB_POOL_MAX="${SOCKETS_DB_POOL_MAX:-8}"
  [ "$turn" = main ] || export DB_POOL_MAX=$(((DB_POOL_MAX + 1) / 2))
  socket="$RUN_DIR/sockets-$turn.sock"
  # What a killed daphne left behind; a lock whose process id was given away again would keep it from starting.
  rm -f "$socket" "$socket.lock"
  deploy/handover.sh begin sockets "$turn"
  # Everybody comes back at once after a restart: what does not fit into this queue, nginx answers with 503.
  set -- --endpoint "unix:$socket:backlog=4096"
  if [ -n "${SOCKETS_PORT:-}" ]; then set -- "$@" --bind "${SOCKETS_HOST:-127.0.0.1}" --port "$SOCKETS_PORT"; fi
  exec "$PYTHON" -m artgen.daphne "$@" --no-server-name --verbosity 0 \
    --ping-interval "${SOCKETS_PING_INTERVAL:-20}" --ping-timeout "${SOCKETS_PING_TIMEOUT:-30}" \
    --websocket_connect_timeout 60 --websocket-max-message-size 65536 artgen.asgi:application
  ;;
worker)
  export ALIVE_FILE="${ALIVE_FILE:-$RUN_DIR/worker.alive}"
  rm -f "$ALIVE_FILE"
  export CELERY_SKIP_CHECKS=1 # `release` has checked
  "$PYTHON" -m artgen.connection_budget  # above the limit of database connections it ends here and says the sum
  export DB_POOL=1 DB_POOL_MAX="${WORKER_DB_POOL_MAX:-4}"
  exec "$PYTHON" -m artgen.worker
  ;;
beat)
  export ALIVE_FILE="${ALIVE_FILE:-$RUN_DIR/beat.alive}"
  rm -f "$ALIVE_FILE"
  exec "$PYTHON" -m artgen.beat
  ;;
alive)
  test -n "$(find "$ALIVE_FILE" -newermt '-30 seconds' 2>/dev/null)"
  ;;
nginx)
  "${NGINX_TEMPLATES:-nginx}/render.sh" "$RUN_DIR/nginx"
  exec nginx -p "$RUN_DIR/nginx" -c "$RUN_DIR/nginx/nginx.conf" -e stderr -g "daemon off;"
  ;;
emulator)
  # Inside a container the address under which a browser finds ArtGen leads nowhere; RunPod's webhooks go there, too.
  if [ -n "${FORWARD_TO:-}" ]; then "$PYTHON" deploy/forward.py "$PUBLIC_URL" "$FORWARD_TO" & fi
  exec "$PYTHON" manage.py runpod_emulator --host "${EMULATOR_HOST:-127.0.0.1}" --port "${EMULATOR_PORT:-8010}" \
    --public-url "${EMULATOR_URL:-}" --painter "${EMULATOR_PAINTER:-full}" --seconds "${EMULATOR_SECONDS:-4}"
  ;;
*)
  sed -n '2,11s/^# //p' "$0" >&2
  exit 2
  ;;
esac
