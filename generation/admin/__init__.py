"""Staff's pages: jobs, models on offer, styles, the stop switch, pictures, people."""

from generation.admin import jobs, offers, people, pictures

__all__ = ["jobs", "offers", "people", "pictures"]
