#!/bin/sh
# Install ArtGen with docker compose: ask, check, write .env, start, create the first account.
# Usage: deploy/install.sh      repeat it at any time: what .env has already is kept
#
# Without a terminal it asks nothing: the environment has the answers; what is missing is listed.
# Each answer is a variable of deploy/env.example (SIGN_UP: invitation), and:
#   DOMAIN         the name of the site, such as art.example.org
#   HTTPS          direct: ports 80 and 443 of this machine, with a certificate by ACME (default)
#                  cloudflare: the same, behind Cloudflare's proxy
#                  proxy: a reverse proxy on this machine ends TLS
#                  remote: a reverse proxy at PROXY_ADDRESS does
#   ADMIN_EMAIL    the first account, and the contact for the certificate
#   BUDGET         dollars a day that all jobs may cost (10; none: no limit)
#   CHECKS=no      ask neither DNS nor RunPod, the bucket and the mail server whether all is right
set -eu
cd -P "$(dirname "$0")/.."
umask 077
export LC_ALL=C # letters are those of ASCII
if [ $# -gt 0 ]; then
  sed -n '2,15s/^# \{0,1\}//p' deploy/install.sh >&2
  exit 2
fi

say() { printf '%s\n' "$*"; }
title() { printf '\n== %s\n' "$*"; }
fail() { printf '\n!! %s\n' "$*" >&2; exit 1; }
refuse() { say "$*"; return 1; } # what a check prints
problems=''
problem() { printf '!! %s\n' "$*" >&2; problems=yes; } # ends the installation after the questions
is_interactive() { [ -t 0 ] && [ -t 1 ]; }
has_checks() { [ "${CHECKS:-yes}" != no ]; }

# --- .env -----------------------------------------------------------------------------------------
in_file() { # NAME: its value in .env
  [ ! -e .env ] \
    || sed -n "s/^$1=//p" .env | tail -n 1 | sed "s/^'\(.*\)'\$/\1/; s/^\"\(.*\)\"\$/\1/"
}
value_of() { # NAME: its value in the environment, else in .env
  eval "given=\${$1:-}"
  if [ -n "$given" ]; then printf '%s' "$given"; else in_file "$1"; fi
}
write() { # NAME VALUE: into .env, in place of the line that is there
  case $2 in
  *[!A-Za-z0-9_@%+=:,./-]*) line="$1='$2'" ;; # compose would replace $NAMES
  *) line="$1=$2" ;;
  esac
  [ -e .env ] || echo "# Written by deploy/install.sh. All other settings: deploy/env.example" >.env
  NAME=$1 LINE=$line awk '
    index($0, ENVIRON["NAME"] "=") == 1 { if (!done) print ENVIRON["LINE"]; done = 1; next }
    { print }
    END { if (!done) print ENVIRON["LINE"] }' .env >.env.half
  chmod 600 .env.half
  mv -f .env.half .env
}
keep() { if [ -z "$(in_file "$1")" ]; then write "$1" "$2"; fi; } # NAME VALUE: unless there is one
has_profile() { case ",$(in_file COMPOSE_PROFILES)," in *",$1,"*) ;; *) return 1 ;; esac; }
set_profiles() { # [NAME]: those of .env, with `https` replaced by NAME
  others=$(in_file COMPOSE_PROFILES | tr ',' '\n' | grep -vx https | paste -sd , - || true)
  write COMPOSE_PROFILES "${1:-}${1:+${others:+,}}$others"
}
generate() { od -An -N 36 -tx1 /dev/urandom | tr -d ' \n'; }

