"""`fill_explore`: publish the demo's sample images in Explore, a little after its start."""

import io
import time

from django.core.management import call_command

from accounts.models import User
from artgen.management.base import BaseCommand
from generation.demo import explore_samples

OWNER = "nora@artgen.local"  # its password is random
STAFF = "staff@artgen.local"
DELAY_SECONDS = 20.0  # so that a user's first image is not delayed
STEP_SECONDS = 0.5


class Command(BaseCommand):
    help = "Create and publish the sample images of the demo. For `make run`."
    requires_system_checks = []

    def handle(self, *args: object, **options: object) -> None:
        time.sleep(DELAY_SECONDS)
        quiet = io.StringIO()
        call_command("create_user", OWNER, "--name", "Nora", stdout=quiet, stderr=quiet)
        owner, staff = (User.objects.get(email=email) for email in (OWNER, STAFF))
        while explore_samples.step(owner=owner, staff=staff):
            time.sleep(STEP_SECONDS)
