"""Lists of one kind of subject, of the table of all subjects alone."""

from django.db import migrations, models

from shipments.migrations._again import BuildIndex


class Migration(migrations.Migration):
    # Built beside running writers.
    atomic = False

    dependencies = [
        ("shipments", "0037_say_since_when_flows_are_due"),
    ]

    operations = [
        BuildIndex(
            model_name="subject",
            index=models.Index(
                condition=models.Q(("merged_into__isnull", True)),
                fields=["kind", "id"],
                name="subject_by_kind_in_order",
            ),
        ),
    ]
