"""Indexes of labels, drafts and words of publications, and the words of those published before."""

import django.contrib.postgres.indexes
from django.db import migrations, models
from django.db.models import F, Func, OuterRef, Subquery

from artgen.database.online_migrations import AddIndexOnline, ChangeRows


def fill(publications):
    images = publications.model._meta.get_field("image").related_model.objects
    vector = publications.model._meta.get_field("words")
    words = Func("user_id", F("job__prompt"), function="artgen_words_of", output_field=vector)
    of_image = images.filter(pk=OuterRef("image_id"), job__isnull=False).values(found=words)
    publications.filter(with_parameters=True, words=None).update(words=Subquery(of_image))


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("generation", "0015_drafts_of_jobs"),
    ]

    operations = [
        AddIndexOnline(
            model_name="job",
            index=models.Index(
                condition=models.Q(("label", ""), _negated=True),
                fields=["user", "created_at"],
                name="job_labeled",
            ),
        ),
        AddIndexOnline(
            model_name="job",
            index=models.Index(
                condition=models.Q(("draft", ""), _negated=True),
                fields=["draft"],
                name="job_draft",
            ),
        ),
        AddIndexOnline(
            model_name="publication",
            index=django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("state", "published")),
                fastupdate=False,
                fields=["words"],
                name="publication_words",
            ),
        ),
        ChangeRows("publication", fill),
    ]
