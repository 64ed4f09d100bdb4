"""Counts inside of a query."""

from django.db.models import IntegerField, Subquery


class Counted(Subquery):
    """How many rows another query has: several counts make one query, and each is read from the index that suits it."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()
