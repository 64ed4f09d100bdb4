"""The tools. A failure that the assistant can read and correct is a ToolError."""

import asyncio
import base64
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp_types import (
    CallToolResult,
    ContentBlock,
    ImageContent,
    ResourceLink,
    TextContent,
    ToolAnnotations,
)
from pydantic import Field

from accounts.credits.ledger import MAX_CREDITS
from accounts.limits import quotas, rate_limits
from accounts.models import User
from artgen.database.pool_threads import in_thread
from artgen.http.download import DownloadFailed, DownloadRefused, fetch_image
from artgen.refusals import Refusal
from generation.catalog import shapes
from generation.catalog.job_parameters import SEED_MAX
from generation.catalog.offers import Offer
from generation.catalog.prices import price_from
from generation.catalog.source_roles import SourceRole
from generation.jobs.live.job_waits import UNAVAILABLE, WAITS
from generation.models import FINAL, Image
from generation.protocols import model_names
from generation.protocols.mcp.api_calls import ApiProblem, Caller
from generation.protocols.mcp.previews import preview_of
from generation.protocols.model_names import Wanted

# From the arrival of a call on. Hosts give up after about 60 s; results are sent within 50 s.
WAIT_SECONDS = 45
READ_SECONDS = 47.0
SHOW_SECONDS = 49.0
PREVIEW_SECONDS = 3.0
FETCH_SECONDS, SILENT_SECONDS = 20.0, 5.0
FETCHING = ThreadPoolExecutor(8)  # a slow host delays no other call
MAX_COUNT = 4
NO_ACCESS = ("invalid_token", "not_authenticated", "account_banned")
INSTRUCTIONS = """\
Creates and edits images on this site, with the user's credits. create_image and edit_image wait
until the images are ready, at most 45 s; if they say that a job is still running, call wait with
its id, never the same tool again: that would pay for another image. Show the user the links."""

READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
CREATES = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False
)
Prompt = Annotated[str, Field(description="What the image shows.")]
Model = Annotated[str, Field(description="Id of list_models; empty: the first that can do it.")]
Count = Annotated[
    int, Field(strict=True, ge=1, le=MAX_COUNT, description="How many images; each is paid.")
]
Size = Annotated[
    str,
    Field(
        pattern=r"^([1-9]\d{1,3}x[1-9]\d{1,3})?$",
        description="Like 1024x1024; the nearest that the model has is used.",
    ),
]
Seed = Annotated[
    int | None,
    Field(strict=True, ge=0, le=SEED_MAX, description="Repeats an image, by models that have one."),
]
MaxCredits = Annotated[
    int | None,
    Field(
        strict=True, ge=0, le=MAX_CREDITS, description="Refuse to create anything for more credits."
    ),
]
Images = Annotated[
    list[UUID],
    Field(
        min_length=1, description="Ids of the user's images, as of search_images or upload_image."
    ),
]

Roles = Annotated[
    list[SourceRole],
    Field(
        description="What each of the images is for, in their order: edit (it is changed), "
        "subject, style or composition, with -light or -strong for less or more weight. "
        "Empty: all are edited."
    ),
]


async def list_models(ctx: Context[Any, Any]) -> CallToolResult:
    """List the models: what each can do and what an image costs."""
    caller = _caller(ctx)
    own = await in_thread(quotas.of, caller.user)
    models = [
        {
            "model": model["slug"],
            "name": model["name"],
            "description": model["description"],
            "images_to_edit": f"{model['min_source_images']}-{model['max_source_images']}",
            "roles": model["source_roles"],
            "parameters": model["parameters"],
            "price": model["price"],
            "credits_for_1024x1024": price_from(model["price"]).of(width=1024, height=1024),
        }
        for model in await caller.get("models/")
        if model["enabled"]
        and "scale" not in model["parameters"]
        and own.allows_model(model["slug"])
    ]
    lines = [
        f"{model['model']}: {model['name']} ({model['description']}). "
        f"Images to edit: {model['images_to_edit']}. "
        f"Their roles: {', '.join(model['roles']) or 'none'}. "
        f"About {model['credits_for_1024x1024']} credits an image."
        for model in models
    ]
    return _result("\n".join(lines), models=models)


