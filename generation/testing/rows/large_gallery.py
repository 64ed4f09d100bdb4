"""A gallery of very many images, and every list, count and search of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.tokens import tokens
from generation.gallery import collections
from generation.models import Image, ImageModel
from generation.testing.cases import load_catalog, make_user
from generation.testing.rows import many_images as many

SOURCE = UUID("019ab000-0000-7000-8000-000000000000")


def fill(count: int) -> User:
    """Return alice, who has `count` images and six collections; bob has a fifth as many."""
    load_catalog()
    alice, bob = make_user("many@example.org"), make_user("some@example.org")
    models = [
        ImageModel.objects.get(slug=slug).id for slug in ("flux-schnell", "qwen-image", "flux-dev")
    ]
    now = timezone.now()
    many.hang(user=bob, models=models, count=count // 5, until=now - timedelta(minutes=7))
    many.hang(user=alice, models=models, count=count, until=now, source=str(SOURCE))
    for every in (1, 2, 10, 100, 1000, count // 3):
        many.pile(collections.create(user=alice, name=f"Every {every}"), every=every, rest=0)
    for name, every in (("tenth", 10), ("other", 10), ("thousandth", 1000)):
        many.tag(user=alice, name=name, every=every)
    many.settle()
    return alice


def addresses(user: User) -> dict[str, str]:
    """Return what is looked at, by name."""
    kept = Image.objects.of(user).kept().newest_first()
    deep = kept[kept.count() * 9 // 10].id
    piles = {one.name: one.id for one in collections.Collection.objects.of(user)}
    gallery, api = "/gallery/", "/api/v1/images/"
    return {
        "gallery, first page": gallery,
        "gallery, deep page": f"{gallery}?before={deep}",
        "oldest first, first page": f"{gallery}?sort=oldest",
        "oldest first, deep page": f"{gallery}?sort=oldest&before={deep}",
        "favorites first, first page": f"{gallery}?sort=favorites",
        "favorites first, deep page": f"{gallery}?sort=favorites&before={deep}",
        "model, of every third": f"{gallery}?model=flux-dev",
        "model, of every thousandth": f"{gallery}?model=qwen-image",
        "style, of every fifth": f"{gallery}?style=watercolor",
        "days, last month": f"{gallery}?when=last-month",
        "days, the oldest": f"{gallery}?until={timezone.localdate() - timedelta(days=700)}",
        "shape, of every fiftieth": f"{gallery}?shape=portrait",
        "size, of none": f"{gallery}?longest=2048",
        "favorites": f"{gallery}?favorite=1",
        "source, any": f"{gallery}?source=yes",
        "source, one": f"{gallery}?source={SOURCE}",
        "source, of none": f"{gallery}?source={deep}",
        "five filters": f"{gallery}?model=flux-dev&style=watercolor&shape=landscape&source=yes&favorite=1",
        "search, half of all": f"{gallery}?q={many.COMMON}",
        "search, half of all, Russian": f"{gallery}?q=горах",
        "search, ten": f"{gallery}?q={many.RARE}",
        "search, none": f"{gallery}?q=zeppelin",
        "search, the oldest fifth": f"{gallery}?q={many.OLD}",
        "search, begun": f"{gallery}?q=moun",
        "search, phrase": f"{gallery}?q=%22red+coat%22",
        "search, all but a word": f"{gallery}?q=-mountain",
        "search, common and filter": f"{gallery}?q={many.COMMON}&style=watercolor",
        "search, oldest and filter": f"{gallery}?q={many.OLD}&style=watercolor",
        "collection, all": f"{gallery}?collection={piles['Every 1']}",
        "collection, every hundredth": f"{gallery}?collection={piles['Every 100']}",
        "tag, every tenth": f"{gallery}?tag=tenth",
        "tags, both every tenth": f"{gallery}?tag=tenth,other",
        "tags, one rare": f"{gallery}?tag=tenth,thousandth",
        "tag, every thousandth": f"{gallery}?tag=thousandth",
        "tag and search, common": f"{gallery}?tag=tenth&q={many.COMMON}",
        "search, tag": f"{gallery}?q=thousandth",
        "tags": "/gallery/tags/",
        "API, tag": f"{api}?tag=tenth",
        "API, tags": "/api/v1/tags/",
        "collections": "/gallery/collections/",
        "trash": "/gallery/trash/",
        "API, first page": api,
        "API, model": f"{api}?model=qwen-image",
        "API, search": f"{api}?q={many.COMMON}",
        "API, collection": f"{api}?collection={piles['Every 2']}",
        "API, trash": f"{api}?trashed=true",
        "API, collections": "/api/v1/collections/",
    }


@contextmanager
def watched(note: Callable[[str, Any, Callable[[], Any]], Any]) -> Iterator[None]:
    """Give each query that is sent to `note` (SQL, parameters, a function that sends it)."""

    def wrapper(execute: Any, sql: str, params: Any, many_: bool, context: Any) -> Any:
        return note(sql, params, lambda: execute(sql, params, many_, context))

    with connection.execute_wrapper(wrapper):
        yield


def client_of(user: User) -> Client:
    """Return a client that pages and the API know."""
    client = Client(headers={"Authorization": f"Bearer {tokens.issue(user=user, name='many')}"})
    client.force_login(user)
    return client
