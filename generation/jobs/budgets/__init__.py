"""Budgets in dollars: what is spent, what they allow, which jobs wait."""
