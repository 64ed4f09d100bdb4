"""Pages of the admin beside Django's own."""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def page(
    admin: "ModelAdmin[Any]", request: HttpRequest, template: str, **context: object
) -> HttpResponse:
    """Return a page with the frame of this model; `context` has its `title`."""
    frame = admin.admin_site.each_context(request)
    return render(request, template, {**frame, "opts": admin.opts, **context})
