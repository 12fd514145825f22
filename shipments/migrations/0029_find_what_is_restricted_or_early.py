"""Indexes for lists of what few rows are: reports above the lowest marking, subjects of before a moment."""

from django.db import migrations, models

from shipments.migrations._again import BuildIndex


class Migration(migrations.Migration):
    # Built beside running writers.
    atomic = False

    dependencies = [
        ("shipments", "0028_restrict_when_nobody_adds_up"),
    ]

    operations = [
        BuildIndex(
            model_name="report",
            index=models.Index(
                condition=models.Q(marking__gt=0),
                fields=["marking", "received_at", "id"],
                name="report_restricted_in_order",
            ),
        ),
        BuildIndex(
            model_name="subject",
            index=models.Index(fields=["created_at"], name="subject_by_creation"),
        ),
    ]
