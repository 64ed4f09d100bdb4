"""Models on offer, their costs, trials and styles."""

from generation.admin.image_models import endpoints, image_models, styles

__all__ = ["endpoints", "image_models", "styles"]
