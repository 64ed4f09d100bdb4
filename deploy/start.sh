#!/bin/sh
# Start one of ArtGen's processes; containers and `make stack` both use it.
# Usage: deploy/start.sh WHAT [next|further]
#   static    collect and compress the static files into STATIC_ROOT
#   publish   copy them to NGINX_STATIC, beside those of earlier versions, where nginx serves them
#   release   once per version, before the other processes: checks, tables, catalog, bucket
#   web       gunicorn: pages, API, admin, webhooks
#   sockets   daphne: /ws/, /api/v1/events
#   drive store slow     a Celery worker for this lane; several with commas share its threads. That of
#             slow has Celery's schedule beside it: a tick every 2 s
#   nginx     in front of web and sockets
#   alive     exit 0 while the worker of ALIVE_FILE is alive; ends one that is long silent
#   doctor    check everything, also before anything runs: `manage.py doctor` with its options
#   emulator  the RunPod emulator of the demo
# `web next` and `sockets next` serve during an upgrade (deploy/upgrade.sh, deploy/handover.sh),
# `web further` beside the first one (deploy/further.sh), as does any but the first of `sockets`.
# RUN_DIR holds the Unix sockets; everything is read from the environment (deploy/env.example).
set -eu
# -P resolves symbolic links: a process keeps the code that it was started with.
cd -P "$(dirname "$0")/.."
PYTHON=${PYTHON:-python}
export RUN_DIR="${RUN_DIR:-${DATA_DIR:-.data}/run}"
export DJANGO_SETTINGS_MODULE=artgen.settings PYTHONUNBUFFERED=1
mkdir -p "$RUN_DIR"
# PostgreSQL shows this name for each connection in pg_stat_activity.
export PGAPPNAME="artgen-${1:-}"
turn=${2:-main}
take_number() { # WHAT: the first that no other container has; the lock is held until all of it ends
  turn=0
  while turn=$((turn + 1)); do
    exec 8>"$RUN_DIR/$1.$turn.lock"
    if flock -n 8; then break; fi
    [ "$turn" -lt 99 ] || exit 1
  done
}
keep_turn() { # WHAT: for deploy/handover.sh
  mkdir -p "${DATA_DIR:-.data}"
  echo "$turn" >"${DATA_DIR:-.data}/$1.turn"
}
log_lines() { # LEVEL: the lines that a script of nginx prints, as JSON if LOG_FORMAT is json
  if [ "${LOG_FORMAT:-}" = json ]; then
    sed --unbuffered -e 's/[\\"]/\\&/g' -e "s/.*/{\"level\":\"$1\",\"logger\":\"nginx\",\"message\":\"&\"}/"
  else
    cat
  fi
}
# By default glibc has up to eight arenas per core for threads and rarely returns their memory.
export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"

# Where bodies are stored meanwhile: /tmp may be in memory. A killed process leaves files with names.
store_bodies() {
  export TMPDIR="${TMPDIR:-/var/tmp}"
  find "$TMPDIR" -maxdepth 1 -uid "$(id -u)" -name 'tmp*.upload*' -mmin +60 -delete || true
}

case ${1:-} in
static)
  mkdir -p "$STATIC_ROOT"
  exec "$PYTHON" manage.py collectstatic --noinput --verbosity 0 \
    --ignore redoc --ignore rest_framework --ignore 'swagger-ui-standalone-preset*'
  ;;
publish)
  "$PYTHON" deploy/publish.py "$STATIC_ROOT" "$NGINX_STATIC"
  # The nginx container reads its templates from there too, so a change does not replace it.
  if [ -n "${NGINX_TEMPLATES:-}" ]; then
    exec "$PYTHON" deploy/publish.py nginx "$NGINX_TEMPLATES"
  fi
  ;;
release)
  # A migration that waits for a lock blocks all later queries, so it fails early instead.
  # (0: a pooler that refuses options)
  [ "${DB_STATEMENT_TIMEOUT:-30}" = 0 ] || export PGOPTIONS="${PGOPTIONS:--c lock_timeout=10s}"
  "$PYTHON" manage.py release
  if [ -n "${NGINX_STATIC:-}" ]; then exec deploy/start.sh publish; fi
  ;;
