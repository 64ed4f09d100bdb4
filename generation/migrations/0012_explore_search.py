"""Words by which Explore finds images: those of prompts that their owners show to everybody.

Not those of the image, which also has the words of its notes and tags.
"""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.db import migrations, models

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
UPDATE generation_publication publication SET words = artgen_words_of(image.user_id, job.prompt)
  FROM generation_image image JOIN generation_job job ON job.id = image.job_id
 WHERE image.id = publication.image_id AND publication.with_parameters;
"""


class Migration(migrations.Migration):
    contract = "adds a trigger and fills a column that the version before does not read"

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
        migrations.AddIndex(
            model_name='publication',
            index=django.contrib.postgres.indexes.GinIndex(condition=models.Q(('state', 'published')), fastupdate=False, fields=['words'], name='publication_words'),
        ),
    ]
