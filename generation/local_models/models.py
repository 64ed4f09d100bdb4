"""Models that this machine can run: those of models.toml, and any file of weights."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MODELS_FILE = Path(__file__).with_name("models.toml")
SUFFIXES = (".safetensors", ".gguf")
MULTIPLE = 64
"""Width and height are multiples of it."""


class ModelProblem(Exception):
    """Why a model cannot be served, as a sentence that says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """A file at Hugging Face; `role` is its parameter of SDContextParams without "_path"."""

    role: str
    repository: str
    revision: str
    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalModel:
    """A table of models.toml; `studio` has fields of ImageModel, `paths` files here by role."""

    name: str
    title: str
    license: str = ""
    memory_gb: int = 0
    seconds: str = ""
    steps: int
    guidance: float
    sampler: str = ""
    scheduler: str = ""
    studio: Mapping[str, Any]
    files: tuple[ModelFile, ...] = ()
    paths: Mapping[str, str] = field(default_factory=dict)

    @property
    def parameters(self) -> Mapping[str, Mapping[str, Any]]:
        """What may be chosen, within which limits."""
        parameters: Mapping[str, Mapping[str, Any]] = self.studio["parameters"]
        return parameters

    @property
    def max_sources(self) -> int:
        return int(self.studio["max_source_images"])

    @property
    def size(self) -> int:
        return int(self.parameters["width"]["default"])


def known_models() -> dict[str, LocalModel]:
    """Return the models of models.toml by name, the default first."""
    return {table["name"]: _model(table) for table in _tables()["models"]}


def find(name: str) -> LocalModel:
    """Return the model with this name, or that of a file of weights. Raises ModelProblem."""
    models = known_models()
    if name in models:
        return models[name]
    path = Path(name).expanduser().resolve()
    if path.suffix not in SUFFIXES:
        raise ModelProblem(
            f"{name} is neither a model nor a file of weights ({', '.join(SUFFIXES)}). "
            f"Models: {', '.join(models)}."
        )
    if not path.is_file():
        raise ModelProblem(f"{path} does not exist.")
    own = {"name": re.sub(r"[^\w.-]+", "-", path.stem), "title": path.stem[:60]}
    return _model({**_tables()["file"], **own, "paths": {"model": str(path)}})


def _tables() -> dict[str, Any]:
    return tomllib.loads(MODELS_FILE.read_text(encoding="utf-8"))


def _model(table: Mapping[str, Any]) -> LocalModel:
    files = tuple(ModelFile(**file) for file in table.get("files", ()))
    return LocalModel(**{**table, "files": files})
