"""Find what was on the books by a moment by an index alone."""

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations, models

from shipments.migrations._again import BuildIndex


class Migration(migrations.Migration):
    # Built beside running writers.
    atomic = False

    dependencies = [
        ("shipments", "0050_call_codes_by_their_names"),
    ]

    operations = [
        BuildIndex(
            model_name="subject",
            index=models.Index(fields=["created_at", "id"], name="subject_by_creation_with_key"),
        ),
        RemoveIndexConcurrently(model_name="subject", name="subject_by_creation"),
    ]
