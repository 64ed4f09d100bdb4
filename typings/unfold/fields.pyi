from collections.abc import Callable
from typing import Any

prettify_json: Callable[..., Any]
