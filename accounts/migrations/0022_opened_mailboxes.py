"""Mailboxes that have opened an account, as keyed hashes: `accounts.sign_up` grants credits once."""

from django.conf import settings
from django.db import migrations, models
from django.utils.crypto import salted_hmac


def fill(apps, schema_editor):
    """Remember the addresses of the present accounts, as `accounts.sign_up` does."""
    OpenedMailbox = apps.get_model("accounts", "OpenedMailbox")
    emails = apps.get_model("accounts", "User").objects.values_list("email", flat=True)
    rows = [OpenedMailbox(digest=_digest(email)) for email in emails]
    OpenedMailbox.objects.bulk_create(rows, batch_size=5000, ignore_conflicts=True)


def _digest(email):
    local, _at, domain = email.rpartition("@")
    mailbox = f"{local.partition('+')[0]}@{domain}"
    key = settings.SECRET_KEY
    return salted_hmac("accounts.sign_up", mailbox, secret=key, algorithm="sha256").hexdigest()


class Migration(migrations.Migration):
    dependencies = [("accounts", "0021_hash_session_keys_of_devices")]

    operations = [
        migrations.CreateModel(
            name="OpenedMailbox",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
            ],
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
