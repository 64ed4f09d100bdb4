#!/bin/sh
# Write nginx's configuration: the templates beside this script with ${NAMES} replaced by values of
# the environment. Usage: nginx/render.sh FOLDER. Each value below can be set in the environment.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
NGINX_DIR=$(cd "$1" && pwd)
export NGINX_DIR

default() { eval "export $1=\"\${$1:-\$2}\""; }

default PUBLIC_URL "http://127.0.0.1:${NGINX_PORT:-8000}"
default LANGUAGE_CODE ru
default STATIC_ROOT "$here/../staticfiles"     # what collectstatic wrote
default NGINX_STATIC "$STATIC_ROOT"            # what nginx serves: also files of earlier versions
default NGINX_SERVER http                      # http, or tls (see tls.conf)
default NGINX_PORT 8000
default NGINX_TLS_PORT 8443
default NGINX_TLS_DIR /etc/nginx/tls
default NGINX_ACME_DIR "$NGINX_TLS_DIR/acme"   # proofs of ACME (deploy/certificate.sh)
# gunicorn and daphne: unix:PATH or HOST:PORT, several separated by commas
default NGINX_WEB "unix:${RUN_DIR:-/run/artgen}/web.sock"
default NGINX_SOCKETS "unix:${RUN_DIR:-/run/artgen}/sockets.sock"
default NGINX_WORKERS auto
default NGINX_RATE 20r/s                       # per user
default NGINX_BURST 40
default NGINX_ADDRESS_RATE 400r/s              # per address
default NGINX_ADDRESS_BURST 800
default NGINX_ADDRESS_SOCKETS 1000             # open sockets per address
default NGINX_API_TIMEOUT 180s
default NGINX_SOCKET_TIMEOUT 3600s
default NGINX_UPLOAD_BODY_MAX 22m              # UPLOAD_MAX_BYTES and the form around it
default NGINX_FORM_BODY_MAX 64m                # 32 at a time are stored, and 6 of one account
default NGINX_HOOK_BODY_MAX 12m
default NGINX_BODIES "$NGINX_DIR"              # where they are stored, 2 GB at most, and answers
default NGINX_ACCESS_LOG /dev/stdout           # or off
# Proxies in front: addresses such as 10.0.0.0/8,10.1.0.1; host: on this machine; cloudflare.
default NGINX_TRUSTED_PROXIES ''
default NGINX_HOST loopback                    # the address of this machine: loopback or gateway
default NGINX_BIND_ADDRESS 127.0.0.1           # where Docker publishes the ports
default LOG_FORMAT text                        # of the error log: text or json
default NGINX_BUCKET ''                        # HOST:PORT of a bucket to serve under /s3/ (demo)
default NGINX_RESOLVER 127.0.0.11              # for NGINX_BUCKET; Docker's own
default NGINX_MODULES /usr/lib/nginx/modules

# The sockets of further containers (deploy/further.sh); nginx/follow.sh adds those that come later.
[ -e "$NGINX_DIR/further" ] \
  || sh "$here/further.sh" "$NGINX_WEB" "$NGINX_SOCKETS" | sort -u >"$NGINX_DIR/further"
servers() { # ADDRESSES
  echo "$1" | tr ',' '\n' | while read -r server; do
    printf 'server %s max_fails=0; ' "$server"
    first=${server#unix:}
    while read -r socket; do
      case $socket in
      "${first%.sock}".*) printf 'server unix:%s fail_timeout=5s; ' "$socket" ;;
      esac
    done <"$NGINX_DIR/further"
  done
}
NGINX_WEB_SERVERS=$(servers "$NGINX_WEB")
# Kept connections are closed before gunicorn closes them.
if [ "${GUNICORN_KEEPALIVE:-0}" -gt 1 ]; then
  NGINX_WEB_SERVERS="$NGINX_WEB_SERVERS keepalive 64; keepalive_timeout $((GUNICORN_KEEPALIVE - 1))s;"
