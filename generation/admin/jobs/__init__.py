"""Jobs and outages."""

from generation.admin.jobs import jobs, outages

__all__ = ["jobs", "outages"]
