"""Models on offer, their costs, trials and styles."""

from generation.admin.image_models import image_models, styles

__all__ = ["image_models", "styles"]
