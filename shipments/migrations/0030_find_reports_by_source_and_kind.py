"""Indexes for lists of one source's reports, and of those that correct, retract or decide."""

from django.db import migrations, models

from shipments.migrations._again import BuildIndex


class Migration(migrations.Migration):
    # Built beside running writers.
    atomic = False

    dependencies = [
        ("shipments", "0029_find_what_is_restricted_or_early"),
    ]

    operations = [
        BuildIndex(
            model_name="report",
            index=models.Index(fields=["source", "received_at", "id"], name="report_by_source"),
        ),
        BuildIndex(
            model_name="report",
            index=models.Index(
                condition=models.Q(("kind", "observe"), _negated=True),
                fields=["kind", "received_at", "id"],
                name="report_by_kind_in_order",
            ),
        ),
    ]
