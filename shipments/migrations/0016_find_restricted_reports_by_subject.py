"""An index over the few reports above the lowest marking, by subject: every read of a subject asks for them."""

from django.db import migrations, models

from shipments.migrations._again import BuildIndex


class Migration(migrations.Migration):
    # Built beside running writers.
    atomic = False

    dependencies = [
        ("shipments", "0015_live_subjects_before_imported_ones"),
    ]

    operations = [
        BuildIndex(
            model_name="report",
            index=models.Index(
                fields=["subject"], condition=models.Q(("marking__gt", 0)), name="report_restricted_by_subject"
            ),
        ),
    ]
