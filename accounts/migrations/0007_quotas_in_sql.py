"""Which quota counts, and a counter of a day or month, as functions for every statement."""

from django.db import migrations

WHOLE = (
    *("jobs_at_once", "jobs_waiting", "jobs_per_day", "jobs_per_month", "credits_per_day"),
    *("credits_per_month", "cancels_per_day", "batch"),
)
TYPES = dict.fromkeys(WHOLE, "bigint") | {"megapixels": "double precision"}
COLUMNS = ", ".join(f"{name} {of_sql}" for name, of_sql in TYPES.items())
VALUES = ", ".join(
    f"COALESCE(account.max_{name}, MAX(quota.max_{name}), (site ->> '{name}')::{of_sql})"
    for name, of_sql in TYPES.items()
)
FORWARD = f"""
CREATE FUNCTION artgen_quotas(account accounts_user, site jsonb)
RETURNS TABLE ({COLUMNS}, allowed_models text) LANGUAGE sql STABLE AS $$
    SELECT {VALUES}, COALESCE(
        NULLIF(account.allowed_models, ''),
        NULLIF(trim(string_agg(quota.allowed_models, ' ')), ''),
        '*'
    )
    FROM accounts_groupquota AS quota
    JOIN accounts_user_groups AS member ON member.group_id = quota.group_id
    WHERE member.user_id = account.id
$$;
CREATE FUNCTION artgen_count(value bigint, counted_on date, since date)
RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN counted_on >= since THEN value ELSE 0 END
$$;
"""  # noqa: S608 constants
BACKWARD = """
DROP FUNCTION artgen_quotas(accounts_user, jsonb);
DROP FUNCTION artgen_count(bigint, date, date);
"""


class Migration(migrations.Migration):
    contract = "adds functions that the version before does not call"
    dependencies = [("accounts", "0006_no_prompts_in_the_audit_log")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