web)
  store_bodies
  "$PYTHON" -m artgen.database.connection_budget # fails above the limit of database connections
  export DB_POOL=1
  # Decoded uploads are returned to the system at once: by default glibc raises this threshold to
  # the size of the largest freed block, and processes keep hundreds of megabytes.
  export MALLOC_MMAP_THRESHOLD_="${MALLOC_MMAP_THRESHOLD_:-1048576}"
  [ "$turn" != next ] || export DB_POOL_MAX=$(((${DB_POOL_MAX:-4} + 1) / 2))
  if [ "$turn" = further ]; then take_number web; fi
  keep_turn web
  if [ -z "${GUNICORN_BIND:-}" ]; then
    tcp=${WEB_PORT:+",${WEB_HOST:-127.0.0.1}:$WEB_PORT"}
    export GUNICORN_BIND="unix:$RUN_DIR/web-$turn.sock$tcp"
    case $turn in
    main | next) deploy/handover.sh begin web "$turn" ;;
    *)
      exec deploy/further.sh web "$turn" "$PYTHON" -m gunicorn \
        --config deploy/gunicorn.conf.py
      ;;
    esac
  fi
  exec "$PYTHON" -m gunicorn --config deploy/gunicorn.conf.py
  ;;
sockets)
  store_bodies
  "$PYTHON" -m artgen.database.connection_budget # fails above the limit of database connections
  export DB_POOL=1 DB_POOL_MAX="${SOCKETS_DB_POOL_MAX:-8}"
  [ "$turn" != next ] || export DB_POOL_MAX=$(((DB_POOL_MAX + 1) / 2))
  if [ "$turn" = main ]; then
    exec 8>"$RUN_DIR/sockets.lock" # the first one holds it until it ends
    if command -v flock >/dev/null && ! flock -n 8; then take_number sockets; fi
  fi
  keep_turn sockets
  socket="$RUN_DIR/sockets-$turn.sock"
  # A killed daphne leaves both; a lock whose process id is in use again would prevent a start.
  rm -f "$socket" "$socket.lock"
  further=
  case $turn in
  main | next) deploy/handover.sh begin sockets "$turn" ;;
  *) further="deploy/further.sh sockets $turn" ;;
  esac
  # All clients reconnect at once after a restart; nginx answers 503 for what exceeds the backlog.
  set -- --endpoint "unix:$socket:backlog=4096"
  if [ -n "${SOCKETS_PORT:-}" ]; then
    set -- "$@" --bind "${SOCKETS_HOST:-127.0.0.1}" --port "$SOCKETS_PORT"
  fi
  # shellcheck disable=SC2086 # words
  exec $further "$PYTHON" -m artgen.processes.daphne "$@" --no-server-name --verbosity 0 \
    --ping-interval "${SOCKETS_PING_INTERVAL:-20}" \
    --ping-timeout "${SOCKETS_PING_TIMEOUT:-30}" \
    --websocket_connect_timeout 60 --websocket-max-message-size 65536 \
    artgen.processes.asgi:application
  ;;
drive* | store* | slow*)
  export ALIVE_FILE="${ALIVE_FILE:-$RUN_DIR/$1.alive}"
  rm -f "$ALIVE_FILE"
  export CELERY_SKIP_CHECKS=1 # `release` has checked
  "$PYTHON" -m artgen.database.connection_budget # fails above the limit of database connections
  export DB_POOL=1 DB_POOL_MAX="${WORKER_DB_POOL_MAX:-3}"
  niceness=0
  set -- "$1" --pool=threads --concurrency=32 # an endpoint that does not answer occupies two
  case $1 in
  store) # in processes: it downloads and encodes; as many as CELERY_CONCURRENCY
    niceness=5 DB_POOL_MAX=1
    set -- "$1" --pool=prefork
    ;;
  slow) # exports and the clean-up may take long, emails, webhooks and image calls must not wait
    niceness=5
    export DB_STATEMENT_TIMEOUT=0
    set -- "$1" --pool=threads --concurrency="$((${IMAGE_CALLS:-8} + 6))"
    ;;
  esac
  # The memory of an image stays with the process, up to 16 MB of it, for the next one: asking the
  # system for it takes a seventh of the CPU of each image.
  export MALLOC_MMAP_THRESHOLD_="${MALLOC_MMAP_THRESHOLD_:-8388608}"
  export MALLOC_TRIM_THRESHOLD_="${MALLOC_TRIM_THRESHOLD_:-16777216}"
  queues=$1
  shift
  exec nice -n $niceness "$PYTHON" -m celery --quiet -A artgen worker -Q "$queues" \
    -n "$queues@${WORKER_NAME:-%h}" "$@" --without-gossip --without-mingle
  ;;
