"""Reports by the hash of their reference, in the place of a unique index of references.

References are scattered, so that each report's entry lay on a page of its own of an index that outgrows memory. By hash it
takes half of the pages. What is said once is kept so by its own key, of which a reference is made.
"""

from django.contrib.postgres.indexes import HashIndex
from django.db import migrations, models

from shipments.migrations._again import BuildIndex

NAME = "report_has_a_reference_of_its_own"


class Migration(migrations.Migration):
    # Built beside running writers.
    atomic = False

    dependencies = [
        ("shipments", "0051_find_what_was_known_by_an_index_alone"),
    ]

    operations = [
        BuildIndex(model_name="report", index=HashIndex(fields=["reference"], name="report_by_reference")),
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(
                    f"ALTER TABLE shipments_report DROP CONSTRAINT IF EXISTS {NAME}",
                    [
                        f"DROP INDEX CONCURRENTLY IF EXISTS {NAME}_new",
                        f"CREATE UNIQUE INDEX CONCURRENTLY {NAME}_new ON shipments_report (reference, relayed_by_id)"
                        " NULLS NOT DISTINCT",
                        f"ALTER TABLE shipments_report ADD CONSTRAINT {NAME} UNIQUE USING INDEX {NAME}_new",
                    ],
                )
            ],
            [migrations.RemoveConstraint(model_name="report", name=NAME)],
        ),
    ]
