"""List documents of a kind or of a marking in the order of their publication."""

from django.db import migrations, models

from shipments.migrations._again import BuildIndex

BY = ("kind", "marking")


class Migration(migrations.Migration):
    # Built beside running writers.
    atomic = False

    dependencies = [
        ("shipments", "0046_find_pictures_by_the_span_of_their_story"),
    ]

    operations = [
        BuildIndex(
            model_name="document",
            index=models.Index(fields=[column, "published_at", "id"], name=f"document_by_{column}"),
        )
        for column in BY
    ]
