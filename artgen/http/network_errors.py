"""What is wrong with a connection, from exceptions that wrap each other."""

import re

_CONNECTION = re.compile(r"^(<[^>]*>|\w+\([^()]*\)): ")
"""How urllib3's messages begin: with the connection, as `HTTPSConnection(host=…, port=443): `."""


def reason_of(error: BaseException) -> str:
    """Return the message of the innermost exception on one line, such as "Connection refused"."""
    while inner := _inner(error):
        error = inner
    text = _CONNECTION.sub("", " ".join(str(error).split()))
    return text or type(error).__name__


def _inner(error: BaseException) -> BaseException | None:
    wrapped = [getattr(error, "reason", None), *error.args]
    if type(error) is OSError:  # anyio's "All connection attempts failed"
        wrapped.append(error.__cause__)
    if isinstance(error, BaseExceptionGroup):
        wrapped += error.exceptions
    return next((cause for cause in wrapped if isinstance(cause, BaseException)), None)
