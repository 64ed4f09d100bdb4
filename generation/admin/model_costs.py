"""Columns of the list of models that compare recorded with expected costs."""

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from artgen.admin.audited import AuditedAdmin
from generation.models import ImageModel
from generation.operations import provider_costs


class CostColumns(AuditedAdmin):
    """Add the cost columns to the admin of models."""

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Attach to each model of the list the costs of its recent jobs."""
        changelist = super().get_changelist_instance(request)
        spent = provider_costs.spent(changelist.result_list)
        for model in changelist.result_list:
            model.spent = spent.get(model.pk)
        return changelist

    @admin.display(description=_("expected, 30 days"))
    def expected(self, model: ImageModel) -> str:
        spent = _spent(model)
        return _dollars(spent.expected) if spent and spent.expected is not None else "—"

    @admin.display(description=_("recorded, 30 days"))
    def recorded(self, model: ImageModel) -> str:
        """Return the recorded costs, and the parts spent without an image and on trials."""
        spent = _spent(model)
        if spent is None:
            return "—"
        text = _dollars(spent.recorded)
        if spent.without_image:
            text += " " + gettext("(%(sum)s without an image)") % {
                "sum": _dollars(spent.without_image)
            }
        if spent.trials:
            text += " " + gettext("(%(sum)s for trials, paid by the service)") % {
                "sum": _dollars(spent.trials)
            }
        return text

    @admin.display(description=_("difference"))
    def drift(self, model: ImageModel) -> str:
        """Return the difference to the expected costs in percent."""
        spent = _spent(model)
        share = spent.drift if spent else None
        if share is None:
            return "—"
        sign = "+" if share >= 0 else "−"
        return f"{sign}{number_format(round(abs(share) * 100, 1), 1)} %"

    @admin.display(description=_("last 30 days"))
    def costs_lately(self, model: ImageModel) -> str:
        if model._state.adding:
            return "—"
        spent = provider_costs.spent([model]).get(model.pk)
        if spent is None:
            return gettext("No job with a cost.")
        model.spent = spent  # type: ignore[attr-defined]
        return gettext(
            "jobs: %(jobs)d · expected: %(expected)s · recorded: %(recorded)s · "
            "difference: %(drift)s"
        ) % {
            "jobs": spent.jobs,
            "expected": self.expected(model),
            "recorded": self.recorded(model),
            "drift": self.drift(model),
        }


def _spent(model: ImageModel) -> provider_costs.Spent | None:
    return getattr(model, "spent", None)


def _dollars(sum_of_money: Decimal) -> str:
    places = 2 if sum_of_money >= 1 else 4
    return f"${number_format(round(sum_of_money, places), places)}"  # number_format truncates
