"""What the composer offers a user: styles, presets, favorite models. One statement for all."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import CharField, Exists, Expression, F, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat, Replace
from django.utils.translation import get_language

from accounts.models import User
from artgen.database.compiled_queries import CompiledQuery
from artgen.database.ids import parse_uuid
from generation.models import FavoriteModel, Image, OwnStyle, Preset, Style
from generation.models.presets import OWN_STYLE_PREFIX

BUILT_IN, OWN, PRESET, FAVORITE = 1, 2, 3, 4


@dataclass(frozen=True)
class StyleChoice:
    slug: str
    name: str
    is_own: bool


@dataclass(frozen=True)
class PresetChoice:
    id: UUID
    name: str


@dataclass(frozen=True)
class Choices:
    """Own styles follow the built-in ones; presets are in the user's order."""

    styles: list[StyleChoice]
    presets: list[PresetChoice]
    favorite_models: frozenset[int]
    """Primary keys of models."""


def of_user(user: User) -> Choices:
    rows = OFFERED.rows(user=user.pk)
    return Choices(
        styles=_styles(rows),
        presets=[PresetChoice(UUID(row[1]), row[2]) for row in rows if row[0] == PRESET],
        favorite_models=frozenset(int(row[1]) for row in rows if row[0] == FAVORITE),
    )


def styles_of_images(user: User) -> list[StyleChoice]:
    """Return the styles of the user's untrashed images that still exist."""
    return _styles(OF_IMAGES.rows(user=user.pk))


def _offered(user: Expression) -> QuerySet[Any, Any]:
    favorites = FavoriteModel.objects.filter(user=user).order_by()
    return (
        _built_in(Style.objects.filter(enabled=True))
        .union(
            _named(OwnStyle.objects.of(user).present(), OWN),
            _named(Preset.objects.of(user).present(), PRESET),
            favorites.values_list(
                Value(FAVORITE), Cast("model_id", CharField()), Value(""), Value(""), Value(0)
            ),
            all=True,
        )
        .order_by("kind", "rank", "key")
    )


def _of_images(user: Expression) -> QuerySet[Any, Any]:
    own = Image.objects.of(user).kept()
    built_in = Style.objects.filter(Exists(own.filter(style=OuterRef("slug"))))
    key = Replace(Cast(OuterRef("pk"), CharField()), Value("-"), Value(""))
    of_image = own.filter(style=Concat(Value(OWN_STYLE_PREFIX), key))
    return (
        _built_in(built_in)
        .union(_named(OwnStyle.objects.of(user).present().filter(Exists(of_image)), OWN), all=True)
        .order_by("kind", "rank", "key")
    )


OFFERED, OF_IMAGES = CompiledQuery(_offered), CompiledQuery(_of_images)
"""Rows of kind, key, name, Russian name, rank."""


def _styles(rows: list[Any]) -> list[StyleChoice]:
    is_russian = (get_language() or "").startswith("ru")
    choices = []
    for kind, key, name, name_ru, _rank in rows:
        if kind == BUILT_IN:
            choices.append(StyleChoice(key, name_ru if is_russian else name, is_own=False))
        elif kind == OWN and (style_id := parse_uuid(key)):
            choices.append(StyleChoice(f"{OWN_STYLE_PREFIX}{style_id.hex}", name, is_own=True))
    return choices


def _built_in(styles: QuerySet[Style]) -> QuerySet[Any, Any]:
    return (
        styles.order_by()
        .annotate(
            kind=Value(BUILT_IN),
            key=F("slug"),
            text=F("name_en"),
            text_ru=F("name_ru"),
            rank=F("position"),
        )
        .values_list("kind", "key", "text", "text_ru", "rank")
    )


def _named(rows: QuerySet[OwnStyle] | QuerySet[Preset], kind: int) -> QuerySet[Any, Any]:
    return (
        rows.order_by()
        .annotate(
            kind=Value(kind),
            key=Cast("id", CharField()),
            text=F("name"),
            text_ru=Value(""),
            rank=F("position"),
        )
        .values_list("kind", "key", "text", "text_ru", "rank")
    )
