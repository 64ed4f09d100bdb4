"""Servers with OpenAI's image API, whose reply has the image: Yandex AI Studio, and any other."""

from artgen.environment.env import env

YANDEX_API_KEY = env.str("YANDEX_API_KEY", default="")
YANDEX_FOLDER_ID = env.str("YANDEX_FOLDER_ID", default="")
YANDEX_BASE_URL = env.str("YANDEX_BASE_URL", default="https://ai.api.cloud.yandex.net/v1").rstrip(
    "/"
)
IMAGE_SERVER_URL = env.str("IMAGE_SERVER_URL", default="").rstrip("/")
IMAGE_SERVER_API_KEY = env.str("IMAGE_SERVER_API_KEY", default="")
IMAGE_SERVER_HEADERS = env.json("IMAGE_SERVER_HEADERS", default={})
# Of a whole call. Stopping a worker waits for it, and CELERY_TASK_TIME_LIMIT must be longer.
IMAGE_CALL_SECONDS = env.float("IMAGE_CALL_SECONDS", default=120)
# Calls at the same time, in each worker with the lane `slow`.
IMAGE_CALLS = env.int("IMAGE_CALLS", default=8)
# ComfyUI, and what the proxy in front of it wants.
COMFYUI_URL = env.str("COMFYUI_URL", default="").rstrip("/")
COMFYUI_API_KEY = env.str("COMFYUI_API_KEY", default="")
COMFYUI_HEADERS = env.json("COMFYUI_HEADERS", default={})
HAS_IMAGE_SERVERS = bool(YANDEX_API_KEY or IMAGE_SERVER_URL)
