"""Have autovacuum look after pictures at every fiftieth that is new or changed, instead of every fifth.

Lists and counts read an index alone, without the pictures, only where VACUUM has noted that everybody may see them.
"""

from django.db import migrations

SOONER = """
ALTER TABLE generation_image SET (
    autovacuum_vacuum_insert_scale_factor = 0.02,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.02
)
"""
AS_USUAL = """
ALTER TABLE generation_image RESET (
    autovacuum_vacuum_insert_scale_factor, autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor
)
"""


def on_postgres(sql):
    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql)

    return run


class Migration(migrations.Migration):
    dependencies = [("generation", "0010_image_favorites_and_job_sources")]

    operations = [migrations.RunPython(on_postgres(SOONER), on_postgres(AS_USUAL))]
