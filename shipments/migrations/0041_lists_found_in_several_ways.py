"""Indexes by which lists are found in several ways, each in its order or of few: past, above a clearance, of a place."""

import django.db.models.deletion
from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models

from shipments.migrations._again import BuildIndex


class Migration(migrations.Migration):
    # Built beside running writers.
    atomic = False

    dependencies = [
        ("shipments", "0040_find_what_is_restricted_by_key"),
    ]

    operations = [
        BuildIndex(
            model_name="report",
            index=models.Index(
                condition=models.Q(("marking__gt", 0), ("subject__isnull", True), _connector="OR"),
                fields=["partner_key", "received_at", "id"],
                name="report_told_to_its_sender",
            ),
        ),
        BuildIndex(
            model_name="conflict",
            index=models.Index(
                condition=models.Q(("known_to__isnull", False)),
                fields=["known_from", "stable_id"],
                name="conflict_of_before",
            ),
        ),
        *(
            BuildIndex(model_name=kind, index=models.Index(fields=[column, *rest], name=name))
            for kind, column, rest, name in (
                ("leg", "origin", ["shipment"], "leg_by_origin"),
                ("leg", "destination", ["shipment"], "leg_by_destination"),
                ("shipment", "destination", ["subject"], "shipment_by_destination"),
                ("offer", "form", ["subject"], "offer_by_form"),
                ("contact", "form", ["subject"], "contact_by_form"),
                ("contact", "held_on", [], "contact_by_day"),
                ("inquiry", "asked_on", [], "inquiry_by_day"),
                ("crisis", "began_on", [], "crisis_by_day"),
            )
        ),
        BuildIndex(model_name="crisis", index=GinIndex(fields=["countries"], name="crisis_by_country")),
        # In the place of these, which found the same rows without their order.
        migrations.AlterField(
            model_name="leg",
            name="origin",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="legs_from",
                to="shipments.place",
            ),
        ),
        migrations.AlterField(
            model_name="leg",
            name="destination",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="legs_to",
                to="shipments.place",
            ),
        ),
        migrations.AlterField(
            model_name="shipment",
            name="destination",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="shipments.place",
            ),
        ),
    ]
