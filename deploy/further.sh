#!/bin/sh
# Run a web or sockets process beside the first one of this machine (docker compose up --scale).
# Usage: deploy/further.sh web|sockets NUMBER COMMAND… (deploy/start.sh holds the lock of the number)
# nginx sends requests to RUN_DIR/WHAT.NUMBER.sock, a symbolic link to the socket of the process, and
# to another one while there is none. Before the process ends the link is removed, so that no new
# request comes, and those that have come are accepted: none of them is lost.
set -eu
cd -P "$(dirname "$0")/.."
what=$1 number=$2
shift 2
link="$RUN_DIR/$what.$number.sock" socket="$RUN_DIR/$what-$number.sock"
rm -f "$link"

stopping=
# shellcheck disable=SC2329 # the trap calls it
stop() {
  trap '' INT TERM
  stopping=yes
  rm -f "$link"
  if [ "$what" = web ]; then deploy/handover.sh drain web "$number"; fi
  kill -TERM "$child" 2>/dev/null || :
}
"$@" &
child=$!
trap stop INT TERM
until "${PYTHON:-python}" deploy/ask_socket.py "$socket" /healthz; do
  kill -0 "$child" 2>/dev/null || break
  sleep 0.2
done
if [ -z "$stopping" ] && kill -0 "$child" 2>/dev/null; then ln -sfn "${socket##*/}" "$link"; fi
status=0
wait "$child" || status=$?
# `wait` also returns when a signal has arrived.
while kill -0 "$child" 2>/dev/null; do
  status=0
  wait "$child" || status=$?
done
rm -f "$link" "$socket"
exit "$status"
