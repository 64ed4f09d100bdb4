#!/bin/sh
# Lets a running nginx go on with the configuration of the templates beside this script, if that is another one; a
# configuration that nginx refuses changes nothing. Usage: nginx/reload.sh FOLDER (where render.sh wrote it)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
before="$folder.before"
rm -rf "$before"
mkdir "$before"
cp -p "$folder"/*.conf "$before"
"$here/render.sh" "$folder"
for file in "$folder"/*.conf; do
  if ! cmp -s "$file" "$before/${file##*/}"; then changed=yes; fi
done
if [ -z "${changed:-}" ]; then echo "nginx: nothing new"; exit 0; fi
if ! nginx -t -q -p "$folder" -c "$folder/nginx.conf" -e stderr; then
  cp -p "$before"/*.conf "$folder"
  exit 1
fi
nginx -p "$folder" -c "$folder/nginx.conf" -e stderr -s reload
echo "nginx: goes on with the new configuration"
