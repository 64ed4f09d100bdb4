"""Is everything there that ArtGen needs, and if not, what to do? Behind `manage.py doctor`."""

from generation.operations.doctor.check import Check
from generation.operations.doctor.examination import examine

__all__ = ["Check", "examine"]
