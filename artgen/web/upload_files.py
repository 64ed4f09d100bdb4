"""Temporary files of forms."""

from collections.abc import Callable
from contextlib import suppress

from django.http import HttpRequest
from django.http.response import HttpResponseBase


def middleware(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Close the file at which reading a form has failed: until then it takes room on the disk.

    Django closes those before it, and all files of a form that it could read.
    """

    def closing(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if request.content_type == "multipart/form-data":
            for handler in request.upload_handlers:
                if file := getattr(handler, "file", None):
                    with suppress(OSError):
                        file.close()
        return response

    return closing
