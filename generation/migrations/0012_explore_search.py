"""Words by which Explore finds images: those of prompts that their owners show to everybody.

Not those of the image, which also has the words of its notes and tags.
"""

import django.contrib.postgres.search
from django.db import migrations

WORDS = """
CREATE FUNCTION artgen_publication_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.with_parameters THEN
        SELECT artgen_words_of(image.user_id, job.prompt) INTO NEW.words
          FROM generation_image image JOIN generation_job job ON job.id = image.job_id
         WHERE image.id = NEW.image_id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER artgen_publication_words BEFORE INSERT ON generation_publication
    FOR EACH ROW EXECUTE FUNCTION artgen_publication_words();
"""


class Migration(migrations.Migration):
    contract = "adds a trigger for a column that the version before does not read"

    dependencies = [
        ('generation', '0011_purposes_of_models'),
    ]

    operations = [
        migrations.AddField(
            model_name='publication',
            name='words',
            field=django.contrib.postgres.search.SearchVectorField(editable=False, null=True),
        ),
        migrations.RunSQL(WORDS, "DROP FUNCTION artgen_publication_words CASCADE"),
    ]
