"""The longest waits for an answer by an index, of contested offers and of others."""

from django.db import migrations, models

from shipments.migrations._again import BuildIndex


class Migration(migrations.Migration):
    # Built beside running writers.
    atomic = False

    dependencies = [
        ("shipments", "0043_check_links_of_reports_by_one_pass"),
    ]

    operations = [
        BuildIndex(
            model_name="flowshare",
            index=models.Index(
                condition=models.Q(("offer", ""), _negated=True),
                fields=["total", "is_contested", "since", "offer"],
                name="flow_share_longest",
            ),
        ),
    ]
