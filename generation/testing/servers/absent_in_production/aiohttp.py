"""Hides the package from processes that run as in production."""

raise ModuleNotFoundError("aiohttp")
