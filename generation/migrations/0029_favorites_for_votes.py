from django.db import migrations

VOTES_ARE_FAVORITES = """
UPDATE generation_image SET favorite = TRUE
FROM generation_sheetvote AS vote WHERE vote.job_id = generation_image.job_id
"""


class Migration(migrations.Migration):
    contract = "Nothing is released that reads votes."
    dependencies = [("generation", "0028_image_sha256")]

    operations = [
        migrations.RunSQL(VOTES_ARE_FAVORITES, migrations.RunSQL.noop),
        migrations.DeleteModel("SheetVote"),
    ]
