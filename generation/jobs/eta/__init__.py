"""Waiting times: the only source for the button, cards, pages, API, socket events and /status/.

`history` shows how long the last jobs of a model took and how many ran at once; `forecasts` adds
the queue and what a job itself has shown so far; `promises` keeps what was said when it was placed;
`order_waits` asks all of them, and budgets, about a new order.
"""

from generation.jobs.eta.eta_types import Basis, Eta, EtaJson, JobOutlook
from generation.jobs.eta.forecast_cache import forecast, of_jobs, pace
from generation.jobs.eta.forecasts import Forecast
from generation.jobs.eta.history import History, Record, history_of, size_of
from generation.jobs.eta.order_waits import OrderWait, last_of, promise_order, wait_of_order
from generation.jobs.eta.promises import late_at, limit_of_order, of_order_jobs, promise
