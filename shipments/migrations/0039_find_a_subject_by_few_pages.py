"""A subject and its parts by hash, in the place of indexes of which each has a constraint's that begins as it does."""

import django.db.models.deletion
from django.contrib.postgres.indexes import HashIndex
from django.db import migrations, models

from shipments.migrations._again import BuildIndex


def _without_index(model: str, name: str) -> migrations.AlterField:
    link = models.ForeignKey(
        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name=name, to="shipments.shipment"
    )
    return migrations.AlterField(model_name=model, name="shipment", field=link)


class Migration(migrations.Migration):
    # Built beside running writers.
    atomic = False

    dependencies = [
        ("shipments", "0038_list_subjects_of_a_kind_in_order"),
    ]

    operations = [
        BuildIndex(model_name="subject", index=HashIndex(fields=["reference"], name="subject_by_reference")),
        BuildIndex(model_name="leg", index=HashIndex(fields=["shipment"], name="leg_by_shipment")),
        BuildIndex(
            model_name="shipmentparty", index=HashIndex(fields=["shipment"], name="shipment_party_by_shipment")
        ),
        _without_index("leg", "legs"),
        _without_index("shipmentparty", "party_rows"),
        _without_index("line", "lines"),
    ]
