"""List conflicts by indexes with all that they are ordered by, and what analysts keep open by one of its own."""

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

from shipments.migrations._again import BuildIndex

ORDER = ["known_from", "stable_id", "about", "leg"]
STANDING = Q(("known_to__isnull", True))
NEW = [
    models.Index(fields=ORDER, condition=STANDING, name="conflict_standing_in_order"),
    models.Index(fields=ORDER, condition=Q(("known_to__isnull", False)), name="conflict_ended_in_order"),
    models.Index(fields=["kind", *ORDER], condition=STANDING, name="conflict_of_kind_in_order"),
    models.Index(
        fields=ORDER,
        condition=Q(("kept_open", True), ("known_to__isnull", True)),
        name="conflict_kept_open_in_order",
    ),
]
OLD = ["conflict_in_order", "conflict_of_before", "conflict_by_kind_in_order"]


class Migration(migrations.Migration):
    # Built beside running writers.
    atomic = False

    dependencies = [
        ("shipments", "0047_list_documents_in_order"),
    ]

    operations = [
        *(BuildIndex(model_name="conflict", index=index) for index in NEW),
        *(RemoveIndexConcurrently(model_name="conflict", name=name) for name in OLD),
    ]
