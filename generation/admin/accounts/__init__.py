"""Users and groups, with their jobs, images and budgets."""

from generation.admin.accounts import groups, users

__all__ = ["groups", "users"]
