"""WSGI entry point for gunicorn: pages, API, admin, webhooks."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "artgen.settings")

application = get_wsgi_application()
