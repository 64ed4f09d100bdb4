"""Links to the Create page: the form that their parameters mean."""

from collections.abc import Iterable, Mapping

from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.access.request_user import user_of
from accounts.limits.quotas import Quotas
from accounts.models import User
from artgen.database.ids import parse_uuid
from generation.gallery.sharing import saved_copies, share_links
from generation.models import Image, ImageModel, Job, Preset
from generation.models.presets import OWN_STYLE_PREFIX
from generation.studio.forms import field_texts, preset_values
from generation.studio.forms.composer import Composer
from generation.studio.presets import composer_choices, own_styles
from generation.views.create.moodboards import with_moodboard
from generation.views.shared.shared_collections import MAX_DIGITS


def composer_of(
    request: HttpRequest,
    models: list[ImageModel],
    *,
    allowed: Quotas,
    shared: share_links.Shared | None = None,
) -> Composer | None:
    """Return the form for a link: ?job=ID or ?image=ID (all its parameters), ?saved=ID (of a saved
    copy), ?model=, ?prompt=, ?source=ID or ID:ROLE (several), ?preset=ID, ?moodboard=ID (of a
    collection).

    With `shared` it has the parameters of that image instead. It has a model that the user may use,
    if there is one.
    """
    models = [model for model in models if allowed.allows_model(model.slug)] or models
    link: Mapping[str, str] = {} if shared else request.GET
    job = shared.image.origin if shared else _own_job(request)
    slug = link.get("model") or (job.model.slug if job else "")
    sources, roles = field_texts.read_sources(() if shared else request.GET.getlist("source"))
    chosen = chosen_model(models, slug, source_images=len(sources))
    if chosen is None:
        return None
    count = request.GET.get("count", "")
    if job:
        # Source images of another user's job are private.
        parameters = job.parameters if job.user_id == request.user.pk else job.shareable_parameters
        if request.GET.get("seed") != "keep":
            parameters["seed"] = None
        elif shared:
            parameters["seed"] = shared.image.seed
        form = Composer.filled(
            chosen, parameters, count=int(count) if count in "12345678" and count else 1
        )
        form.quotas = allowed
        if chosen.slug != job.model.slug:  # whose numbers may be out of its range
            for error in form.wrong_numbers():
                form.texts.pop(error.field, None)
        if "draft" in request.GET:  # the job is a draft, smaller than what the form asks for
            form.exact = False
    else:
        form = Composer(model=chosen, quotas=allowed)
    if job:
        drop_missing_style(user_of(request), form, name=job.style_name)
    if prompt := link.get("prompt", ""):
        form.texts["prompt"] = prompt
    if sources:
        form.sources, form.roles = sources, roles
    if shared or job:
        return form
    user = user_of(request)
    styled = with_moodboard(user, form, link, models=models, allowed=allowed)
    return with_preset(user, styled, link, models=models, allowed=allowed)


def shared_of(link: Mapping[str, str]) -> share_links.Shared | None:
    """Return the image of ?share=SLUG, or &item= of a shared collection, if its page shows its
    parameters.
    """
    item = link.get("item")
    if item is not None and not (item.isascii() and item.isdecimal() and len(item) <= MAX_DIGITS):
        return None
    shared = saved_copies.finder(link["share"], item=int(item) if item else None)()
    return shared if shared and shared.with_parameters else None


def composable(models: Iterable[ImageModel]) -> list[ImageModel]:
    return [model for model in models if model.is_composable]


def chosen_model(
    models: list[ImageModel], slug: str, *, source_images: int = 0
) -> ImageModel | None:
    """Return the model of this slug, else the first one; None without models.

    One that takes so many source images, else the one that takes most.
    """
    most = max((model.max_source_images for model in models), default=0)
    count = min(source_images, most)
    fitting = [model for model in models if model.max_source_images >= count]
    return next((model for model in fitting if model.slug == slug), fitting[0] if fitting else None)


def _own_job(request: HttpRequest) -> Job | None:
    """Return the user's job of ?job=, or what stands for the job of ?image= or ?saved=."""
    if job_id := parse_uuid(request.GET.get("job", "")):
        return Job.objects.of(request.user).with_all().filter(id=job_id).first()
    if image_id := parse_uuid(request.GET.get("image") or request.GET.get("saved", "")):
        image = Image.objects.of(request.user).present().with_origin().filter(id=image_id).first()
        return image.origin if image and image.has_parameters else None
    return None


def with_preset(
    user: User,
    form: Composer | None,
    query: Mapping[str, str],
    *,
    models: list[ImageModel],
    allowed: Quotas,
) -> Composer | None:
    """Return the form with the values of the user's preset `query["preset"]`, if there is one."""
    preset_id = parse_uuid(query.get("preset", ""))
    if form is None or preset_id is None:
        return form
    preset = Preset.objects.of(user).present().filter(id=preset_id).first()
    if preset is None:
        form.left_out = [_("The preset was deleted.")]
        return form
    styles = composer_choices.of_user(user).styles
    return preset_values.apply(
        preset.values, onto=form, models=models, allowed=allowed, styles=styles
    )


def drop_missing_style(user: User, form: Composer, *, name: str) -> None:
    """Choose no style if the form's own style was deleted, and say so; `name`: as it was."""
    slug = form.style
    if slug.startswith(OWN_STYLE_PREFIX) and own_styles.find(user, slug) is None:
        del form.texts["style"]
        form.left_out = [_("The style “%(name)s” was deleted.") % {"name": name}]
