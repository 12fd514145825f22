"""Indexes for lists in the order of references, and for those of one crisis or of one state of what is believed."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Built beside running writers.
    atomic = False

    dependencies = [
        ("shipments", "0016_find_restricted_reports_by_subject"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="subject",
            index=models.Index(fields=["kind", "reference"], name="subject_by_kind_and_reference"),
        ),
        AddIndexConcurrently(
            model_name="subject",
            index=models.Index(fields=["crisis", "kind", "id"], name="subject_by_crisis"),
        ),
        AddIndexConcurrently(
            model_name="picture",
            index=models.Index(
                fields=["state", "subject"], condition=models.Q(("known_to__isnull", True)), name="picture_by_state"
            ),
        ),
    ]
