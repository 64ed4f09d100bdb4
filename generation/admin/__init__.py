"""Staff's pages: jobs, models on offer, styles, the stop switch, pictures, what is to be public, people."""

from generation.admin import jobs, offers, people, pictures, publications

__all__ = ["jobs", "offers", "people", "pictures", "publications"]
