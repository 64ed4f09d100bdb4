"""What the gallery finds images by: how prompts are read, and who writes the words.

The stock configurations leave out "stop words": "under", "один" and "больше" among them, which mean
something in a prompt. So the same stemmers without that list: Russian for words in Cyrillic,
English for words in Latin letters. Their parser takes "black/white" or "sea.Birds" for a path or a
host, one word; so punctuation becomes space first, as it does in what is searched for.

"@ID" among the words says whose image it is: no word of a prompt begins with "@". So one index finds
one user's. The function that reads this index may use no other way: `generation.gallery.search` says
what it is planned for.
"""

from django.db import migrations

READING = r"""
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
"""
SEARCH = """
CREATE INDEX image_words ON generation_image USING gin (words) WITH (fastupdate = off);
CREATE FUNCTION artgen_images_with(query tsquery, at_most integer)
    RETURNS SETOF uuid LANGUAGE sql STABLE ROWS 100
    SET enable_seqscan = off SET enable_indexscan = off AS $$
    SELECT id FROM generation_image WHERE words @@ query LIMIT at_most
$$;
"""
# Copies of shared images have no job: their words are those of their own row.
WRITING = """
CREATE FUNCTION artgen_image_takes_from_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN {of_a_copy}
    SELECT coalesce(NEW.model_id, job.model_id),
           coalesce(nullif(NEW.style, ''), job.style),
           NEW.sourced OR job.source_images <> '[]'::jsonb,
           artgen_words_of(NEW.user_id, {text})
      INTO NEW.model_id, NEW.style, NEW.sourced, NEW.words
      FROM generation_job job WHERE job.id = NEW.job_id;
    RETURN NEW;
END $$;
CREATE TRIGGER artgen_image_takes_from_job BEFORE INSERT ON generation_image
    FOR EACH ROW EXECUTE FUNCTION artgen_image_takes_from_job();
CREATE FUNCTION artgen_image_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN {of_a_copy}
    SELECT artgen_words_of(NEW.user_id, {text})
      INTO NEW.words FROM generation_job job WHERE job.id = NEW.job_id;
    RETURN NEW;
END $$;
CREATE TRIGGER artgen_image_words BEFORE UPDATE OF note, tags ON generation_image
    FOR EACH ROW WHEN (OLD.note <> NEW.note OR OLD.tags <> NEW.tags)
    EXECUTE FUNCTION artgen_image_words();
""".format(
    of_a_copy="""
    IF NEW.job_id IS NULL THEN
        NEW.words := artgen_words_of(NEW.user_id, coalesce(
            (SELECT saved.prompt FROM generation_savedimage saved WHERE saved.id = NEW.id), '')
            || ' ' || NEW.note || ' ' || NEW.tags);
        RETURN NEW;
    END IF;
""",
    text="job.prompt || ' ' || job.original_prompt || ' ' || NEW.note || ' ' || NEW.tags",
)
SOURCES = """
CREATE INDEX job_sources ON generation_job USING gin (source_images jsonb_path_ops)
    WITH (fastupdate = off) WHERE NOT source_images = '[]'::jsonb;
"""
# A gallery is read by its index alone only where the table was vacuumed.
VACUUM = """
ALTER TABLE generation_image SET (
    autovacuum_vacuum_insert_scale_factor = 0.02,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.02
);
"""


class Migration(migrations.Migration):
    contract = "a new database; there is no version before"
    replaces = [
        ("generation", "0050_rights_of_moderators"),
    ]
    dependencies = [("generation", "0001_initial")]
    operations = [
        migrations.RunSQL(READING + SEARCH + WRITING + SOURCES + VACUUM, migrations.RunSQL.noop),
    ]
