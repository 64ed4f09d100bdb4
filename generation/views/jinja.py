"""What templates of images and jobs use besides `artgen.frontend.jinja`."""

from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString
from django.utils.translation import ngettext
from jinja2 import Environment

from artgen.frontend import jinja
from artgen.web import formatting
from generation.catalog.source_roles import TEXTS, WEIGHTS, SourceRole
from generation.files.image_addresses import srcset
from generation.jobs.inputs import reachability
from generation.views.account.account_tabs import has_reviews
from generation.views.create.prompt_help import describe_price
from generation.views.create.script_texts import create_texts
from generation.views.gallery import finals, url_filters
from generation.views.image_html import LAYOUTS, img, lean_img, sample_img
from generation.views.jobs import live_texts
from generation.views.site import shared_parts


def environment(**options: Any) -> Environment:
    """Return the environment of all Jinja2 templates."""
    environment = jinja.environment(**options)
    environment.globals.update(
        {
            "create_texts": create_texts,
            "describe_price": describe_price,
            "has_reviews": has_reviews,
            "filter_choices": url_filters.choices,
            "is_demo": reachability.is_demo,
            "img": img,
            "layouts": LAYOUTS,
            "lean_img": lean_img,
            "names_of_finals": finals.names_of_finals,
            "sample_img": sample_img,
            "origin_label": lambda: settings.ORIGIN_LABEL,
            "selection_max": settings.SELECTION_MAX,
            "selection_words": selection_words,
            "shared_part": shared_parts.address,
            "source_roles": [(name, SourceRole(name).label) for name in TEXTS],
            "source_weights": WEIGHTS.items(),
            "srcset": srcset,
        }
    )
    return environment


def selection_words() -> SafeString:
    """Return the plural forms of texts that the page's script updates."""
    forms: dict[str, Any] = {
        **live_texts.ready_texts(),
        "pictures": formatting.plural_forms(
            lambda n: ngettext("%(count)s image", "%(count)s images", n).replace(
                " ", "\N{NO-BREAK SPACE}"
            )
        ),
        "open_stack": formatting.plural_forms(
            lambda n: ngettext("Show %(count)s image", "Show %(count)s images", n)
        ),
        "close_stack": formatting.plural_forms(
            lambda n: ngettext("Stack %(count)s image", "Stack %(count)s images", n)
        ),
        "open_drafts": formatting.plural_forms(
            lambda n: ngettext("Show %(count)s draft", "Show %(count)s drafts", n)
        ),
        "close_drafts": formatting.plural_forms(
            lambda n: ngettext("Stack %(count)s draft", "Stack %(count)s drafts", n)
        ),
        "found": formatting.plural_forms(
            lambda n: ngettext("%(shown)s found", "%(shown)s found", n)
        ),
    }
    return jinja.json_script(forms, "words")
