"""Images for the browser tests, drawn inside the demo by its worker."""

import time
from collections.abc import Iterable

from accounts.models import User
from generation.jobs.placing import drafts
from generation.models import Job
from generation.testing import orders


def draw(
    people: Iterable[str], *steps: tuple[str, int], width: int = 256, height: int = 256
) -> None:
    """Draw for each NAME@example.org, a step (prompt, count) after the other; wait for each.

    Images are ordered as they were stored. All people wait together, because a step takes longer
    than its jobs.
    """
    users = User.objects.filter(email__in=[f"{name}@example.org" for name in people])
    for prompt, count in steps:
        request = {"model": "flux-schnell", "prompt": prompt, "width": width, "height": height}
        for user in users:
            orders.place_batch(user=user, requests=drafts.repeated(request, count=count))
        while Job.objects.filter(user__in=users, prompt=prompt).active().exists():
            time.sleep(0.05)
