"""What a user may do.

| module | limits | whose values | counted |
|---|---|---|---|
| `quotas` | what an order may ask for | user, else groups, else site | not at all |
| `period_limits` | images, cancellations and credits a day and a month | `quotas` | user's row |
| `rate_limits` | requests and writes of an address, account or user | its table | cache |
| `concurrency_slots` | sockets and downloads that are open | its callers | Redis, with leases |
| `user_limits` | all of one user, for pages and the API | | |
| `sign_in_attempts` | passwords of an account from a network | its table | cache |

Elsewhere: bytes of a user (`files.storage_limits`), jobs at once and waiting
(`jobs.budgets.budget_choice`, `jobs.placing.admission`), threads of a process (`files.threads`),
and requests of an address (nginx).
"""
