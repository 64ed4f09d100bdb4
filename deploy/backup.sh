#!/bin/sh
# Back up the database, and the bucket if BACKUP_FILES, into BACKUP_DIR (deploy/env.example).
# Usage: deploy/backup.sh [WHAT]
#   now (or nothing)  one backup: verified, encrypted for BACKUP_RECIPIENTS; removes expired ones
#   daily             one now, unless the newest is of the last day, then each day at BACKUP_AT;
#                     none with BACKUP_AT=off
#   healthy           exit 0 if `daily` started, or made a backup, less than 26 hours ago
#   --list            the complete backups
#   --verify [NAME]   read all files of a backup, by default the newest, and compare checksums
#   --fresh           exit 0 if the newest backup is less than 26 hours old
#   --new-key         print a new private key of age, and its public key
# With docker compose: docker compose run --rm backup WHAT
# Exit status 1: no backup was made. 3: it was, but the bucket itself lacks files of some rows.
set -eu
cd -P "$(dirname "$0")/.."
PYTHON=${PYTHON:-python}
export DJANGO_SETTINGS_MODULE=artgen.settings PYTHONUNBUFFERED=1 PGAPPNAME=artgen-backup
RETRY_SECONDS=3600
MINUTES=1560 # 26 hours
started=${TMPDIR:-/tmp}/artgen-backup-started

say() { echo "$(date -u +%FT%TZ) backup: $*"; }
# A shell handles a signal only after its foreground command has ended, so commands are awaited.
await() { # COMMAND…
  "$@" &
  child=$!
  status=0
  wait "$child" || status=$?
  return "$status"
}
seconds_until() { # HH:MM in UTC, today or tomorrow
  now=$(date -u +%s)
  then=$(date -u -d "$1" +%s) || return 1
  [ "$then" -gt "$now" ] || then=$((then + 86400))
  echo $((then - now))
}

if [ "${1:-}" = now ]; then shift; fi
case ${1:-} in
'' | --list | --verify | --fresh | --new-key) exec "$PYTHON" manage.py backup "$@" ;;
healthy)
  [ -n "$(find "$started" -mmin -$MINUTES 2>/dev/null)" ] || exec "$PYTHON" manage.py backup --fresh
  ;;
daily)
  at=${BACKUP_AT:-03:30}
  child=
  trap '[ -z "$child" ] || kill "$child" 2>/dev/null || :; exit 0' INT TERM
  if [ "$at" = off ]; then
    say "BACKUP_AT=off: no daily backups"
    while :; do
      touch "$started"
      await sleep 3600
    done
  fi
  seconds_until "$at" >/dev/null || { say "BACKUP_AT is not a time: $at"; exit 2; }
  touch "$started"
  # At the first start of all the tables do not exist yet.
  until await "$PYTHON" manage.py migrate --check >/dev/null 2>&1; do await sleep 5; done
  if await "$PYTHON" manage.py backup --fresh >/dev/null 2>&1; then
    say "the newest backup is fresh; the next one is at $at UTC"
    await sleep "$(seconds_until "$at")"
  fi
  while :; do
    status=0
    await "$PYTHON" manage.py backup || status=$?
    case $status in
    0 | 3) await sleep "$(seconds_until "$at")" ;;
    *)
      say "failed with $status; the next attempt is in $RETRY_SECONDS s"
      await sleep "$RETRY_SECONDS"
      ;;
    esac
  done
  ;;
*)
  sed -n '2,13s/^# //p' "$0" >&2
  exit 2
  ;;
esac
