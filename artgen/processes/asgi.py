"""ASGI entry point for daphne: sockets, streams of events, and requests that wait."""

import os

import django
from channels.routing import ProtocolTypeRouter
from django.utils.module_loading import import_string

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "artgen.settings")
django.setup(set_prefix=False)  # before anything that imports models

# By name, as `artgen.urls` includes the addresses of the apps.
other = import_string("artgen.processes.asgi_http.AsgiHttp")()
http = import_string("generation.jobs.live.routing.http")(other)
websocket = import_string("generation.jobs.live.routing.websocket")

application = ProtocolTypeRouter({"http": http, "websocket": websocket})
