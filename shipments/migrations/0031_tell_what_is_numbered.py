"""Events are told of once they are numbered: the index of those that wait leaves out what is not, until then.

A worker of before, which has no index for its own question meanwhile, walks all events at each batch.
"""

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations, models

from shipments.migrations._again import BuildIndex


class Migration(migrations.Migration):
    # Built beside running writers.
    atomic = False

    dependencies = [
        ("shipments", "0030_find_reports_by_source_and_kind"),
    ]

    operations = [
        BuildIndex(
            model_name="outboxevent",
            index=models.Index(
                condition=models.Q(("fanned_out_at__isnull", True), ("sequence__isnull", False)),
                fields=["sequence"],
                name="outbox_to_be_told",
            ),
        ),
        RemoveIndexConcurrently(model_name="outboxevent", name="outbox_to_fan_out"),
    ]
