"""Give what an import made due a lane of its own beside the live one of its organisation."""

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations, models

from shipments.migrations._again import AddColumn, BuildIndex


class Migration(migrations.Migration):
    # Indexes are built beside running writers.
    atomic = False

    dependencies = [("shipments", "0014_tell_of_what_is_lost")]

    operations = [
        AddColumn(
            model_name="due",
            name="is_bulk",
            field=models.BooleanField(
                db_default=False, help_text="An import made it due, with many others; live ones go before it."
            ),
        ),
        BuildIndex(
            model_name="due",
            index=models.Index(
                condition=models.Q(("quarantined", False)),
                fields=["lane", "is_bulk", "not_before", "due_since"],
                name="due_in_turn",
            ),
        ),
        RemoveIndexConcurrently(model_name="due", name="due_in_order"),
    ]
