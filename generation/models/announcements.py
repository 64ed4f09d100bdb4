"""Announcements of staff to everyone who opens a page."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from artgen.web import years


class Announcement(models.Model):
    """A line above every page, in both languages, from `starts_at` until `ends_at`."""

    class Level(models.TextChoices):
        INFO = "information", _("Information")  # good to know
        WARNING = "warning", _("Warning")  # something does not work, or will not

    level = models.CharField(_("level"), max_length=11, choices=Level.choices, default=Level.INFO)
    text_en = models.CharField(_("text (English)"), max_length=300)
    text_ru = models.CharField(_("text (Russian)"), max_length=300)
    starts_at = models.DateTimeField(_("from"), default=timezone.now)
    ends_at = models.DateTimeField(
        _("to"), null=True, blank=True, help_text=_("Empty: until you delete it.")
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")
        ordering = ["-starts_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="announcement_ends_after_its_start",
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
            )
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        return self.text_ru if (get_language() or "").startswith("ru") else self.text_en

    @property
    def key(self) -> str:
        """Names this text: a browser that has closed it shows a later version again."""
        return f"{self.pk}-{int(self.changed_at.timestamp())}"

    def is_current(self, now: datetime) -> bool:
        return self.starts_at <= now and (self.ends_at is None or now < self.ends_at)

    def clean(self) -> None:
        for name in ("starts_at", "ends_at"):
            if at := getattr(self, name):
                try:
                    years.validate(at)
                except ValidationError as error:
                    raise ValidationError({name: error}) from error
        if self.ends_at and self.starts_at and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": _("The end must be after the start.")})
