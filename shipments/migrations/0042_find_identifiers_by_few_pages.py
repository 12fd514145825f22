"""Identifiers of one subject by hash: the same few pages however many there are."""

from django.contrib.postgres.indexes import HashIndex
from django.db import migrations

from shipments.migrations._again import BuildIndex


class Migration(migrations.Migration):
    # Built beside running writers.
    atomic = False

    dependencies = [
        ("shipments", "0041_lists_found_in_several_ways"),
    ]

    operations = [
        BuildIndex(
            model_name="subjectidentifier", index=HashIndex(fields=["subject"], name="identifier_by_subject")
        ),
    ]
