"""Staff's pages: jobs, models on offer, styles, the stop switch, pictures."""

from generation.admin import jobs, offers, pictures

__all__ = ["jobs", "offers", "pictures"]
