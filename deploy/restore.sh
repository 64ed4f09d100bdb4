#!/bin/sh
# Restore database and bucket from a backup in BACKUP_DIR (deploy/env.example).
# Usage: deploy/restore.sh NAME|latest [--check | --force]
#   --check   only decrypt and read all of the backup; change nothing
#   --force   replace a database that has accounts, overwrite files that differ
# Stop web, sockets and the workers first. Encrypted backups need BACKUP_IDENTITY_FILE. After an
# interruption, run the same command again: it continues.
# With docker compose: docker compose run --rm --entrypoint deploy/restore.sh backup NAME
set -eu
[ $# -gt 0 ] || { sed -n '2,8s/^# //p' "$0" >&2; exit 2; }
cd -P "$(dirname "$0")/.."
export DJANGO_SETTINGS_MODULE=artgen.settings PYTHONUNBUFFERED=1 PGAPPNAME=artgen-backup
exec "${PYTHON:-python}" manage.py restore "$@"