# --- questions ------------------------------------------------------------------------------------
again='' # set: ask for what there is, too
ask() { # NAME QUESTION DEFAULT CHECK: set `answer` and NAME; DEFAULT - means that it may stay empty
  answer=$(value_of "$1") offered=$3
  if [ -n "$again" ] && [ -n "$answer" ]; then offered=$answer answer=''; fi
  while :; do
    if [ -z "$answer" ] && is_interactive; then
      read_answer "$1" "$2" "$offered"
      if [ -z "$answer" ] && [ -z "$offered" ]; then continue; fi
    fi
    answer=${answer:-$offered}
    if [ "$answer" = - ]; then answer='' && return; fi
    if [ -z "$answer" ]; then problem "$1 is not set. $2" && return; fi
    if complaint=$(valid "$1" "$answer" "$4"); then
      eval "$1=\$answer" # offered if it is asked for again
      return
    fi
    is_interactive || { problem "$1: $complaint" && return; }
    say "   $complaint"
    answer=''
  done
}
read_answer() { # NAME QUESTION DEFAULT
  case $1 in *KEY | EMAIL_URL) hidden=yes && stty -echo ;; *) hidden='' ;; esac
  case $1/$3 in
  */- | */) printf '%s: ' "$2" ;;
  *KEY/* | *URL/smtp*) printf '%s [as before]: ' "$2" ;;
  *) printf '%s [%s]: ' "$2" "$3" ;;
  esac
  IFS= read -r answer || fail "No answer."
  [ -z "$hidden" ] || { stty echo && echo; }
}
trap '[ ! -t 0 ] || stty echo' EXIT
trap 'exit 130' INT TERM
valid() { # NAME VALUE CHECK: print what is wrong
  case $2 in
  *"'"* | *\\* | *'
'*) refuse "It must not contain ' \\ or a line break." ;;
  *) "$3" "$2" ;;
  esac
}
anything() { :; }

is_domain() {
  case $1 in
  *[!a-z0-9.-]* | .* | *. | -* | *..*)
    refuse "It must be such as art.example.org, in small letters."
    return
    ;;
  *.*[!0-9.]*) ;;
  *) refuse "It must be a name with a dot, not an IP address."; return ;;
  esac
  ! has_checks || getent ahosts "$1" >/dev/null \
    || refuse "DNS has no address for it. Create a record of type A with that of this machine."
}
is_way() {
  case $1 in
  direct | cloudflare | proxy | remote) ;;
  *) refuse "It must be direct, cloudflare, proxy or remote." ;;
  esac
}
is_address() {
  case $1 in
  *[!0-9a-fA-F.:/,\ ]*) refuse "It must be an IP address or network, such as 10.0.0.2." ;;
  esac
}
is_email() {
  case $1 in
  *[!A-Za-z0-9._%+@-]* | *@*@*) refuse "It must be such as you@example.org." ;;
  ?*@?*.?*) ;;
  *) refuse "It must be such as you@example.org." ;;
  esac
}
is_url() {
  case $1 in http://?* | https://?*) ;; *) refuse "It must begin with https://" ;; esac
}
is_sign_up() {
  case $1 in
  open | domain | invitation | closed) ;;
  *) refuse "It must be open, domain, invitation or closed." ;;
  esac
}
is_budget() {
  case $1 in
  none) ;;
  *[!0-9.]* | .* | *. | *.*.* | 0) refuse "It must be a number such as 10, or none." ;;
  esac
}
quoted() { printf '%s' "$1" | sed 's/[\\"]/\\&/g'; } # for the configuration of curl
accepts_key() {
  case $1 in *[!!-~]*) refuse "It contains a space or a letter that no key has."; return ;; esac
  has_checks || return 0
  url=$(value_of RUNPOD_BASE_URL)
  url=${url:-https://api.runpod.ai/v2}
  # The status of a job that does not exist, which is free.
  status=$(printf 'header = "Authorization: Bearer %s"\n' "$(quoted "$1")" \
    | curl -K - -sS -m 20 -o /dev/null -w '%{http_code}' \
      "${url%/}/black-forest-labs-flux-1-schnell/status/artgen-install" 2>&1) \
    || { refuse "RunPod cannot be reached: $status"; return; }
  case $status in
  401 | 403) refuse "RunPod rejects this key ($status). Create one: runpod.io, Settings." ;;
  esac
}
accepts_email() {
  case $1 in
  consolemail://*) return 0 ;;
  smtp://?* | smtp+tls://?* | smtps://?* | smtp+ssl://?*) ;;
  *)
    refuse "It must be such as smtp+tls://USER:PASSWORD@HOST:587; %40 stands for @ in USER."
    return
    ;;
  esac
  has_checks || return 0
  case $1 in
  smtp+tls://*) set -- "smtp://${1#*://}" --ssl-reqd ;;
  smtp://*) ;;
  *) set -- "smtps://${1#*://}" ;;
  esac
  url=$(quoted "$1")
  shift
  reply=$(printf 'url = "%s"\n' "$url" \
    | curl -K - -sS -m 20 -X NOOP -o /dev/null "$@" 2>&1) \
    || refuse "The mail server does not accept it: $reply"
}
accepts_bucket() { # with s3_… of the questions
  has_checks || return 0
  reply=$(printf 'user = "%s:%s"\n' "$(quoted "$s3_key")" "$(quoted "$s3_secret")" \
    | curl -K - -sS -m 20 --aws-sigv4 "aws:amz:$s3_region:s3" -w '\n%{http_code}' \
      "${s3_url%/}/$s3_bucket?list-type=2&max-keys=1" 2>&1) \
    || { refuse "$s3_url cannot be reached: $reply"; return; }
  status=$(printf '%s' "$reply" | tail -n 1)
  code=$(printf '%s' "$reply" | tr -d '\n' | sed -n 's/.*<Code>\([A-Za-z]*\)<.*/\1/p')
  case "$status $code" in
  2*) ;;
  *NoSuchBucket) say "The bucket $s3_bucket does not exist yet: the first start creates it." ;;
  *InvalidAccessKeyId) refuse "S3_ACCESS_KEY_ID: the storage does not know it." ;;
  *SignatureDoesNotMatch)
    refuse "S3_SECRET_ACCESS_KEY is not the secret of that key, or S3_REGION is wrong."
    ;;
  403*) refuse "The key may not list the bucket $s3_bucket (${code:-403})." ;;
  *) refuse "The storage answers ${code:-$status}: check S3_ENDPOINT_URL and S3_REGION." ;;
  esac
}
ask_bucket() {
  while :; do
    ask S3_ENDPOINT_URL "Address of the S3 storage" https://storage.yandexcloud.net is_url
    s3_url=$answer
    ask S3_REGION "Its region" ru-central1 anything
    s3_region=$answer
    ask S3_BUCKET "Name of the private bucket for images" "" anything
    s3_bucket=$answer
    ask S3_ACCESS_KEY_ID "Access key of the bucket" "" anything
    s3_key=$answer
    ask S3_SECRET_ACCESS_KEY "Secret of that key" "" anything
    s3_secret=$answer again=''
    if [ -z "$s3_bucket" ] || [ -z "$s3_key" ] || [ -z "$s3_secret" ]; then return; fi
    if complaint=$(accepts_bucket); then
      [ -z "$complaint" ] || say "   $complaint"
      return
    fi
    is_interactive || { problem "$complaint" && return; }
    say "   $complaint"
    again=yes
  done
}

