"""`prepare_demo`: tables, models and accounts of the demo; prints its address and the accounts."""

import io
from argparse import ArgumentParser

from django.conf import settings
from django.core.management import call_command

from artgen.management.base import BaseCommand
from generation.jobs.inputs import reachability
from generation.models import ImageModel

ACCOUNTS = (
    ("demo@artgen.local", "demo-pictures", ["--credits", "500"]),
    ("staff@artgen.local", "staff-pictures", ["--credits", "500", "--superuser"]),
)
TOOLS = ("upscaler", "flux-fill", "sdxl-inpaint")  # own workers, which the emulator has, too
BANNER = """
  ArtGen is running at  {url}

  demo account          {demo[0]}    password  {demo[1]}
  staff, /admin/        {staff[0]}   password  {staff[1]}

  {painter} Ctrl-C stops everything; accounts and images stay in {data}.
"""
DEMO_GENERATOR = "A demo generator on this machine makes the images."
AT_RUNPOD = "RunPod makes the images and charges your key."
NOT_REACHABLE = (
    "\n  RunPod cannot reach this machine: source images are sent within requests, "
    "and progress is polled."
)


class Command(BaseCommand):
    help = "Prepare the demo: migrate, load the catalog, create accounts. For `make run`."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--emulator", action="store_true", help="an emulator plays RunPod")

    def handle(self, *args: object, emulator: bool, **options: object) -> None:
        quiet = io.StringIO()
        call_command("migrate", verbosity=0, interactive=False)
        known = set(ImageModel.objects.values_list("slug", flat=True))
        call_command("load_catalog", stdout=quiet)
        new = set(TOOLS) - known  # later starts keep what staff have set
        ImageModel.objects.filter(slug__in=new).update(enabled=emulator)
        for email, password, more in ACCOUNTS:
            call_command(
                "create_user", email, "--password", password, *more, stdout=quiet, stderr=quiet
            )
        self.stdout.write(
            BANNER.format(
                url=settings.PUBLIC_URL,
                demo=ACCOUNTS[0],
                staff=ACCOUNTS[1],
                data=settings.DATA_DIR,
                painter=DEMO_GENERATOR if emulator else _at_runpod(),
            )
        )


def _at_runpod() -> str:
    return (
        AT_RUNPOD if reachability.by_runpod(settings.PUBLIC_URL) else f"{AT_RUNPOD}{NOT_REACHABLE}"
    )
