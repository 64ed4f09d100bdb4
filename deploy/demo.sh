#!/bin/sh
# The demo of `make run`: no key, no root, no server to install.
# Usage: deploy/demo.sh PYTHON [options of `manage.py demo`]
# With RUNPOD_API_KEY in the environment, jobs go to RunPod instead of the emulator.
set -eu
PORT=${PORT:-8000}
export PORT PUBLIC_URL="${PUBLIC_URL:-http://127.0.0.1:$PORT}"
export LOG_LEVEL="${LOG_LEVEL:-WARNING}" DEFAULT_CREDITS="${DEFAULT_CREDITS:-100}"
case "${RUNPOD_API_KEY:-}${RUNPOD_API_KEY_FILE:-}" in
  *[![:space:]]*) emulator=0 ;;
  *)
    emulator=${EMULATOR_PORT:-$((PORT + 10))}
    unset RUNPOD_API_KEY_FILE
    export RUNPOD_API_KEY=demo RUNPOD_BASE_URL="http://127.0.0.1:$emulator/v2"
    export RUNPOD_IMAGE_HOSTS="127.0.0.1:$emulator"
    # A stand-in: the emulator's dictionary.
    export PROMPT_HELPER_URL="$RUNPOD_BASE_URL/dictionary/openai/v1"
    export PROMPT_HELPER_MODEL="demo dictionary (stand-in)"
    ;;
esac
python=$1
shift
exec "$python" manage.py demo --port "$PORT" --emulator-port "$emulator" "$@"