async def quote(
    ctx: Context[Any, Any],
    prompt: Prompt,
    model: Model = "",
    count: Count = 1,
    size: Size = "",
    images: Annotated[list[UUID], Field(description="Ids of images to edit.")] = [],  # noqa: B006
    roles: Roles = [],  # noqa: B006
) -> CallToolResult:
    """Say what images would cost and how long they would take, without creating them."""
    request = await _request(ctx, prompt, model, count=count, size=size, images=images, roles=roles)
    quoted = await _caller(ctx).post("quotes/", request)
    text = f"{quoted['credits']} credits, model {request['model']}"
    if quoted["eta_seconds"]:
        text += f", usually within {quoted['eta_seconds']['p90']} s"
    return _result(text, model=request["model"], **quoted)


async def create_image(
    ctx: Context[Any, Any],
    prompt: Prompt,
    model: Model = "",
    count: Count = 1,
    size: Size = "",
    seed: Seed = None,
    max_credits: MaxCredits = None,
) -> CallToolResult:
    """Create images from a prompt. Spends credits. Never repeat it while a job is running."""
    request = await _request(ctx, prompt, model, count=count, size=size, seed=seed)
    return await _create(ctx, request | {"max_credits": max_credits})


async def edit_image(
    ctx: Context[Any, Any],
    prompt: Annotated[str, Field(description="What to change.")],
    images: Images,
    roles: Roles = [],  # noqa: B006
    model: Model = "",
    count: Count = 1,
    seed: Seed = None,
    max_credits: MaxCredits = None,
) -> CallToolResult:
    """Create images from the user's images and a prompt; the originals stay. Spends credits."""
    request = await _request(ctx, prompt, model, count=count, images=images, roles=roles, seed=seed)
    return await _create(ctx, request | {"max_credits": max_credits})


async def upload_image(
    ctx: Context[Any, Any],
    address: Annotated[
        str, Field(max_length=2000, description="https address of a PNG, JPEG or WebP image.")
    ] = "",
    data: Annotated[
        str, Field(description="Instead of an address: the file in base64, up to 700 kB.")
    ] = "",
) -> CallToolResult:
    """Bring an image of the user for edit_image. Returns its id; it costs nothing."""
    caller = _caller(ctx)
    if not caller.can_create:
        raise ToolError("The token needs the scope “create”.")
    if bool(address) == bool(data):
        raise ToolError("Give either address or data.")
    if address:
        await in_thread(_spend, caller)
        image = await asyncio.get_running_loop().run_in_executor(FETCHING, _fetched, address)
    else:
        try:
            image = base64.b64decode(data.partition("base64,")[2] or data, validate=True)
        except ValueError as error:
            raise ToolError("data is not base64.") from error
    upload = await caller.upload(image)
    size = {name: upload[name] for name in ("width", "height")}
    text = f"Image {upload['id']}, {upload['width']}x{upload['height']}: edit_image can use it."
    return _result(text, image=upload["id"], **size)


def _spend(caller: Caller) -> None:
    try:
        rate_limits.spend("upload", caller.user.pk)
    except Refusal as refusal:
        with translation.override(caller.language):
            raise ToolError(str(refusal.message)) from refusal


def _fetched(address: str) -> bytes:
    try:
        return fetch_image(
            address,
            allowed_hosts=(),
            any_public=True,
            max_bytes=settings.UPLOAD_MAX_BYTES,
            total_seconds=FETCH_SECONDS,
            silence=SILENT_SECONDS,
        )
    except (DownloadRefused, DownloadFailed) as error:
        raise ToolError(f"The address cannot be read: {error}") from error


async def wait(
    ctx: Context[Any, Any],
    jobs: Annotated[list[UUID], Field(min_length=1, max_length=8, description="Ids of jobs.")],
    seconds: Annotated[int, Field(strict=True, ge=0, le=WAIT_SECONDS)] = WAIT_SECONDS,
) -> CallToolResult:
    """Wait until jobs have ended, and return their images."""
    return await _ended(ctx, await _jobs(_caller(ctx), jobs), seconds=seconds)


