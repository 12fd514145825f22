from django.db import migrations, models

from shipments.migrations._again import BuildIndex


class Migration(migrations.Migration):
    # The index is built beside running writers.
    atomic = False

    dependencies = [("shipments", "0011_keep_apart_what_was_passed_on")]

    operations = [
        BuildIndex(
            model_name="reportpayload",
            index=models.Index(
                condition=models.Q(("erased_at__isnull", True)), fields=["report"], name="report_payload_to_erase"
            ),
        ),
    ]
