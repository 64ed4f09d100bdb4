#!/bin/sh
# Upgrade the running containers to the code of this folder without a failed request.
# Usage: git pull && deploy/upgrade.sh
#
#   1. check that what runs is healthy, build the images, migrate (which only adds to the schema)
#   2. start a second web and a second sockets process with the new code (`next`); they get no
#      requests before their /readyz is green
#   3. restart worker and beat; a worker finishes what it has begun
#   4. let the second processes lead, restart web and sockets, let these lead again, end the second
#      ones: requests in progress get 30 s, sockets are closed with 1012 and reconnect
# If anything is not healthy within UPGRADE_PATIENCE seconds, everything goes back to the version
# before, and the exit status is 1.
# shellcheck disable=SC2046,SC2086 # lists of names are split on purpose
set -eu
[ $# -eq 0 ] || { echo "Usage: deploy/upgrade.sh (without arguments; it upgrades docker compose)" >&2; exit 2; }
cd -P "$(dirname "$0")/.."
patience=${UPGRADE_PATIENCE:-90}
trap '' HUP PIPE # continue when the terminal is closed

say() { echo "$(date +%H:%M:%S) upgrade: $*" || true; }
fail() { say "$*"; exit 1; }

# --- docker compose -------------------------------------------------------------------------------
# WHAT is web, sockets, worker or beat; TURN is main, or next for the second process of an upgrade.
service() { if [ "$1" = web ]; then echo backend; else echo "$1"; fi; }
services() { for each in "$@"; do service "$each"; done; }
container() { # WHAT TURN
  if [ "$2" = next ]; then echo "artgen-$1-next"; else docker compose ps -q "$(service "$1")"; fi
}
run_release() { docker compose run --rm -T --no-deps "$@"; }

is_ready() {
  docker compose exec -T nginx sh -c 'at=http://127.0.0.1:$NGINX_PORT
    if [ "${NGINX_SERVER:-}" = tls ]; then at=https://127.0.0.1:${NGINX_TLS_PORT:-8443}; fi
    curl -fsSk -o /dev/null $at/readyz'
}
has_backup() { [ -n "$(COMPOSE_PROFILES=backup docker compose ps -q backup 2>/dev/null)" ]; }
build() {
  set -- release
  ! has_backup || set -- release backup
  ARTGEN_VERSION=$new docker compose build --quiet "$@"
}
release() {
  export ARTGEN_VERSION="$new"
  run_release configure &&
    run_release --entrypoint python release -m artgen.connection_budget upgrade &&
    run_release release
}
use() { export ARTGEN_VERSION="$1"; } # VERSION: containers start from this image from now on
start_next() { # WHAT
  ARTGEN_VERSION=$new docker compose run -d -T --no-deps --name "artgen-$1-next" \
    "$(service "$1")" "$1" next >/dev/null
}
stop_next() { # WHAT…
  set -- $(for each in "$@"; do container "$each" next; done)
  docker stop -t 35 "$@" >/dev/null 2>&1 || true
  docker rm -f "$@" >/dev/null 2>&1 || true
}
handover() { docker exec "$(container "$2" "$3")" deploy/handover.sh "$@"; } # VERB WHAT TURN
is_alive() { docker exec "$(container "$1" main)" deploy/start.sh alive; }    # WHAT
life() { # WHAT TURN: changes when the container dies or is started again
  docker inspect -f '{{.State.StartedAt}} {{.State.Running}}' "$(container "$1" "$2")"
}
reload_nginx() {
  docker compose exec -T nginx sh -c '"$NGINX_TEMPLATES/reload.sh" "$RUN_DIR/nginx"'
}
keep_version() { # the next `docker compose up` uses the same images
  touch .env
  { grep -v '^ARTGEN_VERSION=' .env || true; } >.env.half
  echo "ARTGEN_VERSION=$new" >>.env.half
  chmod --reference=.env .env.half
  mv -f .env.half .env
}

# --- the steps ------------------------------------------------------------------------------------
wait_for() { # WHAT TURN COMMAND…: 1 when the process dies or the command does not succeed in time
  what=$1 turn=$2
  shift 2
  life=$(life "$what" "$turn" 2>/dev/null) || life=
  end=$(($(date +%s) + patience)) looks=0
  until "$@" >/dev/null 2>&1; do
    looks=$((looks + 1))
    if [ $((looks % 4)) = 0 ]; then # seldom, so that the process that starts has the CPU
      now=$(life "$what" "$turn" 2>/dev/null) || now=
      if [ -z "$now" ] || [ "$now" != "$life" ]; then say "$what has died"; return 1; fi
    fi
    if [ "$(date +%s)" -ge "$end" ]; then
      say "$what is not healthy after $patience s"
      return 1
    fi
    sleep 0.5
  done
}
wait_ready() { wait_for "$1" "$2" handover ready "$1" "$2"; } # WHAT TURN
wait_healthy() { # WHAT
  case $1 in
  web | sockets) wait_ready "$1" main ;;
  *) wait_for "$1" main is_alive "$1" ;;
  esac
}

