#!/bin/sh
# Reload a running nginx if the templates beside this script give another configuration. An invalid
# configuration changes nothing. Usage: nginx/reload.sh FOLDER (where render.sh wrote it)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
exec 9>"$folder/reload.lock"
flock 9
before="$folder.before"
rm -rf "$before"
mkdir "$before"
cp -p "$folder"/*.conf "$before"
"$here/render.sh" "$folder"
for file in "$folder"/*.conf; do
  if ! cmp -s "$file" "$before/${file##*/}"; then changed=yes; fi
done
if [ -z "${changed:-}" ]; then echo "nginx: configuration unchanged"; exit 0; fi
if ! nginx -t -q -p "$folder" -c "$folder/nginx.conf" -e stderr; then
  cp -p "$before"/*.conf "$folder"
  exit 1
fi
nginx -p "$folder" -c "$folder/nginx.conf" -e stderr -s reload
# The filter of the error log (deploy/start.sh) reads its expressions when it starts.
if [ -e "$folder/redact.pid" ]; then kill "$(cat "$folder/redact.pid")" || :; fi
echo "nginx: configuration reloaded"
