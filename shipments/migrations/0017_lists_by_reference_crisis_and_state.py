"""Indexes for lists in the order of references, and for those of one crisis or of one state of what is believed."""

from django.db import migrations, models

from shipments.migrations._again import BuildIndex


class Migration(migrations.Migration):
    # Built beside running writers.
    atomic = False

    dependencies = [
        ("shipments", "0016_find_restricted_reports_by_subject"),
    ]

    operations = [
        BuildIndex(
            model_name="subject",
            index=models.Index(fields=["kind", "reference"], name="subject_by_kind_and_reference"),
        ),
        BuildIndex(
            model_name="subject",
            index=models.Index(fields=["crisis", "kind", "id"], name="subject_by_crisis"),
        ),
        BuildIndex(
            model_name="picture",
            index=models.Index(
                fields=["state", "subject"], condition=models.Q(("known_to__isnull", True)), name="picture_by_state"
            ),
        ),
    ]
