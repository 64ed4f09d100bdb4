"""`/v1/models`: models on offer, and the aliases by which other programs know them."""

from typing import Any

from rest_framework.request import Request

from accounts.access.request_user import user_of
from artgen.api.operations import operation
from generation.models import model_cache
from generation.protocols import model_names
from generation.protocols.model_names import ModelNotFound
from generation.protocols.openai.images import OpenAIEndpoint

OWNER = "artgen"
CREATED = 1_764_547_200
"""The document wants a time; models have none."""


class OpenAIModels(OpenAIEndpoint):
    @operation("GET models", url_name="openai_models")
    def list_models(self, request: Request) -> dict[str, Any]:
        names = _names(request)
        return {"object": "list", "data": [_entry(name) for name in names]}

    @operation("GET models/<str:name>", url_name="openai_model")
    def get_model(self, request: Request, name: str) -> dict[str, Any]:
        names = _names(request)
        if name not in names:
            raise ModelNotFound(name, names=names)
        return _entry(name)


def _names(request: Request) -> list[str]:
    catalog = model_names.allowed(model_cache.read(), user_of(request))
    return list(model_names.listed(catalog))


def _entry(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": CREATED, "owned_by": OWNER}
