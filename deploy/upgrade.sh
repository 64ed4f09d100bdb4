#!/bin/sh
# Upgrade the running containers to the code of this folder without a failed request.
# Usage: git pull && deploy/upgrade.sh [--plan | --force]
#   --plan   build, say what the upgrade would do (migrations, settings, release notes), change nothing
#   --force  also when what runs is not healthy, such as to go back to a version that worked:
#            requests fail until the other version serves, and there is no healthy version to roll
#            back to
#
#   1. check that what runs is healthy, build or pull the images, say what follows, migrate (which
#      only adds to the schema)
#   2. start a second web and a second sockets process with the new code (`next`); they get no
#      requests before their /readyz is green
#   3. restart the workers, which finish what they have begun
#   4. let the second processes lead, restart web and sockets, let these lead again, end the second
#      ones: requests in progress get 30 s, sockets are closed with 1012 and reconnect
#   5. restart further web containers (docker compose --scale); start nginx and certificate again if
#      their image or their values in .env have changed; remove images of old versions
# If anything is not healthy within UPGRADE_PATIENCE seconds, everything goes back to the version
# before, and the exit status is 1. What was said, with the log of the container that failed, is in
# .data/upgrades. The newest UPGRADE_KEEP_IMAGES images of versions are kept.
# shellcheck disable=SC2046,SC2086 # lists of names are split on purpose
set -eu
mode=${1:-}
case $mode in
'' | --plan | --force) [ $# -le 1 ] || mode=wrong ;;
*) mode=wrong ;;
esac
if [ "$mode" = wrong ]; then
  sed -n '3,7s/^# //p' "$0" >&2
  exit 2
fi
cd -P "$(dirname "$0")/.."
patience=${UPGRADE_PATIENCE:-90}
logs=.data/upgrades
begun=$(date +%s)
trap '' HUP PIPE # continue when the terminal is closed

say() { echo "$(date +%H:%M:%S) upgrade: $*" || true; }
fail() { say "$*"; exit 1; }
keep_log() { # of all further output
  mkdir -p "$logs" || return 0
  log="$logs/$(date +%Y%m%d-%H%M%S).log"
  pipe=$(mktemp -u "${TMPDIR:-/tmp}/artgen-upgrade.XXXXXX")
  mkfifo -m 600 "$pipe"
  tee -a "$log" <"$pipe" 9>&- &
  tee=$!
  exec >"$pipe" 2>&1
  rm -f "$pipe"
  trap 'exec >/dev/null 2>&1; wait "$tee"' EXIT
}

