#!/bin/sh
# Switch between two processes that serve in turn while one is replaced by the other.
# Usage: deploy/handover.sh VERB web|sockets main|next|self
#   begin   before its start: lead, unless the other one leads and answers
#   ready   exit 0 when its /readyz answers 200, whether or not sockets are served
#   lead    send new requests to it; the other one finishes what it has begun
#   drain   return when it has accepted what was sent to it before the other one led
# `ready WHAT self` asks the process of this container, which may be a further one (further.sh).
# nginx knows RUN_DIR/web.sock and RUN_DIR/sockets.sock: symbolic links to the socket that leads.
set -eu
cd -P "$(dirname "$0")/.."
verb=$1 what=$2 turn=$3
RUN_DIR="${RUN_DIR:-${DATA_DIR:-.data}/run}"
link="$RUN_DIR/$what.sock"
if [ "$turn" = self ]; then turn=$(cat "${DATA_DIR:-.data}/$what.turn"); fi

lead() {
  ln -sfn "$what-$turn.sock" "$link.new"
  mv -f "$link.new" "$link" # atomic: nginx finds one or the other
}

case $verb in
begin)
  if [ -L "$link" ] && leader=$(readlink "$link") && [ "$leader" != "$what-$turn.sock" ] \
    && "${PYTHON:-python}" deploy/ask_socket.py "$RUN_DIR/$leader" /healthz; then exit 0; fi
  lead
  ;;
ready) exec "${PYTHON:-python}" deploy/ask_socket.py "$RUN_DIR/$what-$turn.sock" '/readyz?exclude=sockets' ;;
lead) lead ;;
drain) # its turn comes after theirs; it finishes what it has accepted before it ends
  "${PYTHON:-python}" deploy/ask_socket.py "$RUN_DIR/$what-$turn.sock" /healthz || :
  ;;
*)
  sed -n '2,9s/^# //p' "$0" >&2
  exit 2
  ;;
esac
