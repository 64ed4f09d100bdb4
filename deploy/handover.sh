#!/bin/sh
# Who of two serves while one is replaced by the other. Usage: deploy/handover.sh VERB web|sockets main|next
#   begin   before its start: it leads, unless another one does and answers
#   ready   exit 0 when its /readyz says that it may be sent requests
#   lead    from now on nginx brings it what is new; what another one has begun, that one ends
#   drain   it closes each connection behind its answer; returns when nginx keeps none to it any more
# nginx knows one path for each, RUN_DIR/web.sock and RUN_DIR/sockets.sock: a symbolic link to the one who leads.
set -eu
cd -P "$(dirname "$0")/.."
verb=$1 what=$2 turn=$3
RUN_DIR="${RUN_DIR:-${DATA_DIR:-.data}/run}"
link="$RUN_DIR/$what.sock"

lead() {
  ln -sfn "$what-$turn.sock" "$link.new"
  mv -fT "$link.new" "$link" # in one step: nginx finds the one or the other
}

near() { # exit 0 where nginx runs beside this, not in a container of its own: only then its connections are seen here
  [ -s "$RUN_DIR/nginx/nginx.pid" ] \
    && [ "$(readlink "/proc/$(cat "$RUN_DIR/nginx/nginx.pid")/ns/net")" = "$(readlink /proc/self/ns/net)" ]
}
held() { # exit 0 while somebody has a connection to it: each bears the path of the socket that took it
  ! awk -v path="$RUN_DIR/$what-$turn.sock" '$NF == path { if ($4 == "00010000") listens = 1; else held = 1 }
    END { exit !listens || held }' /proc/net/unix
}

case $verb in
begin)
  if [ -L "$link" ] && leader=$(readlink "$link") && [ "$leader" != "$what-$turn.sock" ] \
    && "${PYTHON:-python}" deploy/ask.py "$RUN_DIR/$leader" /healthz; then exit 0; fi
  lead
  ;;
ready) exec "${PYTHON:-python}" deploy/ask.py "$RUN_DIR/$what-$turn.sock" /readyz ;;
lead) lead ;;
drain)
  : >"$RUN_DIR/$what-$turn.draining"
  seconds=$((${NGINX_KEEPS_SECONDS:-4} + 1)) # nginx closes what was idle that long; what is open then has a request under way
  if ! near; then exec sleep $seconds; fi
  looks=$((seconds * 5))
  while [ $looks -gt 0 ] && held; do
    looks=$((looks - 1))
    sleep 0.2
  done
  ;;
*)
  sed -n '2,7s/^# //p' "$0" >&2
  exit 2
  ;;
esac
