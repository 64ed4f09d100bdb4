#!/bin/sh
# In containers, before anything else: one file for each secret and each value that the demo sets itself, in /config.
# The other containers read them as NAME_FILE. What nobody gave and can be drawn by chance is drawn once and kept.
set -eu
umask 022
cd /config
missing=
demo=
[ -z "${DEMO_HOST:-}" ] || ! python -c "import socket; socket.gethostbyname('$DEMO_HOST')" 2>/dev/null || demo=yes

keep() { # NAME VALUE: what .env says now, else what was there, else VALUE
  eval "given=\${$1:-}"
  file=$(echo "$1" | tr '[:upper:]' '[:lower:]')
  if [ -n "$given" ]; then printf '%s' "$given" >"$file"; elif [ ! -s "$file" ]; then printf '%s' "$2" >"$file"; fi
}
set_to() { # NAME VALUE: every time anew
  printf '%s' "$2" >"$(echo "$1" | tr '[:upper:]' '[:lower:]')"
}
need() { # NAME DEMO-VALUE WHAT: from .env, else the demo's, else it is missing
  eval "given=\${$1:-}"
  if [ -n "$given" ]; then set_to "$1" "$given"; elif [ -n "$demo" ]; then set_to "$1" "$2"; else missing="$missing
  $1 - $3"; fi
}
drawn() { python -c 'import secrets; print(secrets.token_urlsafe(50))'; }

keep SECRET_KEY "$(drawn)"
keep POSTGRES_PASSWORD "$(drawn)"
set_to DATABASE_URL "${DATABASE_URL:-postgres://artgen:$(cat postgres_password)@postgres:5432/artgen}"
set_to EMAIL_URL "${EMAIL_URL:-consolemail://}"

need RUNPOD_API_KEY demo "your key from RunPod's settings"
need S3_BUCKET artgen "the bucket for the pictures (manage.py setup_bucket makes it)"
need S3_ACCESS_KEY_ID demo "the bucket's access key"
need S3_SECRET_ACCESS_KEY demo-secret "the bucket's secret key"
if [ -n "$demo" ] && [ -z "${RUNPOD_API_KEY:-}" ]; then
  set_to RUNPOD_BASE_URL "http://$DEMO_HOST:8010/v2"
  set_to RUNPOD_IMAGE_HOSTS "$DEMO_HOST:8010"
else
  set_to RUNPOD_BASE_URL "${RUNPOD_BASE_URL:-https://api.runpod.ai/v2}"
  set_to RUNPOD_IMAGE_HOSTS "${RUNPOD_IMAGE_HOSTS:-image.runpod.ai}"
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
ArtGen cannot start: .env does not say$missing
Copy deploy/env.example to .env and fill these in, or try ArtGen without any key: docker compose --profile demo up
MISSING
  exit 1
fi
[ -z "$demo" ] || echo "Demo: RunPod's stand-in and the S3 server beside it serve where .env names none."
echo "Configured for $PUBLIC_URL"
