"""ASGI entry point for daphne: sockets and streams of events."""

import os

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application
from django.utils.module_loading import import_string

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "artgen.settings")

other = get_asgi_application()  # before anything that imports models

# By name, as `artgen.urls` includes the addresses of the apps.
http = import_string("generation.jobs.live.routing.http")(other)
websocket = import_string("generation.jobs.live.routing.websocket")

application = ProtocolTypeRouter({"http": http, "websocket": websocket})
