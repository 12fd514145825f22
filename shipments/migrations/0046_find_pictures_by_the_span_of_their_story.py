"""Find pictures by the span of their story: one index, which knows what lies between two moments, in place of two."""

from django.contrib.postgres.fields import DateTimeRangeField
from django.contrib.postgres.indexes import GistIndex
from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations, models

from shipments.migrations._again import BuildIndex

# A story that has no moment has no span: it is not one without ends. What would end before it begins is no reason to
# refuse a row.
FUNCTION = """
CREATE OR REPLACE FUNCTION story_span(timeline jsonb) RETURNS tstzrange LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN (
    SELECT tstzrange(min(step.first), greatest(max(step.last), min(step.first)), '[]')
      FROM jsonb_array_elements(timeline) AS each (step), LATERAL (
           SELECT (each.step -> 'at' ->> 'from')::timestamptz, (each.step -> 'at' ->> 'to')::timestamptz
           ) AS step (first, last)
    HAVING count(step.first) > 0
)
"""
NO_FUNCTION = "DROP FUNCTION IF EXISTS story_span(jsonb)"
# Of an index over some of the rows PostgreSQL takes no figures, and would guess that a third of them is meant.
STATISTICS = "CREATE STATISTICS IF NOT EXISTS story_span ON story_span(timeline) FROM shipments_picture"
NO_STATISTICS = "DROP STATISTICS IF EXISTS story_span"
ENDS = ("first", "last")


def _statistics_of_an_end(which: str) -> migrations.RunSQL:
    name = f"story_{which}_moment"
    return migrations.RunSQL(
        f"DROP STATISTICS IF EXISTS {name}",
        f"CREATE STATISTICS IF NOT EXISTS {name} ON {name}(timeline) FROM shipments_picture",
    )


class Migration(migrations.Migration):
    # Built beside running writers.
    atomic = False

    dependencies = [
        ("shipments", "0045_add_up_what_is_contested_by_itself"),
    ]

    operations = [
        migrations.RunSQL(FUNCTION, NO_FUNCTION),
        migrations.RunSQL(STATISTICS, NO_STATISTICS),
        BuildIndex(
            model_name="picture",
            index=GistIndex(
                models.Func("timeline", function="story_span", output_field=DateTimeRangeField()),
                condition=models.Q(("known_to__isnull", True)),
                name="picture_by_span",
            ),
        ),
        migrations.RunSQL("ANALYZE shipments_picture", migrations.RunSQL.noop),
        # Their functions stay: the code of before asks by them until it has ended.
        *(RemoveIndexConcurrently(model_name="picture", name=f"picture_by_{which}_moment") for which in ENDS),
        *map(_statistics_of_an_end, ENDS),
    ]