restart() { # WHAT…: all at once
  say "$*: restart"
  docker compose --progress quiet up -d --no-deps --no-build --force-recreate --quiet-pull \
    $(services "$@") || true
}
replace() { # WHAT…: by the new version
  replaced="$* $replaced"
  restart "$@"
  for what in "$@"; do wait_healthy "$what" || roll_back; done
}
take_over() { # WHAT…: the main processes lead, the second ones finish what they have begun
  for each in "$@"; do handover lead "$each" main; done
  case $leading/$* in ?*/*web*) handover drain web next || true ;; esac
  stop_next "$@"
}

roll_back() {
  trap '' INT TERM
  set +e
  say "rolling back to $old"
  use "$old"
  if [ "$leading" = both ]; then # the main processes lead already: back to the second ones first
    for what in web sockets; do
      handover ready "$what" next || continue
      handover lead "$what" next
      if [ "$what" = web ]; then handover drain web main; fi
    done
  fi
  lost='' found=''
  if [ -n "$replaced" ]; then restart $replaced; fi
  for what in $replaced; do
    wait_healthy "$what" || { say "$what: NOT HEALTHY with $old, see its log"; lost="$lost $what"; }
  done
  for what in web sockets; do
    # If the main process is lost, the second one stays and serves.
    case $lost in *$what*) ;; *) found="$found $what" ;; esac
  done
  take_over $found
  run_release release publish && reload_nginx
  if [ -z "$lost" ] && is_ready; then
    say "ROLLED BACK: $old serves as before; see above and the log for what was wrong with $new"
  else
    say "ROLLED BACK, BUT NOT HEALTHY: see /readyz and the log"
  fi
  exit 1
}

if ! command -v docker >/dev/null || [ -z "$(docker compose ps -q backend 2>/dev/null)" ]; then
  fail "ArtGen is not running here; start it with: docker compose up -d"
fi
image=$(docker inspect -f '{{.Config.Image}}' "$(container web main)")
old=${image##*:}
new=$(git describe --tags --always --dirty 2>/dev/null || echo version)
# An existing image is never replaced: rolling back needs it.
if docker image inspect "artgen:$new" >/dev/null 2>&1; then new="$new-$(date +%Y%m%d-%H%M%S)"; fi
exec 9>"${TMPDIR:-/tmp}/artgen-upgrade-$(id -u).lock"
flock -n 9 || fail "another upgrade is running"

say "from $old to $new"
is_ready || fail "/readyz is not green: repair what runs first (manage.py doctor)"
replaced='' leading='' # which new processes have led so far: none, next, or both next and main
for what in web sockets; do
  handover ready "$what" main || fail "$what does not answer: repair what runs first"
done
take_over web sockets # an upgrade that was killed may have left second processes

say "build"
build || fail "the build failed; nothing has changed"
say "migrate"
release || fail "the release step failed (see above); $old serves as before"

trap roll_back INT TERM
say "web, sockets: start the new version beside the old one"
for what in web sockets; do start_next "$what" || roll_back; done
for what in web sockets; do wait_ready "$what" next || roll_back; done
use "$new"
replace worker beat
leading=next
for what in web sockets; do handover lead "$what" next || roll_back; done
handover drain web main || roll_back
replace web sockets
leading=both
for what in web sockets; do handover lead "$what" main || roll_back; done
reload_nginx || roll_back
is_ready || roll_back
trap '' INT TERM
take_over web sockets
keep_version
! has_backup || restart backup # it only reads, so it needs no health check here
say "DONE: $new serves"
