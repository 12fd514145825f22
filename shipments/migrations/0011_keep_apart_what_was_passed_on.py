"""Let one statement stand several times: as its source's own, and as passed on by those who may not know of that.

Indexes are built beside running writers, and what was unique stays so for rows that an older release writes.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.db.migrations.exceptions import IrreversibleError

from shipments.migrations._again import AddColumn

NATURAL_KEY = "source_id, event_id, content_hash, ordinal"


def _unique(name: str, columns: str, *, before: str) -> migrations.RunSQL:
    """A unique constraint over ``columns`` in place of that over the columns ``before``."""
    return migrations.RunSQL(
        [
            f"DROP INDEX CONCURRENTLY IF EXISTS {name}_new",
            f"CREATE UNIQUE INDEX CONCURRENTLY {name}_new ON shipments_report ({columns}) NULLS NOT DISTINCT",
            f"ALTER TABLE shipments_report DROP CONSTRAINT IF EXISTS {name}",
            f"ALTER TABLE shipments_report ADD CONSTRAINT {name} UNIQUE USING INDEX {name}_new",
        ],
        [
            f"ALTER TABLE shipments_report DROP CONSTRAINT {name}",
            *([f"ALTER TABLE shipments_report ADD CONSTRAINT {name} UNIQUE ({before})"] if before else []),
        ],
    )


def refuse_what_stands_twice(apps, schema_editor):
    """Before anything is undone: evidence is never deleted, so what stands twice leaves no way back."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), min(reference) FROM"
            " (SELECT reference FROM shipments_report GROUP BY reference HAVING count(*) > 1) AS twice"
        )
        twice, one = cursor.fetchone()
    if twice:
        raise IrreversibleError(
            f"Statements that stand several times, as said and as passed on: {twice} (one is {one}). The release before"
            " can hold each once, and reports are never deleted: stay at shipments 0011 or later."
        )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("actors", "0005_keys_rotate"),
        ("shipments", "0010_fewer_indexes_on_evidence"),
    ]

    operations = [
        AddColumn(
            model_name="report",
            name="relayed_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="The organisation that passed it on, where it is not the source's own.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="actors.actor",
            ),
        ),
        migrations.SeparateDatabaseAndState(
            [
                _unique("report_is_said_once", f"{NATURAL_KEY}, relayed_by_id", before=NATURAL_KEY),
                _unique("report_has_a_reference_of_its_own", "reference, relayed_by_id", before=""),
            ],
            [
                migrations.RemoveConstraint(model_name="report", name="report_is_said_once"),
                migrations.AddConstraint(
                    model_name="report",
                    constraint=models.UniqueConstraint(
                        fields=["source", "event_id", "content_hash", "ordinal", "relayed_by"],
                        name="report_is_said_once",
                        nulls_distinct=False,
                    ),
                ),
                migrations.AddConstraint(
                    model_name="report",
                    constraint=models.UniqueConstraint(
                        fields=["reference", "relayed_by"],
                        name="report_has_a_reference_of_its_own",
                        nulls_distinct=False,
                    ),
                ),
            ],
        ),
        migrations.SeparateDatabaseAndState(
            # By hand: going back, Django would also make an index for LIKE, which was dropped before.
            [
                migrations.RunSQL(
                    "ALTER TABLE shipments_report DROP CONSTRAINT IF EXISTS shipments_report_reference_key",
                    "ALTER TABLE shipments_report ADD CONSTRAINT shipments_report_reference_key UNIQUE (reference)",
                )
            ],
            [
                migrations.AlterField(
                    model_name="report",
                    name="reference",
                    field=models.CharField(editable=False, max_length=24),
                )
            ],
        ),
        # The last here is the first on the way back.
        migrations.RunPython(migrations.RunPython.noop, refuse_what_stands_twice),
    ]
