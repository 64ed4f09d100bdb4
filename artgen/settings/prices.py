"""Prices: what a credit is worth, and the margin over the cost of a job."""

from artgen.environment.env import env

# For models without a price rule: credits = dollars × PRICE_MARGIN / CREDIT_USD, rounded up.
CREDIT_USD = env.decimal("CREDIT_USD", default="0.01")
PRICE_MARGIN = env.decimal("PRICE_MARGIN", default="1.2")
