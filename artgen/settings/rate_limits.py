"""Rates of one user, pages and API together. Requests a second: NGINX_RATE.

The other rates: `accounts.limits.rate_limits`.
"""

PLACING_RATE = "1200/m"  # requests of one user that create jobs
UPLOADING_RATE = "120/m"
