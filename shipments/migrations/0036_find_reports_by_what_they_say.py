"""Indexes of reports by milestone and by when they were said; one event of any source is found by its id."""

from django.db import migrations, models

from shipments.migrations._again import BuildIndex

NAME = "report_is_said_once"
BEFORE = "source_id, event_id, content_hash, ordinal, relayed_by_id"
AFTER = "event_id, source_id, content_hash, ordinal, relayed_by_id"


def _unique(columns: str) -> list[str]:
    """The unique constraint over ``columns``, in the place of the same in another order; built beside writers."""
    return [
        f"DROP INDEX CONCURRENTLY IF EXISTS {NAME}_new",
        f"CREATE UNIQUE INDEX CONCURRENTLY {NAME}_new ON shipments_report ({columns}) NULLS NOT DISTINCT",
        f"ALTER TABLE shipments_report DROP CONSTRAINT IF EXISTS {NAME},"
        f" ADD CONSTRAINT {NAME} UNIQUE USING INDEX {NAME}_new",
    ]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("shipments", "0035_keep_flows_in_few_pages"),
    ]

    operations = [
        BuildIndex(
            model_name="report",
            index=models.Index(
                condition=models.Q(("milestone", ""), _negated=True), fields=["milestone"], name="report_by_milestone"
            ),
        ),
        BuildIndex(model_name="report", index=models.Index(fields=["asserted_at"], name="report_by_assertion")),
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL(_unique(AFTER), _unique(BEFORE))],
            [
                migrations.RemoveConstraint(model_name="report", name=NAME),
                migrations.AddConstraint(
                    model_name="report",
                    constraint=models.UniqueConstraint(
                        fields=["event_id", "source", "content_hash", "ordinal", "relayed_by"],
                        name=NAME,
                        nulls_distinct=False,
                    ),
                ),
            ],
        ),
    ]