fi
NGINX_SOCKETS_SERVERS=$(servers "$NGINX_SOCKETS")
NGINX_USER=
# As root, nginx runs its workers as another user: the owner of the static files.
if [ "$(id -u)" = 0 ]; then NGINX_USER="user $(stat -c %U "$NGINX_STATIC");"; fi
NGINX_LOG_TO="$NGINX_ACCESS_LOG json"
[ "$NGINX_ACCESS_LOG" != off ] || NGINX_LOG_TO=off
NGINX_LISTEN_IPV6='' NGINX_LISTEN_IPV6_TLS=''
if grep -q . /proc/net/if_inet6 2>/dev/null; then # files of /proc have no size
  NGINX_LISTEN_IPV6="listen [::]:$NGINX_PORT default_server backlog=1024;"
  NGINX_LISTEN_IPV6_TLS="listen [::]:$NGINX_TLS_PORT ssl default_server backlog=1024;"
fi
NGINX_PUBLIC_SCHEME=${PUBLIC_URL%%://*}
NGINX_SITE=$NGINX_SERVER
# The first line tells nginx/watch.sh which certificate is loaded.
certificate="$NGINX_TLS_DIR/fullchain.pem"
if [ "$NGINX_SERVER" != tls ]; then
  echo "# none" >"$NGINX_DIR/certificate.conf"
elif [ -e "$certificate" ]; then
  cat >"$NGINX_DIR/certificate.conf" <<CERTIFICATE
# $(cksum "$certificate")
ssl_certificate $certificate;
ssl_certificate_key $NGINX_TLS_DIR/privkey.pem;
CERTIFICATE
else
  echo "# none 0 $certificate" >"$NGINX_DIR/certificate.conf"
  echo "nginx: $certificate does not exist yet; the https port opens when it does" >&2
  NGINX_SITE=waiting
fi
NGINX_PAGE=$(cat "$here/page.html")
# What stands before a secret in a path
NGINX_SECRET_PATHS=$(tr -s '\n' '|' <"$here/secret_paths.txt" | sed 's/|$//')
export NGINX_LOG_TO NGINX_PAGE NGINX_WEB_SERVERS NGINX_SOCKETS_SERVERS NGINX_USER
export NGINX_SECRET_PATHS
export NGINX_LISTEN_IPV6 NGINX_LISTEN_IPV6_TLS NGINX_PUBLIC_SCHEME NGINX_SITE

# X-Forwarded-For and X-Forwarded-Proto are trusted only from the named proxies. Without any, where
# https must come from a proxy, those on this machine are: nobody else reaches the loopback address.
on_this_machine_only() {
  for address in $NGINX_BIND_ADDRESS; do
    case $address in 127.* | ::1 | "[::1]") ;; *) return 1 ;; esac
  done
}
if [ -z "$NGINX_TRUSTED_PROXIES" ] && [ "$NGINX_SERVER" = http ] \
  && [ "$NGINX_PUBLIC_SCHEME" = https ] && on_this_machine_only; then
  NGINX_TRUSTED_PROXIES=host
fi
# With Docker, requests from this machine come from the gateway of the container. So do those from
# elsewhere in some cases (IPv6 without an IPv6 network, rootless Docker), unless none can arrive.
gateways() {
  routes=${NGINX_ROUTES:-/proc/net}
  awk '$2 == "00000000" && $8 == "00000000" && $3 != "00000000" { print $3 }' "$routes/route" \
    | sed 's/\(..\)\(..\)\(..\)\(..\)/0x\4 0x\3 0x\2 0x\1/' \
    | while read -r a b c d; do printf '%d.%d.%d.%d\n' "$a" "$b" "$c" "$d"; done
  [ ! -e "$routes/ipv6_route" ] || awk '
    $1 $2 ~ /^0+$/ && $5 !~ /^0+$/ { gsub(/..../, "&:", $5); sub(/:$/, "", $5); print $5 }' \
    "$routes/ipv6_route"
}
host() {
  if [ "$NGINX_HOST" != gateway ]; then
    printf '127.0.0.1\n::1\n'
  elif on_this_machine_only; then
    printf '127.0.0.1\n::1\n'
    gateways | sort -u
  else
    echo "NGINX_TRUSTED_PROXIES=host needs BIND_ADDRESS=127.0.0.1, not $NGINX_BIND_ADDRESS" >&2
    return 1
  fi
}
proxies=
for proxy in $(echo "$NGINX_TRUSTED_PROXIES" | tr ',' ' '); do
  case $proxy in
  host) proxy=$(host) ;;
  cloudflare) proxy=$(sed '/^#/d' "$here/cloudflare.txt") ;;
  esac
  proxies="$proxies
