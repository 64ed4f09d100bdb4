"""Add what the gallery finds pictures by. On PostgreSQL: how prompts are read, and who writes the words.

The trigger fills all of it where the row comes without: the release before this one inserts such rows until it stops.
"""

import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

# The stock configurations leave out "stop words": "under", "один" and "больше" among them, which mean something in a
# prompt and are all that some people search for. So the same stemmers without that list: Russian for words in
# Cyrillic, English for words in Latin letters. Their parser takes "black/white" or "sea.Birds" for a path or a host,
# one word; so punctuation becomes space first, as it does in what is searched for.
#
# "@ID" among the words says whose picture it is: no word of a prompt begins with "@". So one index finds one user's.
# The function that reads this index may use no other way: what it is planned for is told in `generation.gallery.search`.
FORWARD = r"""
CREATE TEXT SEARCH DICTIONARY artgen_russian (TEMPLATE = snowball, LANGUAGE = russian);
CREATE TEXT SEARCH DICTIONARY artgen_english (TEMPLATE = snowball, LANGUAGE = english);
CREATE TEXT SEARCH CONFIGURATION artgen_prompt (COPY = russian);
ALTER TEXT SEARCH CONFIGURATION artgen_prompt
    ALTER MAPPING FOR asciiword, asciihword, hword_asciipart WITH artgen_english;
ALTER TEXT SEARCH CONFIGURATION artgen_prompt
    ALTER MAPPING FOR word, hword, hword_part WITH artgen_russian;

CREATE FUNCTION artgen_words_of(owner uuid, prompt text) RETURNS tsvector LANGUAGE sql STABLE AS $$
    SELECT array_to_tsvector(ARRAY['@' || owner])
        || to_tsvector('artgen_prompt', translate(prompt, $p$!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~$p$, repeat(' ', 32)))
$$;
CREATE FUNCTION artgen_images_with(query tsquery, at_most integer) RETURNS SETOF uuid LANGUAGE sql STABLE ROWS 100
    SET enable_seqscan = off SET enable_indexscan = off AS $$
    SELECT id FROM generation_image WHERE words @@ query LIMIT at_most
$$;
CREATE FUNCTION artgen_image_takes_from_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT coalesce(NEW.model_id, job.model_id),
           coalesce(nullif(NEW.style, ''), job.style),
           NEW.sourced OR job.source_images <> '[]'::jsonb,
           artgen_words_of(NEW.user_id, job.prompt)
      INTO NEW.model_id, NEW.style, NEW.sourced, NEW.words
      FROM generation_job job WHERE job.id = NEW.job_id;
    RETURN NEW;
END $$;
CREATE TRIGGER artgen_image_takes_from_job BEFORE INSERT ON generation_image
    FOR EACH ROW EXECUTE FUNCTION artgen_image_takes_from_job();
"""
BACKWARD = """
DROP TRIGGER artgen_image_takes_from_job ON generation_image;
DROP FUNCTION artgen_image_takes_from_job();
DROP FUNCTION artgen_images_with(tsquery, integer);
DROP FUNCTION artgen_words_of(uuid, text);
DROP TEXT SEARCH CONFIGURATION artgen_prompt;
DROP TEXT SEARCH DICTIONARY artgen_russian;
DROP TEXT SEARCH DICTIONARY artgen_english;
"""


def on_postgres(sql):
    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(sql, params=None)

    return run


class Migration(migrations.Migration):
    dependencies = [("generation", "0004_exports")]

    operations = [
        migrations.AddField(
            model_name="image",
            name="model",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="generation.imagemodel",
            ),
        ),
        migrations.AddField(
            model_name="image",
            name="style",
            field=models.CharField(blank=True, db_default="", default="", max_length=50, verbose_name="style"),
        ),
        migrations.AddField(
            model_name="image",
            name="sourced",
            field=models.BooleanField(db_default=False, default=False, verbose_name="made from a picture"),
        ),
        migrations.AddField(
            model_name="image",
            name="words",
            field=django.contrib.postgres.search.SearchVectorField(editable=False, null=True),
        ),
        migrations.RunPython(on_postgres(FORWARD), on_postgres(BACKWARD)),
    ]
