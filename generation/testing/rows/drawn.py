"""Images for the browser tests, drawn inside the demo by its worker."""

import time
from collections.abc import Mapping
from itertools import zip_longest

from accounts.models import User
from generation.jobs.placing import drafts
from generation.models import Endpoint, Job
from generation.testing import orders

MODEL = "flux-schnell"
AT_ONCE = 64

Steps = tuple[tuple[str, int], ...]
"""Prompts and counts of images, the oldest first."""


def draw(steps_of: Mapping[str, Steps], *, sides: Mapping[str, int]) -> None:
    """Draw for each NAME@example.org these steps, in squares of this side.

    Images are ordered as they were stored. The first steps of all people are drawn together, then
    the second ones: a step takes longer than its jobs.
    """
    users = {
        name: User.objects.get(email=f"{name}@example.org")
        for name, steps in steps_of.items()
        if steps
    }
    endpoint = Endpoint.objects.filter(model__slug=MODEL)
    usual = endpoint.values_list("max_in_flight", flat=True).get()
    endpoint.update(max_in_flight=AT_ONCE)
    for steps in zip_longest(*(steps_of[name] for name in users)):
        for (name, user), step in zip(users.items(), steps, strict=True):
            if step:
                prompt, count = step
                request = {"model": MODEL, "prompt": prompt} | dict.fromkeys(
                    ("width", "height"), sides[name]
                )
                orders.place_batch(user=user, requests=drafts.repeated(request, count=count))
        while Job.objects.filter(user__in=[*users.values()]).active().exists():
            time.sleep(0.05)
    endpoint.update(max_in_flight=usual)
