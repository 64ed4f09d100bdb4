"""txt2img and img2img: place a batch, wait for it, send its images; progress and interrupt."""

import base64
import contextlib
import json
from collections.abc import Sequence
from functools import partial
from typing import Any

from rest_framework.request import Request

from accounts.access.request_user import limited_token, user_of
from accounts.limits import rate_limits
from accounts.models import Scope
from artgen.api.operations import operation
from artgen.api.parsers import StrictJSONParser, refusing_malformed
from artgen.api.problems import too_large
from artgen.api.views import body_of
from artgen.bounded_json import without_long_strings
from artgen.processes.later import waited
from generation.api import waiting
from generation.api.batch_bodies import read_key
from generation.jobs.engine import job_control
from generation.jobs.placing.job_order import JobOrder
from generation.models import Image, Job
from generation.protocols import image_orders
from generation.protocols.a1111 import endpoint, image_fields
from generation.protocols.a1111.endpoint import A1111Endpoint, caller_of, refused
from generation.protocols.ended_jobs import (
    MAX_SECONDS,
    ImageFormat,
    StillRunning,
    data_of,
    images_of,
    jobs_after,
)
from generation.protocols.source_files import SourceFiles

ACCEPTED = 202
LONGEST_TEXT = 64 * 1024


class ImagesJSONParser(StrictJSONParser):
    """Leaves images in base64 as they are: the rest is parsed, within the usual limit."""

    max_bytes = 50 * 1024 * 1024

    def parse_object(self, raw: bytes) -> dict[str, Any]:
        """Return the object; its long strings are `memoryview`s, also in lists."""
        with refusing_malformed():
            rest, images = without_long_strings(raw, longest=LONGEST_TEXT)
        if len(rest) > super().max_bytes:
            raise too_large(super().max_bytes)

        def with_images(value: Any) -> Any:
            if isinstance(value, list):
                return [with_images(item) for item in value]
            return images.get(value, value) if isinstance(value, str) else value

        members = super().parse_object(rest)
        return {name: with_images(value) for name, value in members.items()}


class A1111Images(A1111Endpoint):
    def _images(self, request: Request, *, with_images: bool) -> Any:
        if end := waited(request):
            return _images_json(jobs_after(end, user=user_of(request)))
        user, caller = user_of(request), caller_of(request)
        rate_limits.spend("place", user.pk)
        fields = image_fields.read(body_of(request), with_images=with_images)
        placed = image_orders.place(
            fields.model,
            chosen=endpoint.chosen_model(caller),
            parameters_of=fields.parameters_of,
            count=fields.count,
            files=SourceFiles(fields.images, fields.mask, area_of=fields.area_of),
            user=user,
            order_of=partial(
                JobOrder,
                key=read_key(request),
                token_id=limited_token(request),
                max_credits=fields.max_credits,
            ),
        )
        jobs = placed.jobs
        endpoint.remember_jobs(caller, [job.id for job in jobs])
        if all(job.is_final for job in jobs):
            return _images_json(jobs)
        response = refused(StillRunning(jobs), status=ACCEPTED)  # without a process that waits
        waiting.wait(response, jobs, user=user, seconds=MAX_SECONDS)
        return response


class Txt2Img(A1111Images):
    @operation("POST txt2img", url_name="a1111_txt2img", scope=Scope.CREATE)
    def txt2img(self, request: Request) -> Any:
        return self._images(request, with_images=False)


class Img2Img(A1111Images):
    parser_classes = [ImagesJSONParser]

    @operation("POST img2img", url_name="a1111_img2img", scope=Scope.CREATE)
    def img2img(self, request: Request) -> Any:
        return self._images(request, with_images=True)


class Progress(A1111Endpoint):
    """What the token's last order does."""

    @operation("GET progress", url_name="a1111_progress")
    def progress(self, request: Request) -> dict[str, Any]:
        """Return the progress of the last order, 0 without one."""
        jobs = _last_jobs(request)
        active = [job for job in jobs if not job.is_final]
        done = [1.0 if job.is_final else job.progress or 0.0 for job in jobs]
        first = active[0] if active else None
        return {
            "progress": round(sum(done) / len(done), 3) if active else 0.0,
            "eta_relative": 0.0,
            "state": {
                "skipped": False,
                "interrupted": False,
                "job": str(first.id) if first else "",
                "job_count": len(active),
                "job_no": len(jobs) - len(active),
                "sampling_step": (first and first.step) or 0,
                "sampling_steps": (first and first.step_count) or 0,
            },
            "current_image": None,
            "textinfo": None,
        }

    @operation("POST interrupt", url_name="a1111_interrupt", scope=Scope.CREATE)
    def interrupt(self, request: Request) -> dict[str, Any]:
        for job in _last_jobs(request):
            if job.is_cancelable:
                with contextlib.suppress(job_control.AlreadyFinal, job_control.CancelCosts):
                    job_control.cancel(job=job, actor=user_of(request))
        return {}


def _last_jobs(request: Request) -> list[Job]:
    ids = endpoint.last_jobs(caller_of(request))
    return list(Job.objects.of(request.user).filter(id__in=ids).order_by("id")) if ids else []


def _images_json(jobs: Sequence[Job]) -> dict[str, Any]:
    images = images_of(jobs)
    job_of = {job.id: job for job in jobs}
    sent = [base64.b64encode(data_of(image, ImageFormat())).decode() for image in images]
    first, job = images[0], jobs[0]
    parameters = {
        "prompt": job.prompt,
        "negative_prompt": job.negative_prompt,
        "seed": first.seed,
        "width": first.width,
        "height": first.height,
        "steps": job.steps,
        "cfg_scale": job.guidance,
        "batch_size": len(images),
        "sd_model_name": job.model.slug,
    }
    info = parameters | {
        "all_prompts": [job.prompt] * len(images),
        "all_seeds": [image.seed for image in images],
        "infotexts": [_infotext(job_of[image.job_id or job.id], image) for image in images],
    }
    return {
        "images": sent,
        "parameters": parameters,
        "info": json.dumps(info, ensure_ascii=False),
    }


def _infotext(job: Job, image: Image) -> str:
    """Return the parameters as the web UI writes them into files."""
    settings = {
        "Steps": job.steps,
        "CFG scale": job.guidance,
        "Seed": image.seed,
        "Size": f"{image.width}x{image.height}",
        "Model": job.model.slug,
    }
    lines = [job.prompt]
    if job.negative_prompt:
        lines.append(f"Negative prompt: {job.negative_prompt}")
    shown = (f"{name}: {value}" for name, value in settings.items() if value is not None)
    return "\n".join([*lines, ", ".join(shown)])
