"""Checks of everything ArtGen needs, with hints, for `manage.py doctor`."""

from generation.operations.doctor.check import Check
from generation.operations.doctor.runner import run_checks
