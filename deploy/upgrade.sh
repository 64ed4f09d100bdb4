#!/bin/sh
# Takes a running installation to the code of this folder, without a failed request: git pull && deploy/upgrade.sh
# For docker compose and for `make stack` alike; with both on one machine, name it: deploy/upgrade.sh compose|stack
#
#   1. looks whether what runs is well, builds what is new, migrates (new tables and columns beside the old ones)
#   2. starts stand-ins of web and sockets with the new code; nobody is sent to them before their /readyz is green
#   3. restarts worker and beat; a worker finishes what it has begun
#   4. lets the stand-ins lead, restarts web and sockets, lets these lead again, ends the stand-ins: requests under way
#      get 30 s, sockets are told 1012 and come back at once
# When something is not well within UPGRADE_PATIENCE seconds, all goes back to the code before, and the exit code is 1.
set -eu
cd -P "$(dirname "$0")/.."
patience=${UPGRADE_PATIENCE:-90}
trap '' HUP PIPE # it goes on when the terminal is gone

say() { echo "$(date +%H:%M:%S) upgrade: $*" || true; }
fail() { say "$*"; exit 1; }

# --- make stack: folders of code, supervisor ---------------------------------------------------------------------------
stack_open() {
  . deploy/installation.sh
  [ -f "$RUN_DIR/release" ] || return 1
  PYTHON=$(of main; echo "$PYTHON")
  supervised || return 1
  old=$(of main; echo "$VERSION")
  new=$(version_here)
  lock="$DATA_DIR/upgrade.lock"
}
of() { if [ "$1" = next ]; then . "$RUN_DIR/release.next"; else . "$RUN_DIR/release"; fi; }
program() { if [ "$2" = next ]; then echo "$1-next"; else echo "$1"; fi; }
stack_is_ready() {
  if [ "${NGINX_SERVER:-http}" = tls ]; then address="https://127.0.0.1:${NGINX_TLS_PORT:-8443}"; else address="http://127.0.0.1:$NGINX_PORT"; fi
  "$PYTHON" deploy/ask.py "$address" /readyz
}
stack_build() {
  cp "$RUN_DIR/release" "$RUN_DIR/release.before"
  # A shell of its own, for in one whose success is asked about `set -e` holds nothing up.
  sh -euc '. deploy/installation.sh; prepare "$1" "$2"' prepare "$PYTHON" "$RUN_DIR/release.next"
}
stack_release() { (of next; cd "$CODE" && "$PYTHON" -m artgen.connection_budget upgrade && deploy/start.sh release); }
stack_use() { # before|next: from now on programs start from that folder
  cp "$RUN_DIR/release.$1" "$RUN_DIR/release.half"
  mv -f "$RUN_DIR/release.half" "$RUN_DIR/release"
}
stack_start_next() { supervise start "$1-next"; }
stack_stop_next() { supervise stop $(for each in "$@"; do echo "$each-next"; done) 2>/dev/null || true; }
stack_restart() {
  supervise stop "$@"
  for each in "$@"; do rm -f "$RUN_DIR/$each.alive"; done # what those before said is no sign of these
  supervise start "$@"
}
stack_handover() { (of "$3"; "$CODE/deploy/handover.sh" "$@"); }
stack_alive() { (of main; ALIVE_FILE="$RUN_DIR/$1.alive" "$CODE/deploy/start.sh" alive); }
stack_life() { supervise pid "$(program "$1" "$2")"; }
stack_nginx() { (of main; "$CODE/nginx/reload.sh" "$RUN_DIR/nginx"); }
stack_succeeded() { forget; }
stack_failed() { cp "$RUN_DIR/release" "$RUN_DIR/release.next"; forget; }

