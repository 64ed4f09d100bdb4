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
default NGINX_ACME_DIR /var/www/acme
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
default NGINX_KEEPS_SECONDS 4                  # idle connections to web; below GUNICORN_KEEPALIVE
default NGINX_UPLOAD_BODY_MAX 42m              # twice UPLOAD_MAX_BYTES, so that Django refuses
default NGINX_FORM_BODY_MAX 64m
default NGINX_HOOK_BODY_MAX 12m
default NGINX_ACCESS_LOG /dev/stdout           # or off
default NGINX_TRUSTED_PROXIES ''               # load balancers, such as 10.0.0.0/8,10.1.0.1
default NGINX_BUCKET ''                        # HOST:PORT of a bucket to serve under /s3/ (demo)
default NGINX_RESOLVER 127.0.0.11              # for NGINX_BUCKET; Docker's own
default NGINX_MODULES /usr/lib/nginx/modules

servers() {
  echo "$1" | tr ',' '\n' | while read -r server; do
    printf 'server %s max_fails=0; ' "$server"
  done
}
NGINX_WEB_SERVERS=$(servers "$NGINX_WEB")
NGINX_SOCKETS_SERVERS=$(servers "$NGINX_SOCKETS")
NGINX_USER=
# As root, nginx runs its workers as another user: the owner of the static files.
if [ "$(id -u)" = 0 ]; then NGINX_USER="user $(stat -c %U "$NGINX_STATIC");"; fi
NGINX_LOG_TO="$NGINX_ACCESS_LOG json"
[ "$NGINX_ACCESS_LOG" != off ] || NGINX_LOG_TO=off
NGINX_LISTEN_IPV6=
if [ -s /proc/net/if_inet6 ]; then
  NGINX_LISTEN_IPV6="listen [::]:$NGINX_PORT default_server backlog=1024;"
fi
NGINX_PAGE=$(cat "$here/page.html")
# What stands before a secret in a path, from the URL configuration: manage.py secret_paths
NGINX_SECRET_PATHS=$(tr -s '\n' '|' <"$here/secret_paths.txt" | sed 's/|$//')
export NGINX_LOG_TO NGINX_PAGE NGINX_WEB_SERVERS NGINX_SOCKETS_SERVERS NGINX_USER
export NGINX_SECRET_PATHS
export NGINX_LISTEN_IPV6

# X-Forwarded-For and X-Forwarded-Proto are trusted only from the named proxies.
each_proxy() { echo "$NGINX_TRUSTED_PROXIES" | tr -s ' ,' '\n' | sed -n "s|..*|$1|p"; }
{
  printf 'geo %srealip_remote_addr %sbehind_proxy {\n    default 0;\n' '$' '$'
  each_proxy '    & 1;'
  echo '}'
  each_proxy 'set_real_ip_from &;'
  if [ -n "$NGINX_TRUSTED_PROXIES" ]; then
    printf 'real_ip_header X-Forwarded-For;\nreal_ip_recursive on;\n'
  fi
} >"$NGINX_DIR/proxies.conf"

# Filters the error log as artgen/observability/redaction.py does the logs of the other processes.
cat >"$NGINX_DIR/redact.sed" <<REDACT
s#($NGINX_SECRET_PATHS)[^ "'<>?]+#\1SECRET#g
s#(/[^ "'<>?]*)[?][^ "'<>]+#\1?QUERY#g
REDACT

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
for template in nginx.conf site.conf page.conf maintenance.conf "$NGINX_SERVER.conf"; do
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
