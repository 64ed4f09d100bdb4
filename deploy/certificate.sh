#!/bin/sh
# Get the certificate of PUBLIC_URL by ACME (Let's Encrypt) and renew it: the service `certificate`.
# Usage: deploy/certificate.sh [VERB]
#   keep      request it, then renew it when a third of its life is left; the default
#   once      one such look; exit 0 if there is a certificate afterwards
#   renew     request a new one now, such as after the key has been seen by others
#   healthy   exit 0 while the certificate is valid for seven more days
# nginx must serve CERTIFICATE_DIR/acme at http://HOST/.well-known/acme-challenge/. It reloads
# fullchain.pem and privkey.pem of CERTIFICATE_DIR when they change (nginx/watch.sh).
set -eu
folder=${CERTIFICATE_DIR:-/certificates}
certificate="$folder/fullchain.pem"
scratch=${TMPDIR:-/tmp}/certbot
json='' # the service writes one JSON object a line, as artgen/logs/logging.py does
log() { # LEVEL: the lines of standard input
  while IFS= read -r line; do
    if [ -z "$line" ]; then continue; fi
    if [ -z "$json" ]; then echo "certificate: $line"; continue; fi
    line=$(printf '%s' "$line" | LC_ALL=C tr '\000-\037\177-\377' '?' | sed 's/[\\"]/\\&/g')
    printf '{"time":"%s","level":"%s","logger":"certificate","message":"%s"}\n' \
      "$(date +%Y-%m-%dT%H:%M:%S%:z)" "$1" "$line"
  done >&2
}
say() { echo "$2" | log "$1"; } # LEVEL WORDS

name_of() { # URL: its host, if a certificate authority can reach it at port 80
  url=${1%/}
  host=${url#https://}
  case $host in
  "$url") say ERROR "PUBLIC_URL is $1: a certificate needs https://HOST" ;;
  *:*) say ERROR "PUBLIC_URL is $1: with a port of its own, use your own certificate (TLS_DIR)" ;;
  *[!0-9.]*.*) echo "$host" && return ;;
  *) say ERROR "PUBLIC_URL is $1: a certificate needs the name of a domain" ;;
  esac
  return 1
}

publish() { # copy what certbot has, so that nginx finds either the old files or the new ones
  for file in privkey.pem fullchain.pem; do # the key first: nginx/watch.sh looks at the certificate
    from="$folder/certbot/live/artgen/$file"
    if [ ! -e "$from" ] || cmp -s "$from" "$folder/$file"; then continue; fi
    cp "$from" "$folder/$file.half"
    chmod 600 "$folder/$file.half"
    mv -f "$folder/$file.half" "$folder/$file"
    say INFO "$file is new"
  done
}

look() { # [OPTION of certbot]
  mkdir -p "$folder/acme" "$scratch"
  publish # what a look before, killed in between, has left
  if [ -n "${ACME_EMAIL:-}" ]; then set -- "$@" --email "$ACME_EMAIL"; fi
  if [ -n "${ACME_URL:-}" ]; then set -- "$@" --server "$ACME_URL"; fi
  said=$(certbot certonly --quiet --non-interactive --agree-tos --register-unsafely-without-email \
    --webroot --webroot-path "$folder/acme" --cert-name artgen --domain "$host" \
    --key-type ecdsa --renew-with-new-domains \
    --config-dir "$folder/certbot" --work-dir "$scratch" --logs-dir "$scratch" "$@" 2>&1) || {
    printf '%s\n' "$said" | log ERROR
    say ERROR "The request failed, see above. Does $host lead to this machine, with port 80 open?"
    return 1
  }
  printf '%s\n' "$said" | log WARNING
  publish
}

verb=${1:-keep}
if [ "$verb" = keep ] && [ "${LOG_FORMAT:-}" = json ]; then json=yes; fi
case $verb in
healthy) exec openssl x509 -checkend 604800 -noout -in "$certificate" ;;
once | renew | keep) host=$(name_of "${PUBLIC_URL:-}") ;;
*)
  sed -n '2,10s/^# //p' "$0" >&2
  exit 2
  ;;
esac
case $verb in
once) look --keep-until-expiring ;;
renew) look --force-renewal ;;
keep)
  sleeper=''
  trap 'kill $sleeper 2>/dev/null || :; exit 0' TERM INT
  while :; do
    pause=43200
    # Let's Encrypt allows five failures an hour.
    look --keep-until-expiring || pause=900
    sleep "$pause" &
    sleeper=$!
    wait "$sleeper"
  done
  ;;
esac
