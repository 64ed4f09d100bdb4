"""Values inside of SQL that are not parameters."""

from django.db.models.expressions import RawSQL


class Literal(RawSQL):
    """A choice of a field, written out: with a parameter, a generic plan uses no partial index."""

    def __init__(self, choice: str) -> None:
        super().__init__(f"'{choice}'", ())
