"""Staff's pages: jobs, models on offer, styles, the stop switch, pictures, what is to be public, people."""

from generation.admin import jobs, offers, outages, people, pictures, publications

__all__ = ["jobs", "offers", "outages", "people", "pictures", "publications"]