alive)
  test -e "$ALIVE_FILE" || exit 1
  test -z "$(find "$ALIVE_FILE" -newermt '-30 seconds')" || exit 0
  # Longer than IMAGE_CALL_SECONDS: it may only have lost Redis, and still wait for an image.
  test -n "$(find "$ALIVE_FILE" -newermt '-600 seconds')" || kill -KILL "$(cat "$ALIVE_FILE")"
  exit 1
  ;;
nginx)
  folder="$RUN_DIR/nginx"
  rm -f "$folder/further"
  level=INFO
  said=$("${NGINX_TEMPLATES:-nginx}/render.sh" "$folder" 2>&1) || level=ERROR
  [ -z "$said" ] || echo "$said" | log_lines "$level" >&2
  [ "$level" = INFO ] || exit 1
  # The error log has whole requests and referrers: sed removes what is secret. It ends with nginx,
  # and starts again with new expressions when nginx/reload.sh ends it.
  rm -f "$folder/errors"
  mkfifo -m 600 "$folder/errors"
  export LC_ALL=C # the log may have bytes that are not UTF-8
  touch "$folder/redact.sed" # older templates write none
  {
    exec 3<"$folder/errors"
    status=143
    while [ "$status" = 143 ]; do
      sed --unbuffered --regexp-extended --file "$folder/redact.sed" <&3 >&2 &
      echo $! >"$folder/redact.pid"
      status=0
      wait $! 2>/dev/null || status=$? # sh says "Terminated"
    done
  } &
  watch="${NGINX_TEMPLATES:-nginx}/watch.sh" # older templates have none
  if [ "${NGINX_SERVER:-}" = tls ] && [ -x "$watch" ]; then
    "$watch" "$folder" $$ 2>&1 | log_lines INFO &
  fi
  # Further containers; without compose there are none. Older templates have no follow.sh.
  follow=${NGINX_TEMPLATES:+$NGINX_TEMPLATES/follow.sh}
  if [ -x "$follow" ]; then "$follow" "$folder" $$ 2>&1 | log_lines INFO & fi
  # nginx opens /dev/stdout by its name, which a socket does not allow: systemd's journal is one.
  if [ -S /dev/fd/1 ]; then
    rm -f "$folder/access"
    mkfifo -m 600 "$folder/access"
    cat <"$folder/access" & # ends with nginx
    exec >"$folder/access"
  fi
  exec nginx -p "$folder" -c "$folder/nginx.conf" -e stderr -g "daemon off;" 2>"$folder/errors"
  ;;
doctor)
  exec "$PYTHON" manage.py "$@"
  ;;
emulator)
  # PUBLIC_URL, where the webhooks go, is not reachable from inside a container of the demo.
  if [ -n "${FORWARD_TO:-}" ]; then "$PYTHON" deploy/forward.py "$PUBLIC_URL" "$FORWARD_TO" & fi
  exec "$PYTHON" manage.py runpod_emulator \
    --host "${EMULATOR_HOST:-127.0.0.1}" --port "${EMULATOR_PORT:-8010}" \
    --public-url "${EMULATOR_URL:-}" --painter "${EMULATOR_PAINTER:-full}" \
    --seconds "${EMULATOR_SECONDS:-4}"
  ;;
*)
  sed -n '2,17s/^# //p' "$0" >&2
  exit 2
  ;;
esac
