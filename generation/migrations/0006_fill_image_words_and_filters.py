"""Fill what the gallery finds pictures by, some rows at a time: nobody waits for a lock."""

from django.db import migrations
from django.db.models import Case, Exists, OuterRef, Subquery, Value, When

ROWS = 1000


def fill(apps, schema_editor):
    image, job = (apps.get_model("generation", name) for name in ("Image", "Job"))
    own = job.objects.filter(id=OuterRef("job_id"))
    taken = {
        "model_id": Subquery(own.values("model_id")),
        "style": Subquery(own.values("style")),
        "sourced": Case(When(Exists(own.filter(source_images=[])), then=Value(False)), default=Value(True)),
    }
    empty = image.objects.filter(model__isnull=True).order_by("id")
    while ids := list(empty.values_list("id", flat=True)[:ROWS]):
        image.objects.filter(id__in=ids).update(**taken)
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(
                """
                UPDATE generation_image image SET words = artgen_words_of(image.user_id, job.prompt)
                  FROM generation_job job WHERE job.id = image.job_id AND image.id = ANY(%s)
                """,
                [ids],
            )


class Migration(migrations.Migration):
    atomic = False  # each update is a transaction of its own

    dependencies = [("generation", "0005_image_words_and_filters")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
