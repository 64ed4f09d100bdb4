#!/bin/sh
# Write one file per secret, and per value that the demo sets, into /config; the first container.
# The other containers read them as NAME_FILE. Missing secrets of ArtGen itself are generated once.
# PostgreSQL and Grafana have other users: they get volumes of their own, and this user's group.
set -eu
umask 077
cd "${CONFIG_DIR:-/config}"
mkdir -p postgres grafana
chmod 750 postgres grafana
# Those of versions up to ccef36fe, whose containers may still run, stay readable; 0.2 removes them.
find . -maxdepth 1 -type f ! -name postgres_password ! -name grafana_password -exec chmod 600 {} +
missing=
demo=
find_demo="import socket; socket.gethostbyname('${DEMO_HOST:-}')"
[ -z "${DEMO_HOST:-}" ] || ! python -c "$find_demo" 2>/dev/null || demo=yes

file_of() { # NAME
  case $1 in
  POSTGRES_PASSWORD) echo postgres/postgres_password ;;
  GRAFANA_PASSWORD) echo grafana/grafana_password ;;
  *) echo "$1" | tr '[:upper:]' '[:lower:]' ;;
  esac
}
set_to() { printf '%s' "$2" >"$(file_of "$1")"; }     # NAME VALUE
keep() { # NAME VALUE: the value of .env, else the one that was kept, else VALUE
  eval "given=\${$1:-}"
  if [ -n "$given" ]; then
    set_to "$1" "$given"
  elif [ ! -s "$(file_of "$1")" ]; then
    set_to "$1" "$2"
  fi
}
need() { # NAME DEMO-VALUE WHAT: the value of .env, else that of the demo, else it is missing
  eval "given=\${$1:-}"
  if [ -n "$given" ]; then
    set_to "$1" "$given"
  elif [ -n "$demo" ]; then
    set_to "$1" "$2"
  else
    missing="$missing
  $1 - $3"
  fi
}
generate() { python -c 'import secrets; print(secrets.token_urlsafe(50))'; }

keep SECRET_KEY "$(generate)"
for name in POSTGRES_PASSWORD GRAFANA_PASSWORD; do
  file=$(file_of "$name")
  keep "$name" "$(cat "${file#*/}" 2>/dev/null || generate)"
  chmod 640 "$file"
done
quote='import sys, urllib.parse; print(urllib.parse.quote(sys.stdin.read(), safe=""))'
postgres="postgres://artgen:$(python -c "$quote" <postgres/postgres_password)@postgres:5432/artgen"
set_to DATABASE_URL "${DATABASE_URL:-$postgres}"
set_to EMAIL_URL "${EMAIL_URL:-consolemail://}"
set_to SETTING_NAMES "$(python -c 'import os; print(*os.environ)')"

need RUNPOD_API_KEY demo "your key from RunPod's settings"
need S3_BUCKET artgen "the bucket for images (manage.py setup_bucket creates it)"
need S3_ACCESS_KEY_ID demo "the access key of the bucket"
need S3_SECRET_ACCESS_KEY demo-secret "the secret key of the bucket"
if [ -n "$demo" ] && [ -z "${RUNPOD_API_KEY:-}" ]; then
  set_to RUNPOD_BASE_URL "http://$DEMO_HOST:8010/v2"
  set_to RUNPOD_IMAGE_HOSTS "$DEMO_HOST:8010"
else
  set_to RUNPOD_BASE_URL "${RUNPOD_BASE_URL:-https://api.runpod.ai/v2}"
  set_to RUNPOD_IMAGE_HOSTS "${RUNPOD_IMAGE_HOSTS:-image.runpod.ai}"
fi
if [ -n "$demo" ] && [ -z "${RUNPOD_API_KEY:-}${PROMPT_HELPER_URL:-}" ]; then
  # A stand-in: the emulator's dictionary, with the emulator's key.
  set_to PROMPT_HELPER_API_KEY ""
  set_to PROMPT_HELPER_URL "http://$DEMO_HOST:8010/v2/dictionary/openai/v1"
  set_to PROMPT_HELPER_MODEL "demo dictionary (stand-in)"
  set_to PROMPT_HELPER_VISION_MODEL "demo colors (stand-in)"
else
  set_to PROMPT_HELPER_API_KEY "${PROMPT_HELPER_API_KEY:-}"
  set_to PROMPT_HELPER_URL "${PROMPT_HELPER_URL:-}"
  set_to PROMPT_HELPER_MODEL "${PROMPT_HELPER_MODEL:-}"
  set_to PROMPT_HELPER_VISION_MODEL "${PROMPT_HELPER_VISION_MODEL:-}"
fi
if [ -n "$demo" ] && [ -z "${S3_BUCKET:-}" ]; then
  set_to S3_ENDPOINT_URL http://s3:8333
  set_to S3_REGION us-east-1
  set_to S3_PUBLIC_URL "$PUBLIC_URL/s3"
else
  set_to S3_ENDPOINT_URL "${S3_ENDPOINT_URL:-https://storage.yandexcloud.net}"
  set_to S3_REGION "${S3_REGION:-ru-central1}"
  set_to S3_PUBLIC_URL "${S3_PUBLIC_URL:-}"
fi

if [ -n "$missing" ]; then
  cat >&2 <<MISSING
ArtGen cannot start. These are missing in .env:$missing
Copy deploy/env.example to .env and set them, or try ArtGen without any key:
docker compose --profile demo up
MISSING
  exit 1
fi
[ -z "$demo" ] || cat <<DEMO
Demo: uses the RunPod emulator and the S3 server unless .env names others.
DEMO
cat <<DONE
Configured for $PUBLIC_URL
DONE