# --- docker compose: images --------------------------------------------------------------------------------------------
compose_open() {
  command -v docker >/dev/null && [ -n "$(docker compose ps -q backend 2>/dev/null)" ] || return 1
  image=$(docker inspect -f '{{.Config.Image}}' "$(container web main)")
  old=${image##*:}
  new=$(git describe --tags --always --dirty 2>/dev/null || echo version)
  # An image that is there is never built over: going back needs it.
  if docker image inspect "artgen:$new" >/dev/null 2>&1; then new="$new-$(date +%Y%m%d-%H%M%S)"; fi
  lock="/tmp/artgen-upgrade-$(id -u).lock"
}
service() { if [ "$1" = web ]; then echo backend; else echo "$1"; fi; }
container() { if [ "$2" = next ]; then echo "artgen-$1-next"; else docker compose ps -q "$(service "$1")"; fi; }
compose_is_ready() {
  docker compose exec -T nginx sh -c \
    'if [ "$NGINX_SERVER" = tls ]; then at=https://127.0.0.1:8443; else at=http://127.0.0.1:8080; fi; curl -fsSk -o /dev/null $at/readyz'
}
compose_build() { ARTGEN_VERSION=$new docker compose build --quiet release; }
compose_release() {
  export ARTGEN_VERSION="$new"
  docker compose run --rm -T --no-deps configure &&
    docker compose run --rm -T --no-deps --entrypoint python release -m artgen.connection_budget upgrade &&
    docker compose run --rm -T --no-deps release
}
compose_use() { if [ "$1" = next ]; then export ARTGEN_VERSION="$new"; else export ARTGEN_VERSION="$old"; fi; }
compose_start_next() {
  ARTGEN_VERSION=$new docker compose run -d -T --no-deps --name "artgen-$1-next" "$(service "$1")" "$1" next >/dev/null
}
compose_stop_next() {
  set -- $(for each in "$@"; do echo "artgen-$each-next"; done)
  docker stop -t 35 "$@" >/dev/null 2>&1 || true
  docker rm -f "$@" >/dev/null 2>&1 || true
}
compose_restart() {
  docker compose --progress quiet up -d --no-deps --no-build --force-recreate --quiet-pull $(for each in "$@"; do service "$each"; done)
}
compose_handover() { docker exec "$(container "$2" "$3")" deploy/handover.sh "$@"; }
compose_alive() { docker exec "$(container "$1" main)" deploy/start.sh alive; }
compose_life() { docker inspect -f '{{.State.StartedAt}} {{.State.Running}}' "$(container "$1" "$2")"; }
compose_nginx() { docker compose exec -T nginx sh -c '"$NGINX_TEMPLATES/reload.sh" "$RUN_DIR/nginx"'; }
compose_succeeded() { # the next `docker compose up` is to take the same images
  touch .env
  { grep -v '^ARTGEN_VERSION=' .env || true; } >.env.half
  echo "ARTGEN_VERSION=$new" >>.env.half
  chmod --reference=.env .env.half
  mv -f .env.half .env
}
compose_failed() { docker compose run --rm -T --no-deps release publish && compose_nginx; }

# --- the steps, for both -----------------------------------------------------------------------------------------------
well() { # WHAT TURN COMMAND…: 0 as soon as the command says so; 1 when what was started has died, or patience ends
  what=$1 turn=$2
  shift 2
  life=$("${mode}_life" "$what" "$turn" 2>/dev/null) || life=
  end=$(($(date +%s) + patience)) looks=0
  until "$@" >/dev/null 2>&1; do
    looks=$((looks + 1))
    if [ $((looks % 4)) = 0 ]; then # looking takes time that the one that starts could use
      now=$("${mode}_life" "$what" "$turn" 2>/dev/null) || now=
      if [ -z "$now" ] || [ "$now" != "$life" ]; then say "$what has died"; return 1; fi
    fi
    if [ "$(date +%s)" -ge "$end" ]; then say "$what is not well after $patience s"; return 1; fi
    sleep 0.5
  done
}
ready() { well "$1" "$2" "${mode}_handover" ready "$1" "$2"; }

restart() { # WHAT…: all at once
  say "$*: restart"
  "${mode}_restart" "$@" || true
}
well_again() {
  case $1 in
  web | sockets) ready "$1" main ;;
  *) well "$1" main "${mode}_alive" "$1" ;;
  esac
}
replace() { # WHAT…: with the new code
  touched="$* $touched"
  restart "$@"
  for what in "$@"; do well_again "$what" || back; done
}

stand_in() { # web|sockets: the stand-in leads, the real one ends what it has begun; 1 when the stand-in is not there
  "${mode}_handover" ready "$1" next || return 1
  "${mode}_handover" lead "$1" next
  if [ "$1" = web ]; then "${mode}_handover" drain web main; fi
}

take_over() { # WHAT…: the real ones lead, their stand-ins end what they have begun
  for each in "$@"; do "${mode}_handover" lead "$each" main; done
  case $leading/$* in ?*/*web*) "${mode}_handover" drain web next || true ;; esac
  "${mode}_stop_next" "$@"
}

back() {
  trap '' INT TERM
  set +e
  say "rolls back to $old"
  "${mode}_use" before
  if [ "$leading" = both ]; then for what in web sockets; do stand_in "$what"; done; fi
  lost='' found=''
  if [ -n "$touched" ]; then restart $touched; fi
  for what in $touched; do
    well_again "$what" || { say "$what: NOT WELL with $old either, see its log"; lost="$lost $what"; }
  done
  for what in web sockets; do
    # Somebody must serve: where the real one is lost, its stand-in stays.
    case $lost in *$what*) ;; *) found="$found $what" ;; esac
  done
  take_over $found
  "${mode}_failed"
  if [ -z "$lost" ] && "${mode}_is_ready"; then
    say "ROLLED BACK: $old serves as before; what was wrong with $new stands above and in the log"
  else
    say "ROLLED BACK, BUT NOT WELL: look at /readyz and at the log"
  fi
  exit 1
}

mode=${1:-}
if [ -z "$mode" ]; then
  if (stack_open); then mode=stack; fi
  if (compose_open); then mode="${mode:+both, }compose"; fi
fi
case $mode in
stack | compose) "${mode}_open" || fail "no $mode of ArtGen runs here" ;;
'') fail "nothing runs here that could be upgraded; start it: docker compose up -d, or make stack" ;;
*) fail "which one? deploy/upgrade.sh stack, or deploy/upgrade.sh compose" ;;
esac
exec 9>"$lock"
flock -n 9 || fail "another upgrade is under way"

say "$mode: from $old to $new"
"${mode}_is_ready" || fail "/readyz is not green: first make well what runs (manage.py doctor)"
touched='' leading='' # who has led since: nobody new, the stand-ins, or both these and what was replaced
for what in web sockets; do
  "${mode}_handover" ready "$what" main || fail "$what does not answer: first make well what runs"
done
take_over web sockets # an upgrade that was killed may have left stand-ins

say "builds"
"${mode}_build" || fail "could not be built; nothing has changed"
say "migrates"
"${mode}_release" || fail "was refused (see above); $old serves as before"

trap back INT TERM
say "web, sockets: start beside those that serve"
for what in web sockets; do "${mode}_start_next" "$what" || back; done
for what in web sockets; do ready "$what" next || back; done
"${mode}_use" next
replace worker beat
leading=next
for what in web sockets; do "${mode}_handover" lead "$what" next || back; done
"${mode}_handover" drain web main || back
replace web sockets
leading=both
for what in web sockets; do "${mode}_handover" lead "$what" main || back; done
"${mode}_nginx" || back
"${mode}_is_ready" || back
trap '' INT TERM
take_over web sockets
"${mode}_succeeded"
say "DONE: $new serves"
