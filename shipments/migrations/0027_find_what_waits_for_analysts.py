"""Indexes over what waits for an analyst, which is little: no other row is in them, or costs anything."""

from django.db import migrations, models

from shipments.migrations._again import BuildIndex


def _without(part: str) -> BuildIndex:
    condition = models.Q(**{f"{part}__isnull": True}) & ~models.Q(**{f"{part}_said": ""})
    index = models.Index(fields=["received_at", "id"], condition=condition, name=f"report_without_{part}")
    return BuildIndex(model_name="report", index=index)


class Migration(migrations.Migration):
    # Built beside running writers.
    atomic = False

    dependencies = [
        ("shipments", "0026_find_plans_by_words"),
    ]

    operations = [
        _without("leg"),
        _without("line"),
        BuildIndex(
            model_name="picture",
            index=models.Index(
                condition=models.Q(contested=True, known_to__isnull=True),
                fields=["subject"],
                name="picture_contested",
            ),
        ),
    ]
