"""Collections as moodboards: their best images give a new one its look."""

from collections.abc import Mapping, Sequence

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from accounts.limits.quotas import Quotas
from accounts.models import User
from artgen.database.ids import parse_uuid
from generation.catalog.source_roles import EDIT, SourceRole
from generation.models import Collection, CollectionImage, CollectionQuerySet, Image, ImageModel
from generation.studio.forms.composer import Composer

OFFERED = 24


def collections_of(user: User) -> CollectionQuerySet:
    """Return the user's collections with images, by name."""
    is_filled = Exists(CollectionImage.objects.filter(collection=OuterRef("pk")))
    return _own(user).filter(is_filled).by_name()[:OFFERED]


def with_moodboard(
    user: User,
    form: Composer | None,
    query: Mapping[str, str],
    *,
    models: Sequence[ImageModel],
    allowed: Quotas,
) -> Composer | None:
    """Return the form with the images of the user's collection `query["moodboard"]`, if any.

    They are added to its source images: favorites first, then the newest. Its model stays if it
    has room for one of them, else the nearest in price takes its place.
    """
    collection_id = parse_uuid(query.get("moodboard", ""))
    if form is None or collection_id is None:
        return form
    roles = {SourceRole.STYLE.value, *(form.roles.get(source, EDIT) for source in form.sources)}
    able = [
        model
        for model in models
        if roles <= set(model.offer.source_roles)
        and allowed.allows_model(model.slug)
        and model.max_source_images > len(form.sources)
    ]
    collection = _own(user).filter(id=collection_id).first()
    if collection is None or not able:
        form.left_out = [
            _("No model has room for images of a moodboard now.")
            if collection
            else _("The collection was deleted.")
        ]
        return form
    images = Image.objects.of(user).present().filter(memberships__collection=collection)
    best = images.exclude(id__in=filter(None, map(parse_uuid, form.sources)))
    best = best.order_by("-favorite", "-id")
    count, there, price = best.count(), len(form.sources), form.offer.price_of({})
    nearest = min(
        able,
        key=lambda model: (
            -min(model.max_source_images, there + count),
            abs(model.offer.price_of({}) - price),
        ),
    )
    form = form.for_model(form.model if form.model in able else nearest)
    room = form.model.max_source_images - there
    ids = [str(image_id) for image_id in best.values_list("id", flat=True)[:room]]
    form.sources = [*form.sources, *ids]
    form.roles = form.roles | dict.fromkeys(ids, SourceRole.STYLE.value)
    if count > room:
        text = _(
            "%(model)s takes up to %(max)s images. Of “%(name)s” the favorites and the newest are "
            "used."
        )
        values = {
            "model": form.model.name,
            "max": form.model.max_source_images,
            "name": collection.name,
        }
        form.left_out = [text % values]
    return form


def _own(user: User) -> CollectionQuerySet:
    return Collection.objects.of(user).present()
