"""The APIs of other services, for programs that know only those: the same orders as `api`."""
