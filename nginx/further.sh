#!/bin/sh
# Print the sockets of further containers: DIR/web.NUMBER.sock beside DIR/web.sock.
# Usage: nginx/further.sh ADDRESS… (unix:DIR/web.sock; other addresses have none)
set -eu
for address in "$@"; do
  case $address in
  *,*) ;;
  unix:*.sock)
    first=${address#unix:}
    for socket in "${first%.sock}".*.sock; do
      if [ -L "$socket" ]; then echo "$socket"; fi
    done
    ;;
  esac
done
