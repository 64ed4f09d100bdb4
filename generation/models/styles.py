"""Style presets, which staff edit."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class Style(models.Model):
    """A style preset: a template around the prompt."""

    slug = models.SlugField(_("slug"), unique=True)
    name_en = models.CharField(_("name (English)"), max_length=40)
    name_ru = models.CharField(_("name (Russian)"), max_length=40)
    template = models.CharField(
        _("template"),
        max_length=500,
        default="{prompt}",
        help_text=_("Text with {prompt} in place of the prompt."),
    )
    enabled = models.BooleanField(_("enabled"), default=True)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("style")
        verbose_name_plural = _("styles")
        ordering = ["position", "slug"]

    def __str__(self) -> str:
        return self.name_en

    @property
    def name(self) -> str:
        return self.name_ru if (get_language() or "").startswith("ru") else self.name_en

    @classmethod
    def name_of(cls, slug: str) -> str:
        """Return the name of the style, or the slug if the style no longer exists."""
        style = cls.objects.filter(slug=slug).first() if slug else None
        return style.name if style else slug

    def clean(self) -> None:
        """Validate that the template has a place for the prompt."""
        if "{prompt}" not in self.template:
            raise ValidationError({"template": _("{prompt} is missing.")})
