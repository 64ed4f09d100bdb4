#!/bin/sh
# The demo behind `make run`: no key, no root, no server to install. Usage: deploy/demo.sh PYTHON [options of `manage.py demo`]
# A RUNPOD_API_KEY of your own in the environment makes it draw at RunPod instead of with the demo painter.
set -eu
PORT=${PORT:-8000}
export PORT PUBLIC_URL="${PUBLIC_URL:-http://127.0.0.1:$PORT}" LOG_LEVEL="${LOG_LEVEL:-WARNING}" DEFAULT_CREDITS="${DEFAULT_CREDITS:-100}"
if [ -z "${RUNPOD_API_KEY:-}${RUNPOD_API_KEY_FILE:-}" ]; then
  EMULATOR_PORT=${EMULATOR_PORT:-$((PORT + 10))}
  export EMULATOR_PORT RUNPOD_API_KEY=demo RUNPOD_BASE_URL="http://127.0.0.1:$EMULATOR_PORT/v2" RUNPOD_IMAGE_HOSTS="127.0.0.1:$EMULATOR_PORT"
fi
python=$1
shift
exec "$python" manage.py demo --port "$PORT" --emulator-port "${EMULATOR_PORT:-0}" "$@"
