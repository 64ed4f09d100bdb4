"""What ArtGen refuses and why: one base class for all refusals, raised where the rule is.

Each way out has one renderer: `artgen.api.problems.handle` (API), `artgen.web.refusal_pages`
(pages), `artgen.management.base` (commands) and `artgen.admin.actions` (admin).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.utils.functional import Promise


@dataclass(frozen=True)
class FieldError:
    """One invalid field of a body, query string or form: a stable `code`, a translated `detail`."""

    field: str
    code: str
    detail: str


@dataclass(frozen=True)
class Acceptance:
    """A form field with which the same request is not refused, and what its button says."""

    field: str
    value: str
    label: str


class Refusal(Exception):
    """A request that is understood and not fulfilled; nothing was changed.

    Subclasses set `code`, `status` and `text`, the message as a lazy translation. `errors` are the
    invalid fields, `retry_after` the seconds until it is worth trying again, `members` further
    members of the API's problem document, such as `limit`.
    """

    code: str = "invalid"
    """Stable, for use in code. What the API can answer is in `artgen.api.problems.KINDS`."""
    status: int = 400
    """HTTP status of the response, in the API and in pages."""
    text: Promise | str = ""
    is_deliberate: ClassVar[bool] = False
    """Whether an operator caused it, such as by turning image creation off: no error to count."""

    def __init__(
        self,
        message: Promise | str = "",
        *,
        errors: Sequence[FieldError] = (),
        retry_after: int | None = None,
        **members: object,
    ) -> None:
        super().__init__(message)
        self.own_text = message
        self.errors = list(errors)
        self.retry_after = retry_after
        self.members = members

    @property
    def message(self) -> str:
        """What happened and what to do, in the active language."""
        return str(self.own_text or self.text) or " ".join(error.detail for error in self.errors)

    @property
    def acceptance(self) -> Acceptance | None:
        """How a person can accept what was refused in one press; None: they cannot."""
        return None

    def __str__(self) -> str:
        return self.message or self.code


class Unavailable(Refusal):
    """A part of ArtGen that the request needs does not respond; `part` names it in `503.html`."""

    code = "unavailable"
    status = 503
    RETRY_AFTER_SECONDS: ClassVar[int] = 30
    part: ClassVar[str] = ""

    def __init__(self, message: Promise | str = "") -> None:
        super().__init__(message, retry_after=self.RETRY_AFTER_SECONDS)
