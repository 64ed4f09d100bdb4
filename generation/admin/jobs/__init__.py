"""Jobs and outages."""

from generation.admin.jobs import job_admin, outages

__all__ = ["jobs", "outages"]
