"""Check where reports lead by one pass over what was added, and by plans that are made once a session.

Each of ten links walked over all rows of a statement, and what it leads to was looked up by a plan that was made anew
for each statement: of a report that comes by itself, half of what the check took. A plan that is kept must not read
whole tables, which may have been small when it was made.
"""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("shipments.migrations.0013_check_what_reports_point_at_by_the_statement")
NAME = "report_points_at_what_is_there"


def _list(form: str) -> str:
    return ", ".join(form.format(column=column) for column in BEFORE.LINKS)


NOW = f"""
CREATE OR REPLACE FUNCTION {NAME}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
    held bigint;{"".join(f"{chr(10)}    {column}s {key}[];" for column, (_, key) in BEFORE.LINKS.items())}
BEGIN
    SELECT {_list("array_agg(DISTINCT {column}) FILTER (WHERE {column} IS NOT NULL)")}
      INTO {_list("{column}s")} FROM added;
{"".join(BEFORE._held(column, parent) for column, (parent, _) in BEFORE.LINKS.items())}
    RETURN NULL;
END
$$;
"""
# The first of its functions.
THEN = BEFORE.FUNCTIONS.partition("$$;")[0].replace("CREATE", "CREATE OR REPLACE") + "$$;"


class Migration(migrations.Migration):
    dependencies = [
        ("shipments", "0042_find_identifiers_by_few_pages"),
    ]

    operations = [migrations.RunSQL(NOW, THEN)]