# --- docker compose -------------------------------------------------------------------------------
# WHAT is web, further (web containers), sockets, or a lane of the workers; TURN is main, or next for the
# second process of an upgrade. All containers of web or sockets share RUN_DIR.
backend=art_generation_backend
service() {
  case $1 in
  web) echo backend ;;
  further) echo web ;;
  *) echo "$1" ;;
  esac
}
containers() { docker compose ps -q "$(service "$1")" 2>/dev/null; } # WHAT
container() {                                                        # WHAT TURN
  case $1/$2 in
  */next) echo "artgen-$1-next" ;;
  web/*) echo "$backend" ;;
  *) containers "$1" | head -n 1 ;;
  esac
}
run_release() { docker compose run --rm -T --no-deps -e LOG_FORMAT=text "$@"; } # people read it

is_ready() {
  docker compose exec -T nginx sh -c 'at=http://127.0.0.1:$NGINX_PORT
    if [ "${NGINX_SERVER:-}" = tls ]; then at=https://127.0.0.1:${NGINX_TLS_PORT:-8443}; fi
    curl -fsSk -o /dev/null $at/readyz'
}
build() {
  ARTGEN_VERSION=$new docker compose "$get" --quiet release backup || return
  # Of these the number in docker-compose.yml is the version.
  for each in nginx/artgen-nginx certificate/artgen-certbot; do
    if [ -z "$(docker compose ps -q "${each%/*}" 2>/dev/null)" ]; then continue; fi
    image=$(docker compose config --images "${each%/*}" | grep "^$registry${each#*/}:")
    docker image inspect "$image" >/dev/null 2>&1 \
      || docker compose "$get" --quiet "${each%/*}" || return
  done
}
release() {
  export ARTGEN_VERSION="$new"
  run_release configure &&
    run_release --entrypoint python release -m artgen.database.connection_budget upgrade &&
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
is_healthy() { # WHAT: all its containers
  ids=$(containers "$1")
  [ -n "$ids" ] || return 1
  for each in $ids; do
    case $1/$ids in
    web/*) handover ready web main ;;
    further/*) docker exec "$each" deploy/handover.sh ready web self ;;
    sockets/"$each") docker exec "$each" deploy/handover.sh ready sockets main ;;
    sockets/*) docker exec "$each" deploy/handover.sh ready sockets self ;;
    *) docker exec "$each" deploy/start.sh alive ;;
    esac || return 1
  done
}
life() { # WHAT TURN: changes when a container dies or is started again
  case $1/$2 in
  */next | web/*) set -- $(container "$1" "$2") ;;
  *) set -- $(containers "$1") ;;
  esac
  docker inspect -f '{{.State.StartedAt}} {{.State.Running}}' "$@"
}
last_words() { # WHAT TURN: the end of its log, before the container is removed
  case $1/$2 in
  */next | web/*) set -- $(container "$1" "$2") ;;
  *) set -- $(containers "$1") ;;
  esac
  for each in "$@"; do docker logs --tail 60 "$each" 2>&1 | sed 's/^/    /'; done || true
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
      # It may have died before the first look, while others were restarted with it.
      if [ "$now" != "$life" ] || echo "$now" | grep -qv ' true$'; then
        say "$what has died. Its log:"
        last_words "$what" "$turn"
        return 1
      fi
    fi
    if [ "$(date +%s)" -ge "$end" ]; then
      say "$what is not healthy after $patience s. Its log:"
      last_words "$what" "$turn"
      return 1
    fi
    sleep 0.5
  done
}
wait_ready() { wait_for "$1" "$2" handover ready "$1" "$2"; } # WHAT TURN
wait_healthy() { wait_for "$1" main is_healthy "$1"; }        # WHAT

count() { containers "$1" | grep -c . || true; } # WHAT
restart() { # WHAT…: all at once, as many containers as there were, whatever .env says
  say "$*: restart"
  set -- $(
    for each in "$@"; do
      case $each in
      further) echo "--scale web=$furthers" ;;
      sockets) echo "--scale sockets=$socketses" ;;
      *) echo "$scales" | grep -o -- "--scale $each=[0-9]*" || true ;;
      esac
    done
    for each in "$@"; do service "$each"; done
  )
  docker compose --progress quiet up -d --no-deps --no-build --force-recreate --quiet-pull "$@" \
    || true
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
  if [ -n "$unwell" ]; then say "it was not healthy before, so it may not be afterwards"; fi
  use "$old"
  if [ "$leading" = both ]; then # the main processes lead already: back to the second ones first
    for what in web sockets; do
      handover ready "$what" next || continue
      handover lead "$what" next
      if [ "$what" = web ]; then handover drain web main; fi
    done
  fi
  lost='' found=''
  for what in $kept; do # the second process of an earlier upgrade serves
    handover ready "$what" main >/dev/null 2>&1 || lost="$lost $what"
  done
  if [ -n "$former" ]; then
    docker compose --progress quiet rm -sf $workers
    docker start $former >/dev/null
    replaced=${replaced%"$workers "}
  fi
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

drain() { # WHAT TURN
  handover drain "$1" "$2" || [ -n "$unwell" ] # one that does not run has no connections
}
settings_changes() { # OLD-EXAMPLE NEW-EXAMPLE
  awk -F= '
    /^#/ { note = substr($0, 3); next }
    !/^[A-Z]/ { next }
    { value = substr($0, length($1) + 2) }
    FNR == NR { old[$1] = value; next }
    { new[$1] }
    !($1 in old) { print "  new: " $0 " - " note; next }
    old[$1] != value { print "  other default: " $1 "=" value ", was " old[$1] }
    END { for (name in old) if (!(name in new)) print "  gone: " name }
  ' "$1" "$2"
}
release_notes() { # the parts "Upgrading" of CHANGELOG.md, down to the version that runs
  number=$old
  case $old in v[0-9]*) number=${old#v} ;; esac
  awk -v old="${number%%-*}" '
    /^## / && $2 == old { exit }
    /^##/ { shown = ($0 == "### Upgrading"); next }
    shown && NF { print "  " $0 }
  ' CHANGELOG.md 2>/dev/null || true
}
plan() { # what this upgrade does
  ARTGEN_VERSION=$new run_release --entrypoint python release manage.py release --plan || true
  before=$(mktemp)
  if ARTGEN_VERSION=$old run_release --entrypoint cat release deploy/env.example \
    >"$before" 2>/dev/null; then
    changes=$(settings_changes "$before" deploy/env.example)
    if [ -n "$changes" ]; then
      echo "Settings (deploy/env.example):"
      echo "$changes"
    else
      echo "Settings: no changes."
    fi
  fi
  rm -f "$before"
  notes=$(release_notes)
  if [ -n "$notes" ]; then
    echo "Release notes:"
    echo "$notes"
  fi
  lasted=$(sed -n 's/.* DONE in \([0-9]*\) s.*/\1/p' "$logs"/*.log 2>/dev/null | tail -n 1)
  echo "After the migrations: one to two minutes.${lasted:+ The last upgrade took $lasted s.}"
}
is_changed() { # SERVICE: it runs, but not as docker-compose.yml and .env want it now
  [ -n "$(docker compose ps -q "$1" 2>/dev/null)" ] \
    && docker compose --dry-run up -d --no-deps --no-build "$1" 2>&1 | grep -q Recreate
}
nginx_accepts() { # its new values
  docker compose run --rm -T --no-deps --entrypoint sh nginx -c '
    "$NGINX_TEMPLATES/render.sh" "$RUN_DIR/try" \
      && nginx -t -q -p "$RUN_DIR/try" -c "$RUN_DIR/try/nginx.conf" -e stderr'
}
start_changed() { # nginx holds the ports, so there cannot be a second one meanwhile
  if is_changed nginx; then
    if nginx_accepts; then
      say "nginx: starts again with its new image or values, for which connections are refused for" \
        "one to three seconds"
      # Sockets would keep it from ending for all of its grace period.
      docker compose --progress quiet up -d --no-deps --no-build -t 1 nginx \
        && wait_for nginx main is_ready || problems=yes
    else
      say "nginx: keeps the image and values that it has, because it refuses the new ones, see above"
      problems=yes
    fi
  fi
  if is_changed certificate; then
    say "certificate: restart"
    docker compose --progress quiet up -d --no-deps --no-build certificate || problems=yes
  fi
}
prune() { # images of old versions; docker keeps those in use
  set -- $(docker image ls --format '{{.Tag}}' "${registry}artgen" | grep -vxF -e "$new" -e "$old" \
    | tail -n "+$((${UPGRADE_KEEP_IMAGES:-3} - 1))")
  for each in "$@"; do
    for name in artgen artgen-backup artgen-demo; do
      if docker image rm "$registry$name:$each" >/dev/null 2>&1; then
        say "removed the image $name:$each"
      fi
    done
  done
}

image=$(docker inspect -f '{{.Config.Image}}' "$backend" 2>/dev/null) || image=
if [ -z "$image" ]; then
  fail "ArtGen is not running here; start it with: docker compose up -d"
fi
old=${image##*:}
new=$(git describe --tags --always --dirty 2>/dev/null || echo version)
registry=${ARTGEN_REGISTRY-$(sed -n "s/[\"']//g; s/^ARTGEN_REGISTRY=//p" .env 2>/dev/null || true)}
get=${registry:+pull}
get=${get:-build}
# An image built here never replaces another: rolling back needs it.
if [ "$get" = build ] && docker image inspect "artgen:$new" >/dev/null 2>&1; then
  new="$new-$(date +%Y%m%d-%H%M%S)"
fi
# So that the version before can return when the registry is another one.
if [ "$image" != "${registry}artgen:$old" ]; then
  for each in artgen artgen-backup; do
    docker tag "${image%artgen:*}$each:$old" "$registry$each:$old" || true
  done
fi
exec 9>"${TMPDIR:-/tmp}/artgen-upgrade-$(id -u).lock"
flock -n 9 || fail "another upgrade is running"
log='' unwell='' kept='' leading='' # leading: none, next, or both next and main have led so far
replaced=''                          # WHAT has been restarted with the new version
keep_log

say "from $old to $new${log:+; this is also written to $log}"
not_well() { # WHY
  case $mode in
  --force)
    unwell=yes
    say "--force: continues although $1. Requests may fail, and no healthy version is left to" \
      "roll back to"
    ;;
  --plan) say "$1" ;;
  *) fail "$1: repair what runs first (manage.py doctor), or see --force" ;;
  esac
}
if [ "$mode" = --force ]; then # what is stopped must run for the next steps
  docker compose --progress quiet up -d --no-deps --no-recreate postgres redis nginx || true
