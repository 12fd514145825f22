"""Find pictures by when their story begins and ends, which is read from the story itself: no row is rewritten."""

from django.db import migrations, models

from shipments.migrations._again import BuildIndex

# Stored times tell their zone, so that what is read from a text depends on no setting.
FUNCTION = """
CREATE OR REPLACE FUNCTION story_{which}_moment(timeline jsonb) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN (
    SELECT {of}((step -> 'at' ->> '{end}')::timestamptz) FROM jsonb_array_elements(timeline) AS each (step)
)
"""
NO_FUNCTION = "DROP FUNCTION IF EXISTS story_{which}_moment(jsonb)"
# Of an index over some of the rows PostgreSQL takes no figures, and would guess that a third of them is meant.
STATISTICS = "CREATE STATISTICS IF NOT EXISTS story_{which}_moment ON story_{which}_moment(timeline) FROM shipments_picture"
NO_STATISTICS = "DROP STATISTICS IF EXISTS story_{which}_moment"


def _run(forth: str, back: str, **names: str) -> migrations.RunSQL:
    return migrations.RunSQL(forth.format(**names), back.format(**names))


def _index(which: str) -> BuildIndex:
    moment = models.Func("timeline", function=f"story_{which}_moment", output_field=models.DateTimeField())
    is_current = models.Q(known_to__isnull=True)
    index = models.Index(moment, "subject", condition=is_current, name=f"picture_by_{which}_moment")
    return BuildIndex(model_name="picture", index=index)


class Migration(migrations.Migration):
    # Built beside running writers.
    atomic = False

    dependencies = [
        ("shipments", "0022_lists_in_the_order_of_their_indexes"),
    ]

    operations = [
        _run(FUNCTION, NO_FUNCTION, which="first", of="min", end="from"),
        _run(FUNCTION, NO_FUNCTION, which="last", of="max", end="to"),
        _run(STATISTICS, NO_STATISTICS, which="first"),
        _run(STATISTICS, NO_STATISTICS, which="last"),
        _index("first"),
        _index("last"),
        migrations.RunSQL("ANALYZE shipments_picture", migrations.RunSQL.noop),
    ]
