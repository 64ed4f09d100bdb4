"""The process that holds the weights: one image at a time, for `supervisor.py` behind a pipe.

A failed assertion of the engine ends the process; nothing of the server is in it.
https://github.com/shakfu/cyllama: callbacks are global to the module, and a cancel is a failure.
"""

import contextlib
import io
import os
import signal
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any

from PIL import Image, ImageOps

from .models import LocalModel

PREVIEW_SIZE = 256, 256
MEMORY_WORDS = ("alloc", "out of memory", "not enough")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What to draw. Sources and mask (white: repaint) are files of images."""

    prompt: str
    negative_prompt: str = ""
    width: int
    height: int
    seed: int
    steps: int
    guidance: float
    strength: float
    sources: tuple[bytes, ...] = ()
    mask: bytes = b""
    previews: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """A step that is done, with its preview as a JPEG if one was wanted."""

    number: int
    steps: int
    preview: bytes = b""


@dataclass(frozen=True, slots=True)
class Drawn:
    png: bytes


@dataclass(frozen=True, slots=True)
class Failed:
    """`reason` is a sentence for people; "" after a cancel."""

    reason: str
    code: str = "engine_failed"


Event = Step | Drawn | Failed | None
"""None: the weights are loaded."""
NOT_READY, UNUSABLE = "not_ready", "model_unusable"
"""Codes of failures before anything is drawn: for now, and for as long as the model is as it is."""
CANCEL = "cancel"
HINT = "Install deploy/requirements-local.txt; for Linux on ARM there is none."


def run(model: LocalModel, pipe: Connection) -> None:
    """Load the model, then draw what the pipe brings, until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server ends it
    ModelWorker(model, pipe).run()


class ModelWorker:
    def __init__(self, model: LocalModel, pipe: Connection) -> None:
        self._model, self._pipe = model, pipe
        self._errors: list[str] = []
        self._drawing: Drawing | None = None
        self._preview = b""
        self._is_canceled = False

    def run(self) -> None:
        try:
            engine: Any = import_module("cyllama.sd")  # loads the drivers of GPUs
        except ImportError as error:
            reason = f"The package cyllama cannot be loaded ({error}). {HINT}"
            return self._pipe.send(Failed(reason, UNUSABLE))
        self._engine = engine
        engine.set_log_callback(self._on_log)
        engine.set_progress_callback(self._on_progress)
        engine.set_preview_callback(self._on_preview, mode=engine.PreviewMode.PROJ, interval=1)
        try:
            self._context = self._load()
        except (RuntimeError, OSError) as error:
            reason = self._reason(error).rstrip(".")
            advice = "Is it a whole file of weights that stable-diffusion.cpp reads?"
            reason = f"The model cannot be loaded: {reason}. {advice}"
            return self._pipe.send(Failed(reason, UNUSABLE))
        self._pipe.send(None)
        with contextlib.suppress(EOFError, OSError):  # the server has ended
            while True:
                message = self._pipe.recv()
                if isinstance(message, Drawing):  # else a cancel that came too late
                    self._pipe.send(self._draw(message))

    def _load(self) -> Any:
        params = self._engine.SDContextParams()
        for role, path in self._model.paths.items():
            setattr(params, f"{role}_path", path)
        params.eager_load = True  # what is wrong with the files is seen now, not in the first job
        return self._engine.SDContext(params)

    def _draw(self, drawing: Drawing) -> Event:
        self._errors.clear()
        self._drawing, self._is_canceled, self._preview = drawing, False, b""
        try:
            image = self._context.generate_with_params(self._params(drawing))[0]
        except RuntimeError as error:
            return Failed("" if self._is_canceled else self._reason(error))
        except OSError as error:
            return Failed(f"A source image cannot be read: {error}")
        return Drawn(_encoded(image.to_pil(), "PNG", compress_level=1))

    def _params(self, drawing: Drawing) -> Any:
        engine, model = self._engine, self._model
        params = engine.SDImageGenParams()
        params.prompt, params.negative_prompt = drawing.prompt, drawing.negative_prompt
        params.width, params.height, params.seed = drawing.width, drawing.height, drawing.seed
        sampling = params.sample_params
        sampling.sample_steps, sampling.cfg_scale = drawing.steps, drawing.guidance
        if model.sampler:
            sampling.sample_method = engine.SampleMethod[model.sampler]
        if model.scheduler:
            sampling.scheduler = engine.Scheduler[model.scheduler]
        params.vae_tiling_enabled = max(drawing.width, drawing.height) > model.size
        sources = [_image(source) for source in drawing.sources]
        if sources and "strength" not in model.parameters:  # it looks at them, and changes none
            params.set_ref_images([engine.SDImage.from_pil(source) for source in sources])
        elif sources:
            size = drawing.width, drawing.height
            params.set_init_image(engine.SDImage.from_pil(sources[0].resize(size)))
            params.strength = drawing.strength
            if drawing.mask:
                mask = _image(drawing.mask).convert("L").resize(size)
                params.set_mask_image(engine.SDImage.from_pil(mask))
        return params

    def _on_log(self, level: int, text: str) -> None:
        if level >= self._engine.LogLevel.ERROR:
            self._errors.append(text.rpartition("  - ")[2].strip())

    def _on_progress(self, step: int, steps: int, seconds: float) -> None:
        """Pass a step on; loading and decoding count tensors, which are more than steps."""
        try:
            if self._pipe.poll():
                self._pipe.recv()  # CANCEL
                self._is_canceled = True
                self._context.cancel(self._engine.CancelMode.ALL)
            elif self._drawing and 0 < step <= steps <= self._drawing.steps:
                self._pipe.send(Step(step, steps, self._preview))
        except (EOFError, OSError):  # the server has ended; the engine would ignore an exception
            os._exit(0)

    def _on_preview(self, step: int, frames: list[Any], is_noisy: bool) -> None:
        """Keep the frame for the progress that follows; it is valid inside this call alone."""
        if self._drawing and self._drawing.previews and frames:
            preview = ImageOps.contain(frames[0].to_pil().convert("RGB"), PREVIEW_SIZE)
            self._preview = _encoded(preview, "JPEG", quality=70)

    def _reason(self, error: Exception) -> str:
        """Return the failure as a sentence, with what the engine has logged."""
        said = " ".join(self._errors[:1]) or str(error)
        if any(word in said.lower() for word in MEMORY_WORDS):
            return (
                f"There is not enough memory for this model or size ({said}). "
                "Choose a smaller size or model, or close other programs."
            )
        return said


def _image(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB")


def _encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()
