"""Budgets of the site, of groups and of users."""

from generation.admin.budgets import budgets, groups, users

__all__ = [
    "budgets",
    "groups",
    "users",
]
