"""The switch for all image creation, which staff set."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from artgen.web import formatting


class GenerationSwitch(models.Model):
    """Whether images can be created, and why not; at most one row, no row: they can.

    `jobs.placing.creation_switch` is the only writer.
    """

    class Mode(models.TextChoices):
        ON = "on", _("on")  # everyone can place jobs
        MAINTENANCE = "maintenance", _("maintenance")  # only staff can; jobs in progress go on
        OFF = "off", _("off")  # nobody can, and nothing is sent to the provider

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    # False: OFF, whatever `maintenance` says.
    on = models.BooleanField(_("image creation is on"), default=True)
    maintenance = models.BooleanField(_("maintenance"), default=False, db_default=False)
    message = models.CharField(_("message to users (English)"), max_length=300, blank=True)
    message_ru = models.CharField(
        _("message to users (Russian)"), max_length=300, blank=True, default="", db_default=""
    )
    until = models.DateTimeField(_("expected end"), null=True, blank=True)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = verbose_name_plural = _("creation switch")
        constraints = [models.CheckConstraint(name="one_switch", condition=Q(id=1))]

    def __str__(self) -> str:
        return str(self.mode.label)

    @property
    def mode(self) -> Mode:
        if not self.on:
            return self.Mode.OFF
        return self.Mode.MAINTENANCE if self.maintenance else self.Mode.ON

    @property
    def own_text(self) -> str:
        """The message in the active language, else in the other one, else ""."""
        texts = [self.message, self.message_ru]
        if (get_language() or "").startswith("ru"):
            texts.reverse()
        return next(filter(None, texts), "")

    @property
    def text(self) -> str:
        """What users read: the message, or a general one, and the expected end unless it passed."""
        text = self.own_text or str(
            _("Maintenance is in progress. Your text is saved.")
            if self.mode is self.Mode.MAINTENANCE
            else _("Image creation is paused. Your text is saved.")
        )
        if self.until and self.until > timezone.now():
            end = gettext("Expected end: %(time)s.") % {"time": formatting.moment(self.until)}
            text = f"{text} {end}"
        return text
