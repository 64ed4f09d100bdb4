"""The engine: submit (POST /run), check (GET /status) and stop (POST /cancel) due jobs.

Each step is short and takes all due jobs of a model at once. It never waits for a GPU and downloads
nothing; that is for `storing`. Messages, webhooks, the tick, admin actions and commands all end
here. A lease on the job lets one process do the step. The tick finds every job again when a
message, a step or a whole machine is lost.
"""

from generation.jobs.engine.driver.due_jobs import fail_overdue, tick
from generation.jobs.engine.driver.image_calls import make
from generation.jobs.engine.driver.status_checks import check
from generation.jobs.engine.driver.stopping import stop
from generation.jobs.engine.driver.submission import submit
