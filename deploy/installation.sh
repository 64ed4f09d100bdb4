# Where this machine's installation without containers lies, and how a version gets its folder there: what stack.sh and
# upgrade.sh share. To be sourced, from the folder of the version.
#   DATA_DIR/releases/VERSION.XXXXXX  a version's code, so that `git pull` changes nothing under what runs
#   DATA_DIR/static/KEY               its static files, by their content     DATA_DIR/public  those of all, served by nginx
#   DATA_DIR/packages/KEY             Python packages of versions that want others than the first
#   RUN_DIR/release                   which of the folders runs: CODE, PYTHON, STATIC_ROOT, VERSION

if [ -f .env ]; then # what the environment says already wins
  while IFS= read -r line || [ -n "$line" ]; do
    name=${line%%=*}
    case $name in '' | '#'* | *[!A-Z0-9_]*) continue ;; esac
    value=${line#*=}
    case $value in \"*\") value=${value#\"}; value=${value%\"} ;; \'*\') value=${value#\'}; value=${value%\'} ;; esac
    eval "[ -n \"\${$name+set}\" ]" || export "$name=$value"
  done <.env
fi
PORT=${PORT:-8000}
DATA_DIR=${DATA_DIR:-.data}
mkdir -p "$DATA_DIR"
DATA_DIR=$(cd "$DATA_DIR" && pwd)
RUN_DIR=${RUN_DIR:-$DATA_DIR/run}
# The path of a Unix socket has at most 107 characters.
if [ ${#RUN_DIR} -ge 85 ]; then
  RUN_DIR=${XDG_RUNTIME_DIR:-/tmp}/artgen-$(id -u)-$(printf %s "$DATA_DIR" | cksum | cut -d ' ' -f 1)
  mkdir -p -m 700 "$RUN_DIR"
  [ -O "$RUN_DIR" ] || { echo "$RUN_DIR belongs to somebody else; set RUN_DIR." >&2; exit 1; }
fi
mkdir -p "$RUN_DIR"
if [ -z "${SECRET_KEY:-}${SECRET_KEY_FILE:-}" ]; then export SECRET_KEY_FILE="$DATA_DIR/secret_key"; fi
export PORT DATA_DIR RUN_DIR PUBLIC_URL="${PUBLIC_URL:-http://127.0.0.1:$PORT}"
export NGINX_PORT="$PORT" NGINX_STATIC="$DATA_DIR/public"
collected=${STATIC_ROOT:-$DATA_DIR/static}

version_here() { git describe --tags --always --dirty 2>/dev/null || echo unversioned; }

supervise() { "$PYTHON" deploy/supervise.py "$RUN_DIR/supervisor.sock" "$@"; }

supervised() { supervise running 2>/dev/null; }

prepare() { # PYTHON FILE: a folder with this code, its packages, its static files; FILE says where all of it is
  from=$PWD
  CODE=$(mktemp -d "$DATA_DIR/releases/$(version_here | tr -c 'A-Za-z0-9._\n-' _).XXXXXX")
  chmod 755 "$CODE"
  cp -a accounts artgen deploy generation nginx manage.py requirements.txt "$CODE"
  cd "$CODE"
  PYTHON=$1
  # The running processes keep their packages; other ones get a place of their own.
  if [ -f "$RUN_DIR/release" ] && ! cmp -s requirements.txt "$(. "$RUN_DIR/release" && echo "$CODE/requirements.txt")"; then
    packages="$DATA_DIR/packages/$(cksum <requirements.txt | tr -s ' ' -)"
    if [ ! -e "$packages/complete" ]; then
      rm -rf "$packages"
      "$PYTHON" -m venv "$packages"
      URLLIB3_NO_OVERRIDE=1 PIP_NO_CACHE_DIR=1 "$packages/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
        -r requirements.txt
      : >"$packages/complete"
    fi
    PYTHON="$packages/bin/python"
  fi
  key=$( (find artgen accounts generation -path '*/static/*' -type f -exec cksum {} + | sort
    cksum requirements.txt artgen/frontend/assets.py artgen/frontend/bundles.py) | cksum | tr -s ' ' -)
  STATIC_ROOT="$collected/$key"
  export PYTHON STATIC_ROOT
  if [ ! -s "$STATIC_ROOT/staticfiles.json" ]; then # compressing takes a while
    rm -rf "$STATIC_ROOT" "$collected/.making"
    STATIC_ROOT="$collected/.making" deploy/start.sh static
    mv "$collected/.making" "$STATIC_ROOT"
  fi
  printf "export CODE='%s' PYTHON='%s' STATIC_ROOT='%s' VERSION='%s'\n" \
    "$CODE" "$PYTHON" "$STATIC_ROOT" "$(cd "$from" && version_here)" >"$2"
}

forget() { # removes what neither runs nor ran before
  for folder in "$DATA_DIR"/releases/* "$DATA_DIR"/static/* "$DATA_DIR"/packages/*; do
    if [ -d "$folder" ] && ! grep -qs "'$folder['/]" "$RUN_DIR/release" "$RUN_DIR/release.before"; then rm -rf "$folder"; fi
  done
}