$proxy"
done
each_proxy() { echo "$proxies" | sort -u | sed -n "s|..*|$1|p"; }
{
  printf 'geo %srealip_remote_addr %sbehind_proxy {\n    default 0;\n' '$' '$'
  each_proxy '    & 1;'
  echo '}'
  each_proxy 'set_real_ip_from &;'
  if [ -n "$proxies" ]; then
    printf 'real_ip_header X-Forwarded-For;\nreal_ip_recursive on;\n'
  fi
} >"$NGINX_DIR/proxies.conf"

# Filters the error log as artgen/logs/redaction.py does the logs of the other processes.
cat >"$NGINX_DIR/redact.sed" <<REDACT
s#($NGINX_SECRET_PATHS)[^ "'<>?]+#\1SECRET#g
s#(/[^ "'<>?]*)[?][^ "'<>]+#\1?QUERY#g
REDACT
# As artgen/logs/logging.py does it. The time of nginx has no time zone.
if [ "$LOG_FORMAT" = json ]; then
  cat >>"$NGINX_DIR/redact.sed" <<JSON
s/\\\\/\\\\\\\\/g
s/"/\\\\"/g
s/[\\x00-\\x1f\\x7f-\\xff]/?/g
t reset
:reset
s#^([0-9]{4})/([0-9]{2})/([0-9]{2}) ([0-9:]{8}) \\[([a-z]+)\\] (.*)\$#{"time":"\\1-\\2-\\3T\\4$(date +%:z)","level":"\\5","logger":"nginx","message":"\\6"}#
t level
s#^nginx: \\[([a-z]+)\\] (.*)\$#{"level":"\\1","logger":"nginx","message":"\\2"}#
t level
s#^.*\$#{"level":"info","logger":"nginx","message":"&"}#
:level
s/"level":"debug"/"level":"DEBUG"/
s/"level":"(info|notice)"/"level":"INFO"/
s/"level":"warn"/"level":"WARNING"/
s/"level":"error"/"level":"ERROR"/
s/"level":"(crit|alert|emerg)"/"level":"CRITICAL"/
JSON
fi

render() { # TEMPLATE: ${UPPER_CASE} names are replaced, $lower_case are variables of nginx
  awk -v template="$1" '{
    while (match($0, /\$\{[A-Z0-9_]+\}/)) {
      name = substr($0, RSTART + 2, RLENGTH - 3)
      if (!(name in ENVIRON)) { print template ": no value for " name > "/dev/stderr"; exit 1 }
      printf "%s%s", substr($0, 1, RSTART - 1), ENVIRON[name]
      $0 = substr($0, RSTART + RLENGTH)
    }
    print
  }' "$here/$1" >"$NGINX_DIR/$1"
}
for template in nginx.conf site.conf forwarded.conf large_body.conf waiting_requests.conf \
  page.conf problem.conf maintenance.conf proxy_fault.conf acme.conf redirect.conf "$NGINX_SITE.conf"; do
  render "$template"
done
if [ -n "$NGINX_BUCKET" ]; then render bucket.conf; else : >"$NGINX_DIR/bucket.conf"; fi
for file in modules brotli brotli_static; do : >"$NGINX_DIR/$file.conf"; done
brotli="$NGINX_MODULES/ngx_http_brotli"
if [ -e "${brotli}_filter_module.so" ] && [ -e "${brotli}_static_module.so" ]; then
  for module in filter static; do
    echo "load_module ${brotli}_${module}_module.so;"
  done >"$NGINX_DIR/modules.conf"
  render brotli.conf
  echo 'brotli_static on;' >"$NGINX_DIR/brotli_static.conf"
fi
