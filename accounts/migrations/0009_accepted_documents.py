from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_one_outbox")]

    operations = [
        migrations.AddField(
            "user",
            "accepted_documents",
            models.JSONField(db_default={}, default=dict, editable=False),
        )
    ]
