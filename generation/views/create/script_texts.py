"""Texts that the scripts of Create and of comparisons show."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from artgen.web import formatting
from generation.files import uploads
from generation.views.jobs import live_texts


def credit_forms() -> dict[str, str]:
    return formatting.plural_forms(lambda n: ngettext("%(count)s credit", "%(count)s credits", n))


def create_texts() -> dict[str, Any]:
    return {
        **live_texts.ready_texts(),
        "active": formatting.plural_forms(
            lambda n: ngettext("%(count)s in progress", "%(count)s in progress", n)
        ),
        "failed": formatting.plural_forms(
            lambda n: ngettext("%(count)s failed", "%(count)s failed", n)
        ),
        "alternatives": formatting.plural_forms(
            lambda n: ngettext(
                "%(count)s alternative: compare", "%(count)s alternatives: compare", n
            )
        ),
        "lines": formatting.plural_forms(
            lambda n: ngettext(
                "Create each of %(count)s line as a prompt of its own",
                "Create each of %(count)s lines as a prompt of its own",
                n,
            )
        ),
        "list_sent": formatting.plural_forms(
            lambda n: ngettext("%(count)s prompt sent", "%(count)s prompts sent", n)
        ),
        "credits": credit_forms(),
        "steps": formatting.plural_forms(
            lambda n: ngettext("%(count)s step", "%(count)s steps", n)
        ),
        "no_image": _("%(name)s isn’t a PNG, JPEG or WebP image."),
        "too_large": uploads.too_large(),
        "not_arrived": _("No connection. %(name)s will upload when you’re back online."),
        "not_taken": _("Couldn’t upload %(name)s. Try again later."),
        "kept_all": _("%(model)s doesn’t use source images. They are kept here and not sent."),
        "kept_more": formatting.plural_forms(
            lambda n: ngettext(
                "%(model)s uses up to %(count)s source image. The rest are kept here and not sent.",
                "%(model)s uses up to %(count)s source images. "
                "The rest are kept here and not sent.",
                n,
            )
        ),
        "role_elsewhere": _("%(role)s: with another model"),
        "role_unsupported": _("%(model)s doesn’t support this role of a source image: %(role)s."),
        "no_role": _("no role “%(role)s”"),
        "little_room": _("source images: %(count)s"),
        "switch_to": _("Switch to %(model)s"),
        "settings_kept": _(
            "%(model)s doesn’t use some of your settings. They are kept for other models."
        ),
        "random_seed": _("random seed"),
        "own_seed": _("custom seed"),
        "no_number": _("Must be a number."),
    }
