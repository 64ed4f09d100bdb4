"""The REST API and its OpenAPI document."""

API_DESCRIPTION = """Create images from prompts. Send `Authorization: Bearer TOKEN`; create a token
on the account page. A token has scopes: `read` (GET, quotes, the WebSocket), `create` (uploads;
create, retry and cancel jobs) and `manage` (change, share and delete images and collections). It
may expire and have a spending limit.

Times are ISO 8601 in UTC, ids are UUIDs, money is whole credits. Lists are newest first, 20 results
per page, with the links `next` and `previous`. Errors are `application/problem+json` (RFC 9457):
`code` is stable, texts follow Accept-Language. Every 429 and 503 has `Retry-After`. The owner of a
banned account gets 403 `account_banned` with `reason` and `until` (null: without an end). What
costs more than `max_credits`, here and in `/v1/`, `/sdapi/` and MCP, is refused with its price.

`GET /api/v1/jobs/ID/?wait=30` responds when the job has ended, or after 30 s, as does
`POST /api/v1/jobs/?wait=30`; `Prefer: wait=30` is the same. Programs that know OpenAI's API of
images use `/v1/`, assistants MCP at `/mcp`.

The WebSocket `/ws/jobs/` sends `{"type": "snapshot", "jobs": […]}` and then
`{"type": "job", "job": {…}}` for every change of your jobs. It is closed with 4401 if you are not
signed in, with 4429 if you have 20 sockets open or send more than 10 messages a second. After 1012
(the server restarts) and 4012 (the account has changed) connect again. Send `{"type": "snapshot"}`
for a new snapshot, at most one a second.

`GET /api/v1/events` sends the same as server-sent events: `event` is `snapshot` or `job`, `data`
the message. A stream counts as a socket. After a break send the last `id` as `Last-Event-ID`, as
`EventSource` does: jobs that have ended since then are sent first.

Webhooks, which you add on the account page, follow
[Standard Webhooks](https://www.standardwebhooks.com/): each is a POST of
`{"type", "timestamp", "data"}`, signed, and sent again for three days until you reply 2xx, with the
same `webhook-id`. Reply within 15 seconds. The section `webhooks` of this document has the events.
"""
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.tokens.authentication.BearerAuthentication",
        "accounts.tokens.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "accounts.tokens.permissions.TokenScope",
    ],
    "DEFAULT_RENDERER_CLASSES": ["artgen.api.renderers.FastJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["artgen.api.parsers.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "artgen.api.openapi.OperationSchema",
    "EXCEPTION_HANDLER": "artgen.api.problems.handle",
    "URL_FORMAT_OVERRIDE": None,
}
# Refusals outside of views, by path: in the words of the protocol that is spoken there.
PROBLEM_SHAPES = {
    "/(?:t/[^/]+/)?v1/": "generation.protocols.openai.errors.shaped",
    "/(?:t/[^/]+/)?sdapi/": "generation.protocols.a1111.endpoint.shaped",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "ArtGen",
    "DESCRIPTION": API_DESCRIPTION,
    "VERSION": "1",
    "LICENSE": {"name": "MIT", "identifier": "MIT"},
    "TAGS": [
        {"name": "jobs", "description": "Create and follow jobs."},
        {"name": "sheets", "description": "Compare models, alternatives and parameters."},
        {"name": "images", "description": "Generated and uploaded images."},
        {"name": "reviews", "description": "Requests that a rule stopped, and appeals."},
        {"name": "collections", "description": "Collections of images."},
        {"name": "models", "description": "Models and styles."},
        {"name": "presets", "description": "Your presets and own styles."},
        {"name": "prompts", "description": "Translations and enhancements of prompts."},
        {"name": "account", "description": "Balance, limits and ledger."},
        {"name": "status", "description": "Whether image creation works. Needs no token."},
    ],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "JobStatus": "generation.models.Status",
        "Visibility": "generation.models.Visibility",
        "PublicationState": "generation.models.PublicationState",
        "StreamEventType": "generation.api.events.TYPES",
        "ReviewState": "generation.api.reviews.STATES",
        "Category": "generation.models.Category",
        "EntryKind": "accounts.models.CreditEntry.Kind",
        "ProblemCode": "artgen.api.problems.CODES",
    },
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "generation.api.webhook_events.describe",
        "drf_spectacular.hooks.postprocess_schema_enums",
        "artgen.api.openapi.close_requests",
    ],
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
