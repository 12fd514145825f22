"""Indexes over what waits for an analyst in the order in which it came: no other row is in them, or costs anything."""

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations, models

from shipments.migrations._again import BuildIndex


def _newest(name: str, **condition: bool) -> BuildIndex:
    index = models.Index(fields=["received_at", "id"], condition=models.Q(**condition), name=name)
    return BuildIndex(model_name="report", index=index)


class Migration(migrations.Migration):
    # Built beside running writers.
    atomic = False

    dependencies = [
        ("shipments", "0031_tell_what_is_numbered"),
    ]

    operations = [
        _newest("report_without_known_subject", subject__isnull=True),
        _newest("report_without_known_code", code_is_known=False),
        RemoveIndexConcurrently(model_name="report", name="report_without_subject"),
    ]