async def search_images(
    ctx: Context[Any, Any],
    words: Annotated[str, Field(description="Words of the prompt, note or tags.")] = "",
    limit: Annotated[int, Field(strict=True, ge=1, le=50)] = 10,
    cursor: Annotated[str, Field(description="The value of next_cursor.")] = "",
) -> CallToolResult:
    """Find the user's images, newest first."""
    caller = _caller(ctx)
    page = await caller.get("images/", q=words, limit=limit, cursor=cursor)
    ids = [image["id"] for image in page["results"]]
    prompts = await in_thread(partial(_prompts, caller.user), ids)
    images = [
        _image_json(image) | {"prompt": prompts.get(image["id"], "")} for image in page["results"]
    ]
    lines = [f"{image['image']}: {image['prompt']} ({image['page']})" for image in images]
    (next_cursor,) = parse_qs(urlsplit(page["next"] or "").query).get("cursor", [None])
    return _result("\n".join(lines) or "No images.", images=images, next_cursor=next_cursor)


async def get_image(
    ctx: Context[Any, Any], image: Annotated[UUID, Field(description="Id of an image.")]
) -> CallToolResult:
    """Show an image, with its prompt and parameters."""
    caller = _caller(ctx)
    found = await caller.get(f"images/{image}/")
    job = await caller.get(f"jobs/{found['job']}/") if found["job"] else None
    shown = _image_json(found) | {
        name: job[name] if job else None for name in ("prompt", "model", "credits")
    }
    return CallToolResult(
        content=[
            TextContent(text=f"{shown['prompt'] or 'A saved image'} ({shown['page']})"),
            *await _shown(caller, [found]),
        ],
        structured_content=shown,
    )


def _caller(ctx: Context[Any, Any]) -> Caller:
    request: Any = ctx.request_context.request
    return Caller(request.scope)


async def _request(
    ctx: Context[Any, Any],
    prompt: str,
    model: str,
    *,
    count: int,
    size: str = "",
    images: Sequence[UUID] = (),
    roles: Sequence[str] = (),
    seed: int | None = None,
) -> dict[str, Any]:
    """Return the body of a batch; raise ToolError."""
    caller = _caller(ctx)

    def offer_of(name: str) -> Offer:
        try:
            wanted = Wanted(len(images), source_roles=roles)
            return model_names.offer_of(name, user=caller.user, wanted=wanted)
        except Refusal as refusal:
            with translation.override(caller.language):
                raise ToolError(f"{refusal.message} See list_models.") from refusal

    offer = await in_thread(offer_of, model)
    request: dict[str, Any] = {"model": offer.slug, "prompt": prompt, "count": count}
    if wanted := shapes.size_of(size):
        nearest = shapes.nearest_size(offer.parameters, width=wanted[0], height=wanted[1])
        if nearest:
            request |= {"width": nearest[0], "height": nearest[1]}
    if images:
        request["source_images"] = [str(image) for image in images]
    if roles:
        request["source_roles"] = roles
    if seed is not None:
        request["seed"] = seed
    return request


async def _create(ctx: Context[Any, Any], request: dict[str, Any]) -> CallToolResult:
    batch = await _caller(ctx).order(request)
    return await _ended(ctx, batch["jobs"], seconds=WAIT_SECONDS)


async def _ended(
    ctx: Context[Any, Any], jobs: list[dict[str, Any]], *, seconds: int
) -> CallToolResult:
    """Return the images of the jobs when they have ended, or what they are waiting for."""
    caller = _caller(ctx)
    active = [UUID(job["id"]) for job in jobs if job["status"] not in FINAL]
    if active:
        now = await _waited(ctx, active, user=caller.user, seconds=caller.seconds_left(seconds))
        jobs = [now.get(UUID(job["id"]), job) for job in jobs]
    texts, images = [], []
    for job in jobs:
        if job["status"] not in FINAL:
            texts.append(f"Job {job['id']} is still running: {job['phase']}. Call wait with it.")
        elif job["error"]:
            texts.append(f"Job {job['id']} failed: {job['error']['message']} It cost nothing.")
        elif not job["images"]:
            texts.append(f"Job {job['id']} has no image: it was {job['status']}.")
        for image in job["images"]:
            images.append(image)
            texts.append(f"Image {image['id']}: {_page(image['id'])}")
    return CallToolResult(
        content=[TextContent(text="\n".join(texts)), *await _shown(caller, images)],
        structured_content={"jobs": [_job_json(job) for job in jobs]},
        is_error=all(job["error"] for job in jobs),
    )


