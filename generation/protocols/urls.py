"""The addresses of other services' APIs, and of the page about them."""

from django.urls import include, path

from generation.protocols.a1111.images import Img2Img, Progress, Txt2Img
from generation.protocols.a1111.options import Options
from generation.protocols.connect_page import connect
from generation.protocols.mcp.endpoint import Mcp, resource_metadata
from generation.protocols.openai.errors import address_without_version, unknown_address
from generation.protocols.openai.images import OpenAIImages
from generation.protocols.openai.models import OpenAIModels
from generation.protocols.path_tokens import with_token

OPENAI = [
    *OpenAIImages.addresses(),
    *OpenAIModels.addresses(),
    path("<path:rest>", unknown_address, name="openai_unknown"),
]
A1111 = [
    address
    for resource in (Txt2Img, Img2Img, Progress, Options)
    for address in resource.addresses()
]
METADATA = ".well-known/oauth-protected-resource"
urlpatterns = [
    *Mcp.addresses(),
    path("mcp/", Mcp.as_view({"post": "call"}), name="mcp_with_slash"),
    path(METADATA, resource_metadata, name="resource_metadata"),
    path(f"{METADATA}/mcp", resource_metadata, name="resource_metadata_of_mcp"),
    path("connect/", connect, name="connect"),
    path("connect/<slug:program>/", connect, name="connect_program"),
    path("v1/", include(OPENAI)),
    path("sdapi/v1/", include(A1111)),
    path("t/<str:token>/<path:rest>", with_token, name="with_path_token"),
    path("images/generations", address_without_version, name="openai_generations_unversioned"),
    path("images/edits", address_without_version, name="openai_edits_unversioned"),
]
