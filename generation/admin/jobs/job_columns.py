"""What the admin shows of a job: columns of the list and computed fields of its page."""

import json

from django.contrib import admin
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from artgen.admin.columns import badge, column
from artgen.web import formatting
from generation.admin.columns import preformatted, shortened
from generation.admin.jobs import job_text
from generation.files import storage
from generation.models import Job, Status

PROMPT_CUT = 60
ROW_SIDE = 56  # CSS pixels of the image in a row


def is_unconfirmed(job: Job) -> bool:
    """Return whether it is unknown if the provider has accepted the job."""
    return job.status == Status.SUBMITTED and not job.runpod_id


class JobColumns:
    @admin.display(description=_("image"))
    def thumbnail(self, job: Job) -> SafeString:
        images = getattr(job, "first_images", None) or ()
        if not images:
            return format_html('<span class="plate" data-status="{}"></span>', job.status)
        return format_html(
            '<img class="plate" src="{}" alt="" width="{}" height="{}" loading="lazy">',
            storage.url(images[0].thumbnail_key),
            ROW_SIDE,
            ROW_SIDE,
        )

    @admin.display(description=_("status"))
    def state(self, job: Job) -> SafeString:
        now = timezone.now()
        title, detail = job_text.state(job, now=now)
        stuck = "stuck" if job_text.stuck_reason(job, now=now) else ""
        second = format_html('<span class="second {}">{}</span>', stuck, detail)
        return badge(job.status, title) + second

    @admin.display(description=_("user"))
    def owner(self, job: Job) -> SafeString:
        return format_html(
            '<a href="?user__id__exact={}" title="{}">{}</a>',
            job.user_id,
            gettext("Jobs of this user"),
            job.user.email,
        )

    @admin.display(description=_("prompt"))
    def prompt_cut(self, job: Job) -> str:
        return shortened(job.prompt, PROMPT_CUT)

    @admin.display(description=_("cost"))
    def cost_text(self, job: Job) -> str:
        """Return the credits and the dollars that the provider reported; of a trial only these."""
        credits = gettext("Trial") if job.is_trial else formatting.credits(job.credits)
        return (
            credits if job.cost is None else f"{credits} · ${number_format(job.cost.normalize())}"
        )

    @admin.display(description=_("age"))
    def age(self, job: Job) -> str:
        return job_text.age(job, now=timezone.now())

    missing = column("missing_since", _("not confirmed since"))
    refused = column("refusals", _("times not accepted"))
    stopping = column("stop_pending", _("stop pending at the provider"), boolean=True)

    @admin.display(description=_("provider’s message"))
    def vendor_text(self, job: Job) -> SafeString:
        return preformatted(job.error_detail)

    @admin.display(description=_("snapshot"))
    def as_placed(self, job: Job) -> SafeString:
        return preformatted(json.dumps(job.snapshot, indent=2, ensure_ascii=False))
