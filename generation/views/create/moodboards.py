"""Collections as moodboards: their newest images are source images for style."""

from collections.abc import Mapping, Sequence

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from accounts.limits.quotas import Quotas
from accounts.models import User
from artgen.database.ids import parse_uuid
from generation.catalog.source_roles import SourceRole
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

    They replace its source images. Its model stays if it takes several for style.
    """
    collection_id = parse_uuid(query.get("moodboard", ""))
    if form is None or collection_id is None:
        return form
    able = [
        model
        for model in models
        if SourceRole.STYLE in model.roles and allowed.allows_model(model.slug)
    ]
    collection = _own(user).filter(id=collection_id).first()
    if collection is None or not able:
        form.left_out = [
            _("No model can use images as style now.")
            if collection
            else _("The collection was deleted.")
        ]
        return form
    most = max(able, key=lambda model: model.max_source_images)
    has_room = form.model in able and form.model.max_source_images > 1
    form = form.for_model(form.model if has_room else most)
    images = Image.objects.of(user).present().filter(memberships__collection=collection)
    ids = images.newest_first().values_list("id", flat=True)
    room = form.model.max_source_images
    form.sources = [str(image_id) for image_id in ids[:room]]
    form.roles = dict.fromkeys(form.sources, SourceRole.STYLE.value)
    if images.count() > room:
        text = _("%(model)s takes up to %(max)s images: the newest ones of “%(name)s” are used.")
        values = {"model": form.model.name, "max": room, "name": collection.name}
        form.left_out = [text % values]
    return form


def _own(user: User) -> CollectionQuerySet:
    return Collection.objects.of(user).present()
