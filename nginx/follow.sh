#!/bin/sh
# Reload nginx when a further web or sockets container has come, until the process PID ends.
# Usage: nginx/follow.sh FOLDER PID (where render.sh wrote the configuration)
# Not when one has gone: its number and socket are those of the next one, until then nginx tries
# another server, and each reload closes connections that clients keep. Once in ten minutes those
# that are still gone are forgotten.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
run_dir=${RUN_DIR:-/run/artgen}
web=${NGINX_WEB:-unix:$run_dir/web.sock} sockets=${NGINX_SOCKETS:-unix:$run_dir/sockets.sock}
LOOKS_UNTIL_FORGOTTEN=300

looks=0
while sleep "${NGINX_FOLLOW_SECONDS:-2}" && kill -0 "$2" 2>/dev/null; do
  looks=$((looks + 1))
  found=$(sh "$here/further.sh" "$web" "$sockets")
  known=$(cat "$folder/further")
  wanted=$(printf '%s\n%s\n' "$known" "$found" | sed '/^$/d' | sort -u)
  if [ "$looks" -ge "$LOOKS_UNTIL_FORGOTTEN" ]; then looks=0 wanted=$found; fi
  if [ "$wanted" = "$known" ]; then continue; fi
  printf '%s\n' "$wanted" >"$folder/further"
  "$here/reload.sh" "$folder" >/dev/null || printf '%s\n' "$known" >"$folder/further"
done
