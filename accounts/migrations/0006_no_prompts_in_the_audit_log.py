"""Names of jobs and requests in the audit log without their prompts, which outlived the account."""

from django.db import migrations
from django.db.models import F

from artgen.database.online_migrations import ChangeRows


def forget_prompts(entries):
    of_prompts = {"content_type__app_label": "generation"}
    of_prompts["content_type__model__in"] = ("job", "promptreview")
    entries.filter(**of_prompts).update(object_repr=F("object_id"))


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("accounts", "0005_push_browsers")]

    operations = [ChangeRows("auditentry", forget_prompts)]
