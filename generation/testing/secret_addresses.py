"""Addresses with secrets: one of every route that has a secret parameter."""

import re

from django.urls import get_resolver

from generation.testing import secret_paths

SECRET = "Xq7-tell_nobody:1wZ"
ID = "0199b1c4-7a52-7c3e-9d4f-2b8e6a1c5d30"  # of a parameter that is not secret
ROUTES = list(secret_paths.routes(get_resolver().url_patterns))
SECRET_ROUTES = [route for route in ROUTES if route.secrets]


def address_of(route: secret_paths.Route, *, secret: str = SECRET) -> str:
    def value(match: re.Match[str]) -> str:
        return secret if match[1] in secret_paths.SECRET_PARAMETERS else ID

    return secret_paths.PARAMETER.sub(value, route.text)


ADDRESSES = [address_of(route) for route in SECRET_ROUTES]
