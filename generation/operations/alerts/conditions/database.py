"""Connections to PostgreSQL. That it is away is found by `watching`, without these."""

from django.utils.translation import gettext_lazy as _

from artgen.database import connection_budget
from artgen.observability import resources

from .condition import SCALE, WARNING, Condition, ConditionGroup, Measured, minutes


class DatabaseAway(ConditionGroup):
    conditions = {
        "DatabaseDown": Condition(
            _("The database cannot be reached: pages and jobs fail."),
            _("Start PostgreSQL, or correct DATABASE_URL."),
        )
    }


class ConnectionConditions(ConditionGroup):
    conditions = {
        "DatabaseConnections": Condition(
            _("%(used)s database connections are open, the limit is %(limit)s."), SCALE
        ),
        "ConnectionBudget": Condition(
            _(
                "All processes together could open %(planned)s database connections, above the "
                "limit of %(limit)s."
            ),
            SCALE,
            severity=WARNING,
            hold=minutes(5),
        ),
    }

    def measure(self) -> Measured:
        budget, connections = connection_budget.read(), resources.connections()
        if connections.used >= budget.limit:
            yield "DatabaseConnections", {"used": connections.used, "limit": budget.limit}
        if budget.excess:
            yield "ConnectionBudget", {"planned": budget.connections, "limit": budget.limit}
