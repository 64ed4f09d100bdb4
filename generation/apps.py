"""The generation app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from generation.operations import checks as checks  # registers the system checks


class GenerationConfig(AppConfig):
    """Jobs from prompt to image."""

    name = "generation"
    verbose_name = _("Images")

    def ready(self) -> None:
        """Register what accounts shows of jobs."""
        from accounts import job_app  # noqa: PLC0415 these need the models
        from generation.user_data import (  # noqa: PLC0415
            ledger_descriptions,
            ledger_labels,
            usage,
        )

        job_app.registered = job_app.JobApp(
            descriptions=ledger_descriptions.of_jobs,
            reason_of=ledger_descriptions.reason_of,
            service_of=ledger_descriptions.service_of,
            label_totals=ledger_labels.totals,
            labeled=ledger_labels.labeled,
            usage=usage.of_user,
            models=usage.all_models,
        )
