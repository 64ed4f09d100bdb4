"""Counts inside a query."""

from django.db.models import IntegerField, Subquery


class Counted(Subquery):
    """The number of rows of another query; one query can have several, each using its index."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()
