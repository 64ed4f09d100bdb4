"""Threads of a process with an event loop: one for each pooled connection to the database."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.db import connection

THREADS = ThreadPoolExecutor(settings.DB_POOL_MAX, thread_name_prefix="pool")
"""Channels' own helper has one thread for all sockets."""


def with_connection[Argument, Returned](
    function: Callable[[Argument], Returned],
) -> Callable[[Argument], Returned]:
    """Wrap the function so that its database connection returns to the pool after each call."""

    def call(argument: Argument) -> Returned:
        try:
            return function(argument)
        finally:
            connection.close()

    return call


async def in_thread[Argument, Returned](
    function: Callable[[Argument], Returned], argument: Argument
) -> Returned:
    """Run a function that uses the database in a thread."""
    return await asyncio.get_running_loop().run_in_executor(
        THREADS, with_connection(function), argument
    )
