#!/bin/bash
# Run a worker: one Celery worker for each lane of WORKER_LANES, by default all. When one ends, all
# end, and whatever has started this script starts it again. On SIGTERM each finishes its tasks.
# Usage: deploy/start.sh worker
set -u
lanes=() ending=

lane() { # NAME NICENESS OPTION…
  touch -d @0 "$ALIVE_FILE.$1"
  # shellcheck disable=SC2086 # two words or none
  ALIVE_FILE="$ALIVE_FILE.$1" nice -n "$2" \
    "$PYTHON" -m ${console:+"$console"} celery --quiet -A artgen worker --queues="$1" \
    --hostname="$1@${WORKER_NAME:-%h}" --without-gossip --without-mingle "${@:3}" &
  lanes+=($!)
}
threads() { # NAME NICENESS NUMBER
  DB_POOL=1 DB_POOL_MAX="${WORKER_DB_POOL_MAX:-3}" lane "$1" "$2" --pool=threads --concurrency="$3"
}
end() {
  ending=yes
  kill -TERM "${lanes[@]}" 2>/dev/null
}
trap end TERM INT

for name in ${WORKER_LANES:-drive store slow}; do
  [ -z "$ending" ] || break
  case $name in
  # Waits for RunPod: an endpoint that does not answer occupies two threads.
  drive) threads drive 0 32 ;;
  # Downloads and encodes, in as many processes as CELERY_CONCURRENCY says.
  store) lane store 5 --pool=prefork ;;
  # Two exports, the clean-up, which may take long, and emails, which must not wait for the others.
  slow) DB_STATEMENT_TIMEOUT=0 threads slow 10 4 ;;
  esac
done
wait -n
status=$?
[ -n "$ending" ] || end
while wait; [ $? -gt 128 ]; do :; done # a signal interrupts it
exit "$status"
