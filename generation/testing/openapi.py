"""The operations of the REST API, and its document."""

from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator

PUBLIC = {"get /api/v1/status/"}
"""Operations that need no token."""

OPERATIONS = {
    "get /api/v1/account/",
    "get /api/v1/account/ledger/",
    "post /api/v1/batches/",
    "get /api/v1/events",
    "get /api/v1/collections/",
    "post /api/v1/collections/",
    "get /api/v1/collections/{collection_id}/",
    "patch /api/v1/collections/{collection_id}/",
    "delete /api/v1/collections/{collection_id}/",
    "get /api/v1/collections/{collection_id}/share/",
    "post /api/v1/collections/{collection_id}/share/",
    "delete /api/v1/collections/{collection_id}/share/",
    "post /api/v1/collections/{collection_id}/images/",
    "post /api/v1/collections/{collection_id}/images/remove/",
    "delete /api/v1/collections/{collection_id}/images/{image_id}/",
    "get /api/v1/images/",
    "post /api/v1/images/",
    "get /api/v1/images/{image_id}/",
    "patch /api/v1/images/{image_id}/",
    "delete /api/v1/images/{image_id}/",
    "post /api/v1/images/{image_id}/restore/",
    "get /api/v1/images/{image_id}/share/",
    "post /api/v1/images/{image_id}/share/",
    "delete /api/v1/images/{image_id}/share/",
    "get /api/v1/jobs/",
    "post /api/v1/jobs/",
    "get /api/v1/jobs/{job_id}/",
    "post /api/v1/jobs/{job_id}/cancel/",
    "post /api/v1/jobs/{job_id}/retry/",
    "get /api/v1/models/",
    "get /api/v1/own-styles/",
    "post /api/v1/own-styles/",
    "get /api/v1/own-styles/{style_id}/",
    "patch /api/v1/own-styles/{style_id}/",
    "delete /api/v1/own-styles/{style_id}/",
    "get /api/v1/presets/",
    "post /api/v1/presets/",
    "get /api/v1/presets/{preset_id}/",
    "patch /api/v1/presets/{preset_id}/",
    "delete /api/v1/presets/{preset_id}/",
    "post /api/v1/quotes/",
    "post /api/v1/prompts/translate/",
    "post /api/v1/prompts/enhance/",
    "post /api/v1/prompts/describe/",
    "get /api/v1/sheets/",
    "post /api/v1/sheets/",
    "post /api/v1/sheets/quotes/",
    "get /api/v1/sheets/{sheet_id}/",
    "delete /api/v1/sheets/{sheet_id}/",
    "post /api/v1/sheets/{sheet_id}/cancel/",
    "put /api/v1/sheets/{sheet_id}/vote/",
    "delete /api/v1/sheets/{sheet_id}/vote/",
    "get /api/v1/status/",
    "get /api/v1/styles/",
    "get /api/v1/tags/",
    "post /api/v1/uploads/",
    "get /api/v1/word-lists/",
    "post /api/v1/word-lists/",
    "get /api/v1/word-lists/{list_id}/",
    "patch /api/v1/word-lists/{list_id}/",
    "delete /api/v1/word-lists/{list_id}/",
    "post /api/v1/images/{image_id}/share/appeal/",
    "get /api/v1/reviews/",
    "get /api/v1/reviews/{review_id}/",
    "post /api/v1/reviews/{review_id}/appeal/",
    "post /api/v1/reviews/{review_id}/cancel/",
}


@cache
def document() -> dict[str, Any]:
    """Return the document, generated once for a process: it takes two seconds. Nobody changes it."""
    generated: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return generated
