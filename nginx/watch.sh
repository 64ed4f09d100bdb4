#!/bin/sh
# Reload nginx when the certificate changes, until the process PID ends.
# Usage: nginx/watch.sh FOLDER PID (where render.sh wrote the configuration)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
while sleep "${NGINX_CERTIFICATE_SECONDS:-10}" && kill -0 "$2" 2>/dev/null; do
  read -r _ loaded size file <"$folder/certificate.conf" || continue
  if found=$(cksum "$file" 2>/dev/null) && [ "$found" != "$loaded $size $file" ]; then
    # A pair that is only half written is refused, and the next look tries it again.
    "$here/reload.sh" "$folder" || echo "nginx: keeps the certificate that it has" >&2
  fi
done
