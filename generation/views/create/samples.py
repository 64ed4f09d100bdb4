"""Sample images of models, styles and examples."""

from functools import lru_cache

from django.contrib.staticfiles import finders
from django.templatetags.static import static


@lru_cache(maxsize=500)
def sample(kind: str, slug: str) -> str:
    """Return the URL of the sample image of a model or style, "" if there is none."""
    path = f"generation/{kind}/{slug}.webp"
    return static(path) if finders.find(path) else ""