fi
is_ready || not_well "/readyz is not green"
for what in web sockets; do
  if handover ready "$what" main >/dev/null 2>&1; then continue; fi
  not_well "$what does not answer"
  if [ -n "$unwell" ] && handover ready "$what" next >/dev/null 2>&1; then
    say "$what: the second process of an earlier upgrade serves until the new version does"
    kept="$kept $what"
  fi
done
furthers=$(count further) socketses=$(count sockets)
workers='' scales=''
for what in drive store slow; do # a machine may have some of them only
  number=$(count $what)
  if [ "$number" != 0 ]; then workers="$workers $what" scales="$scales --scale $what=$number"; fi
done
[ -n "$workers" ] || workers='drive store slow'
former='' # services that are lanes now, or a part of one
for what in worker make beat; do
  former="$former $(docker ps -q --filter "label=com.docker.compose.service=$what" \
    --filter "label=com.docker.compose.project=${COMPOSE_PROJECT_NAME:-artgen}")"
done
former=$(echo $former)
[ "$socketses" != 0 ] || socketses=1

say "build"
build || fail "the build failed; nothing has changed"
say "what follows"
plan
[ "$mode" != --plan ] || exit 0
for what in web sockets; do # an upgrade that was killed may have left second processes
  case $kept in
  *$what*) ;;
  *) if [ -z "$unwell" ]; then take_over "$what"; else stop_next "$what"; fi ;;
  esac
done
say "migrate"
release || fail "the release step failed, see above${log:+ or $log}; $old serves as before"

trap roll_back INT TERM
say "web, sockets: start the new version beside the old one"
for what in web sockets; do
  case $kept in *$what*) ;; *) start_next "$what" || roll_back ;; esac
done
for what in web sockets; do wait_ready "$what" next || roll_back; done
use "$new"
if [ -n "$former" ]; then docker stop $former >/dev/null; fi
replace $workers
leading=next
for what in web sockets; do handover lead "$what" next || roll_back; done
drain web main || roll_back
replace web sockets
leading=both
for what in web sockets; do handover lead "$what" main || roll_back; done
if [ "$furthers" != 0 ]; then replace further; fi
reload_nginx || roll_back
is_ready || roll_back
trap '' INT TERM
take_over web sockets
if [ -n "$former" ]; then docker rm $former >/dev/null; fi
keep_version
restart backup # it only reads, so it needs no health check here
problems=
start_changed
prune
if [ -n "$problems" ]; then
  say "$new serves, BUT NOT ALL OF IT HAS STARTED as .env wants it, see above"
  exit 1
fi
say "DONE in $(($(date +%s) - begun)) s: $new serves"
