#!/bin/bash
# Run a worker: one Celery worker for each lane of WORKER_LANES, by default all. One that ends is
# started again. On SIGTERM all finish their tasks.
# Usage: deploy/start.sh worker
set -u
# shellcheck disable=SC2206 # words
lanes=(${WORKER_LANES:-drive store slow}) pids=() ending=
exec 3>&2 2>/dev/null # bash itself reports killed children, not as a line of the log

lane() { # NAME NICENESS OPTION…
  [ -e "$ALIVE_FILE.$1" ] || touch -d @0 "$ALIVE_FILE.$1"
  # shellcheck disable=SC2086 # two words or none
  ALIVE_FILE="$ALIVE_FILE.$1" nice -n "$2" \
    "$PYTHON" -m celery --quiet -A artgen worker --queues="$1" \
    --hostname="$1@${WORKER_NAME:-%h}" --without-gossip --without-mingle "${@:3}" 2>&3 3>&- &
}
threads() { # NAME NICENESS NUMBER
  DB_POOL=1 DB_POOL_MAX="${WORKER_DB_POOL_MAX:-3}" lane "$1" "$2" --pool=threads --concurrency="$3"
}
start() { # POSITION
  case ${lanes[$1]} in
  # Waits for RunPod: an endpoint that does not answer occupies two threads.
  drive) threads drive 0 32 ;;
  # Downloads and encodes, in as many processes as CELERY_CONCURRENCY says. Only a pool, here of one
  # connection for each, gives up a PostgreSQL that has become silent.
  store) DB_POOL=1 DB_POOL_MAX=1 lane store 5 --pool=prefork ;;
  # Two exports, the clean-up, which may take long, and emails, which must not wait for the others.
  slow) DB_STATEMENT_TIMEOUT=0 threads slow 10 4 ;;
  esac
  pids[$1]=$!
}
end() {
  ending=yes
  kill -TERM "${pids[@]}"
}
say() { # MESSAGE: as JSON if LOG_FORMAT is json
  local line='{"time":"%s","level":"ERROR","logger":"worker","message":"%s"}\n'
  [ "${LOG_FORMAT:-}" = json ] || line='%.0s%s\n'
  # shellcheck disable=SC2059 # one of the two
  printf "$line" "$(date -u +%FT%TZ)" "$1" >&3
}
trap end TERM INT

for position in "${!lanes[@]}"; do
  [ -n "$ending" ] || start "$position"
done
while [ -z "$ending" ]; do
  sleep 1 & # not `wait -n`, which misses one of two that are killed at once
  wait $!
  for position in "${!lanes[@]}"; do
    if [ -z "$ending" ] && ! kill -0 "${pids[$position]}"; then
      wait "${pids[$position]}"
      say "the lane ${lanes[$position]} ended with $? and is started again"
      start "$position"
    fi
  done
done
while wait; [ $? -gt 128 ]; do :; done # a signal interrupts it