async def _jobs(caller: Caller, job_ids: Iterable[UUID]) -> list[dict[str, Any]]:
    return list(await asyncio.gather(*(caller.get(f"jobs/{job_id}/") for job_id in job_ids)))


async def _waited(
    ctx: Context[Any, Any], job_ids: Sequence[UUID], *, user: User, seconds: float
) -> dict[UUID, dict[str, Any]]:
    """Wait for the jobs, and return what is new of them; report their progress meanwhile.

    Only jobs that have ended are read again: a hundred calls may end in the same moment.
    """
    caller, told = _caller(ctx), -1.0
    async with WAITS.wait_for(job_ids, user=user, seconds=seconds) as waits:
        async for step in waits.steps():
            # It must grow: while nothing is known, by a little.
            told = max(step.progress * len(job_ids), told + 0.001)
            await ctx.report_progress(told, len(job_ids))
    now = dict(waits.heard)
    try:
        async with asyncio.timeout(caller.seconds_left(READ_SECONDS)):
            ended = await _jobs(caller, set(job_ids) - waits.remaining)
    except (ApiProblem, TimeoutError) as error:
        if getattr(error, "code", "") in NO_ACCESS:
            raise
        return now  # they are ordered: say which they are
    return now | {UUID(job["id"]): job for job in ended}


async def _shown(caller: Caller, images: Sequence[dict[str, Any]]) -> list[ContentBlock]:
    """Return a preview and a link of each image."""
    blocks: list[ContentBlock] = []
    with suppress(TimeoutError):  # the links remain
        async with asyncio.timeout(min(PREVIEW_SECONDS, caller.seconds_left(SHOW_SECONDS))):
            for image in images[:MAX_COUNT]:
                with suppress(Refusal, *UNAVAILABLE):
                    blocks += await in_thread(_preview, (caller.user, UUID(image["id"])))
    return blocks + [
        ResourceLink(
            uri=image["url"],
            name=f"{image['id']}.{image['content_type'].rpartition('/')[2]}",
            mime_type=image["content_type"],
            size=image["bytes"],
        )
        for image in images
    ]


def _preview(user_and_image: tuple[User, UUID]) -> list[ImageContent]:
    user, image_id = user_and_image
    preview = preview_of(image_id, user=user)
    if preview is None:
        return []
    return [ImageContent(data=base64.b64encode(preview).decode(), mime_type="image/jpeg")]


def _job_json(job: dict[str, Any]) -> dict[str, Any]:
    names = ("status", "progress", "eta_seconds", "model", "prompt", "credits", "error")
    return {
        "job": job["id"],
        **{name: job[name] for name in names},
        "images": [_image_json(image) for image in job["images"]],
    }


def _image_json(image: dict[str, Any]) -> dict[str, Any]:
    names = ("width", "height", "seed", "url", "created_at")
    return {
        "image": image["id"],
        "page": _page(image["id"]),
        **{name: image[name] for name in names},
    }


def _page(image_id: str) -> str:
    return f"{settings.PUBLIC_URL}{reverse('image', args=[image_id])}"


def _prompts(user: User, image_ids: Sequence[str]) -> dict[str, str]:
    own = Image.objects.of(user).filter(id__in=image_ids).order_by("id")
    return {str(pk): prompt or "" for pk, prompt in own.values_list("id", "job__prompt")}


def _result(text: str, **content: Any) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=text)], structured_content=content)


TOOLS = (
    *((tool, READS) for tool in (list_models, quote, wait, search_images, get_image)),
    *((tool, CREATES) for tool in (create_image, edit_image, upload_image)),
)
SERVER: MCPServer[Any] = MCPServer(
    "ArtGen", version=settings.VERSION, instructions=INSTRUCTIONS, subscriptions=False
)
for _tool, _annotations in TOOLS:
    SERVER.add_tool(_tool, annotations=_annotations, structured_output=False)
# Django has checked the host.
SECURITY = TransportSecuritySettings(enable_dns_rebinding_protection=False)


async def handle(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Handle a message: an ASGI application, without sessions and without a life of its own."""
    SERVER.streamable_http_app(stateless_http=True, transport_security=SECURITY)
    manager = SERVER.session_manager  # which that has made
    async with manager.run():
        await manager.handle_request(scope, receive, send)
