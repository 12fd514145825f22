"""An index of the few restricted reports by who sent them: what a partner sees that others of its clearance do not."""

from django.db import migrations, models

from shipments.migrations._again import BuildIndex


class Migration(migrations.Migration):
    # Built beside running writers.
    atomic = False

    dependencies = [
        ("shipments", "0039_find_a_subject_by_few_pages"),
    ]

    operations = [
        BuildIndex(
            model_name="report",
            index=models.Index(
                condition=models.Q(("marking__gt", 0)), fields=["partner_key"], name="report_restricted_by_key"
            ),
        ),
    ]
