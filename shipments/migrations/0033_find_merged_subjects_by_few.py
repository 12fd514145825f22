"""An index of subjects that were merged, which are few, in the place of one of all subjects."""

import django.db.models.deletion
from django.db import migrations, models

from shipments.migrations._again import BuildIndex


class Migration(migrations.Migration):
    # Built beside running writers.
    atomic = False

    dependencies = [
        ("shipments", "0032_find_the_newest_that_wait"),
    ]

    operations = [
        BuildIndex(
            model_name="subject",
            index=models.Index(
                condition=models.Q(("merged_into__isnull", False)),
                fields=["merged_into"],
                name="subject_by_merged_into",
            ),
        ),
        migrations.AlterField(
            model_name="subject",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged_from",
                to="shipments.subject",
            ),
        ),
    ]
