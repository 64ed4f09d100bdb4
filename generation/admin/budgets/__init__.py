"""Budgets in dollars."""

from generation.admin.budgets import budgets

__all__ = ["budgets"]
