"""`prepare_demo`: tables, models and accounts of the demo; prints its address and the accounts."""

import io
from argparse import ArgumentParser

from django.conf import settings
from django.core.management import call_command
from django.utils.text import slugify

from artgen.management.base import BaseCommand
from generation.jobs.inputs import reachability
from generation.local_models import models as local_models
from generation.models import ImageModel

ACCOUNTS = (
    ("demo@artgen.local", "demo-pictures", ["--credits", "500"]),
    ("staff@artgen.local", "staff-pictures", ["--credits", "500", "--superuser"]),
)
TOOLS = ("upscaler", "flux-fill", "sdxl-inpaint")  # own workers, which the emulator has, too
LOCAL = "local-"  # their slugs begin with it, as a file may have the name of a model of the catalog
OFFER = {
    "provider": "image_server",
    "dialect": "public",
    "description_en": "A model on this computer",
    "description_ru": "Модель на этом компьютере",
    "languages": "en",
    "price": {"per_image": 0, "minimum": 0},
    "max_in_flight": 1,
    "min_source_images": 0,
    "enabled": True,
    "position": 0,
}
BANNER = """
  ArtGen is running at  {url}

  demo account          {demo[0]}    password  {demo[1]}
  staff, /admin/        {staff[0]}   password  {staff[1]}

  {painter} Ctrl-C stops everything; accounts and images stay in {data}.
"""
DEMO_GENERATOR = "A demo generator on this machine draws the images of RunPod's models."
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
        parser.add_argument("--model", default="", help="the model of local_model to offer")

    def handle(self, *args: object, emulator: bool, model: str, **options: object) -> None:
        quiet = io.StringIO()
        call_command("migrate", verbosity=0, interactive=False)
        known = set(ImageModel.objects.values_list("slug", flat=True))
        call_command("load_catalog", stdout=quiet)
        new = set(TOOLS) - known  # later starts keep what staff have set
        ImageModel.objects.filter(slug__in=new).update(enabled=emulator)
        offer_local(model)
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


def offer_local(name: str) -> None:
    """Offer this model of `local_model` for 0 credits, and none that an earlier start has offered.

    "": none. Raises ModelProblem.
    """
    ImageModel.objects.filter(slug__startswith=LOCAL).update(enabled=False)
    if not name:
        return
    local_model = local_models.find(name)
    slug = f"{LOCAL}{slugify(local_model.name)}"[:50]
    model = ImageModel.objects.filter(slug=slug).first() or ImageModel(slug=slug)
    table = {"name": local_model.title, "endpoint_id": local_model.name, **local_model.studio}
    for field, value in {**OFFER, **table}.items():
        setattr(model.owner_of(field), field, value)
    model.full_clean()
    model.save()
    model.save_endpoint()


def _at_runpod() -> str:
    return (
        AT_RUNPOD if reachability.by_runpod(settings.PUBLIC_URL) else f"{AT_RUNPOD}{NOT_REACHABLE}"
    )
