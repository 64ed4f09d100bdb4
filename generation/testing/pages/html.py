"""HTML as the tests compare it.

Templates are indented, and each attribute may have its own line.
"""

import re
from typing import Any


def flat(response: Any) -> str:
    """Return the page on one line, without spaces beside tags."""
    text = re.sub(r"[ \n]+", " ", response.content.decode())
    return re.sub(r" ?([<>]) ?", r"\1", text)