# --- the machine ----------------------------------------------------------------------------------
listens() { # PORT: whether a program of this machine does
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null \
    | awk -v port="$(printf ':%04X' "$1")" '
      $4 == "0A" && substr($2, length($2) - 4) == port { found = 1 }
      END { exit !found }'
}
is_running() { [ -n "$(docker compose ps -q backend 2>/dev/null)" ]; }
check_machine() {
  for program in docker curl; do
    command -v $program >/dev/null || fail "$program is not installed.
   Debian, Ubuntu: apt-get install -y curl && curl -fsSL https://get.docker.com | sh"
  done
  engine=$(docker version --format '{{.Server.Version}}' 2>/dev/null) \
    || fail "Docker does not run, or this user may not use it. Try: sudo deploy/install.sh"
  engine=${engine%%.*}
  [ "$engine" -ge 25 ] \
    || fail "Docker Engine 25 or newer is needed, not $engine: docs.docker.com/engine/install"
  compose=$(docker compose version --short 2>/dev/null) \
    || fail "The compose plugin of Docker is not installed: docs.docker.com/compose/install/linux"
  # github.com/docker/compose/issues/12069
  [ "$(printf '%s\n' "${compose#v}" 2.29.3 | sort -V | head -n 1)" = 2.29.3 ] \
    || say "   Docker Compose $compose: before 2.29.3 it replaces all containers at the first
   \`docker compose up -d\` after an upgrade, and nginx at the first upgrade after one."
  memory=$(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo)
  [ "$memory" -ge 1800 ] || say "   $memory MB of memory: 2 GB are the least, 4 GB are comfortable."
  disk=$(df -Pk . | awk 'NR == 2 { print int($4 / 1024 / 1024) }')
  [ "$disk" -ge 8 ] || say "   $disk GB of free disk: 10 GB are the least."
}
is_configured() { docker volume inspect artgen_config >/dev/null 2>&1; }
has_ipv6() { # a public address, and a Docker that passes on the addresses of clients
  [ "$engine" -ge 27 ] && [ -e /proc/net/if_inet6 ] \
    && awk '$4 == "00" && $1 ~ /^[23]/ { found = 1 } END { exit !found }' /proc/net/if_inet6
}

# --- the steps ------------------------------------------------------------------------------------
title "This machine"
exec 9<deploy/install.sh
flock -n 9 || fail "Another deploy/install.sh is running here."
check_machine
say "   Docker $engine, $memory MB of memory, $disk GB of free disk"

title "Questions (what .env has is kept)"
url=$(in_file PUBLIC_URL)
case ${DOMAIN:+asked}$url in
https://*)
  domain=${url#https://}
  domain=${domain%/}
  say "   $url"
  ;;
*)
  ask DOMAIN "Name of the site, such as art.example.org" "" is_domain
  domain=$answer
  ;;
esac
way=''
if [ -z "${HTTPS:-}" ] && [ "https://$domain" = "${url%/}" ]; then
  say "   https: as in .env"
else
  say "Who ends TLS? direct: this machine; cloudflare: this machine, behind Cloudflare;
  proxy: a reverse proxy on this machine; remote: a reverse proxy on another one."
  ask HTTPS "direct, cloudflare, proxy or remote" direct is_way
  way=$answer
fi
if [ "$way" = remote ]; then
  ask PROXY_ADDRESS "Address of that proxy" "" is_address
  proxy=$answer
  ask BIND_ADDRESS "Address of this machine that the proxy uses" 0.0.0.0 is_address
  bind=$answer
fi
if [ "$way" = direct ] || [ "$way" = cloudflare ]; then
  for port in 80 443; do
    if listens $port && ! is_running; then
      problem "Port $port is in use. If that is a web server, let it be the proxy: HTTPS=proxy."
    fi
  done
fi
ADMIN_EMAIL=${ADMIN_EMAIL:-$(value_of ACME_EMAIL)}
ask ADMIN_EMAIL "Your email: the first account, and the contact for the certificate" "" is_email
admin=$answer
ask RUNPOD_API_KEY "API key of RunPod" "" accepts_key
runpod=$answer
ask_bucket
ask EMAIL_URL "Mail server, such as smtp+tls://USER:PASSWORD@HOST:587 (empty: none yet)" - \
  accepts_email
email=$answer
if is_configured; then as_before=-; else as_before=''; fi # of an installation nothing is changed
ask SIGN_UP "Who may sign up: invitation (whom you invite), domain, open (everyone) or closed" \
  "${as_before:-invitation}" is_sign_up
sign_up=$answer domains=''
if [ "$sign_up" = domain ]; then
  ask SIGN_UP_DOMAINS "Domains of their emails, such as example.org,example.com" "" anything
  domains=$answer
fi
ask BUDGET "Dollars a day that all jobs may cost (none: no limit)" "${as_before:-10}" is_budget
budget=$answer
[ -z "$problems" ] || fail "Nothing was changed. Correct the above and run deploy/install.sh again."

title ".env"
write PUBLIC_URL "https://$domain"
write RUNPOD_API_KEY "$runpod"
write S3_ENDPOINT_URL "$s3_url"
write S3_REGION "$s3_region"
write S3_BUCKET "$s3_bucket"
write S3_ACCESS_KEY_ID "$s3_key"
write S3_SECRET_ACCESS_KEY "$s3_secret"
keep ACME_EMAIL "$admin"
if [ -n "$email" ]; then
  write EMAIL_URL "$email"
  keep DEFAULT_FROM_EMAIL "ArtGen <noreply@$domain>"
fi
[ -z "$sign_up" ] || write SIGN_UP "$sign_up"
[ -z "$domains" ] || write SIGN_UP_DOMAINS "$domains"
case $way in
direct | cloudflare)
  write NGINX_SERVER tls
  write TLS_DIR certificates
  write BIND_ADDRESS 0.0.0.0
  write PORT 80
  write TLS_PORT 443
  set_profiles https
  # The network of an installation would have to be made again.
  if has_ipv6 && ! docker network inspect artgen_outside >/dev/null 2>&1; then
    keep COMPOSE_FILE docker-compose.yml:deploy/compose.ipv6.yml
    write BIND_ADDRESS_IPV6 '[::]'
  fi
  if [ "$way" = cloudflare ]; then proxy=cloudflare; else proxy=''; fi
  write NGINX_TRUSTED_PROXIES "$proxy"
  ;;
proxy | remote)
  set_profiles
  write NGINX_SERVER http
  if [ "$way" = proxy ]; then bind=127.0.0.1 proxy=host; fi
  write BIND_ADDRESS "$bind"
  write NGINX_TRUSTED_PROXIES "$proxy"
  case $(in_file PORT) in '' | 80) write PORT 8000 ;; esac # 80 is for the proxy
  [ -z "$(in_file BIND_ADDRESS_IPV6)" ] || write BIND_ADDRESS_IPV6 '[::1]'
  ;;
esac
keep GRAFANA_PASSWORD "$(generate)"
# An installation without these has its own in the volume `config`, and PostgreSQL uses them.
if ! is_configured; then
  keep SECRET_KEY "$(generate)"
  keep POSTGRES_PASSWORD "$(generate)"
fi
say "   written, readable for $(id -un) only. Keep a copy elsewhere: it has all secrets."

title "Start (the first time it builds images, which takes some minutes)"
# Not `up --build`: of the services that share an image each gets its own, and the next `up` would
# replace their containers.
{ is_running || docker compose build; } && docker compose up -d || {
  docker compose logs --no-log-prefix --tail 20 configure release nginx >&2 || true
  fail "It did not start, see above. Correct it and run deploy/install.sh again."
}

title "The first account"
docker compose exec -T backend python manage.py create_user "$admin" --superuser
case $budget in
'' | none) ;;
*) docker compose exec -T backend python manage.py budgets --set "$budget" ;;
esac

title "What is left"
if has_profile https; then
  tries=0
  until docker compose exec -T certificate deploy/certificate.sh healthy >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ $tries -lt 60 ] || break
    sleep 2
  done
  [ $tries -lt 60 ] || {
    docker compose logs --no-log-prefix --tail 20 certificate >&2 || true
    say "-  There is no certificate yet, see above. It is requested again every 15 minutes, and now
   by: docker compose restart certificate"
  }
fi
case $way in
proxy | remote)
  say "-  Configure the proxy, for port $(in_file PORT): deploy/proxies has examples."
  ;;
direct)
  if [ -z "$(in_file BIND_ADDRESS_IPV6)" ] && has_checks \
    && getent ahostsv6 "$domain" | grep -q '^[23][0-9a-f]*:'; then
    say "-  The domain has an address of IPv6, at which nothing listens. Remove the record AAAA, or
   see IPv6 in deploy/docs/https.md."
  fi
  ;;
cloudflare) say '-  Cloudflare, SSL/TLS: choose Full (strict) when the certificate has come.' ;;
esac
[ -n "$email" ] || say "-  No mail server: emails are in the log of slow. Set EMAIL_URL and
   DEFAULT_FROM_EMAIL in .env, then: docker compose up -d"
[ -n "$(in_file BACKUP_DIR)" ] \
  || say "-  Backups: a dump of the database every day, on this machine. In .env, BACKUP_DIR puts them
   elsewhere, BACKUP_FILES=true adds the images, see deploy/docs/backups.md."
[ -n "$(in_file MFA_REQUIRED)" ] \
  || say "-  Recommended when you have a second factor: MFA_REQUIRED=staff in .env"
docker compose exec -T backend python manage.py doctor \
  || say "-  The doctor has found something, see above."
say "
ArtGen is at https://$domain, the admin at https://$domain/admin/. Sign in as $admin."
