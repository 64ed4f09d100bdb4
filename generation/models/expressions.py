"""Counts and literals inside of queries."""

from django.db.models import IntegerField, Subquery
from django.db.models.expressions import RawSQL


class Counted(Subquery):
    """The number of rows of another query; one query can have several, each using its index."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()
    empty_result_set_value = 0


class Literal(RawSQL):
    """A choice of a field, written out: with a parameter, a generic plan uses no partial index."""

    def __init__(self, choice: str) -> None:
        super().__init__(f"'{choice}'", ())
