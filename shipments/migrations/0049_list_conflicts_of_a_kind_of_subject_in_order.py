"""List conflicts of one kind of subject in order: each says of which kind its subject is.

What a worker of before writes does not say it, and is completed by a trigger; then what there is, beside writers.
"""

from typing import Any

from django.db import migrations, models

from shipments.migrations._again import AddColumn, BuildIndex

TRIGGER = """
CREATE OR REPLACE FUNCTION conflict_says_kind_of_subject() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE shipments_conflict SET subject_kind = subject.kind
      FROM shipments_subject AS subject WHERE subject.id = NEW.subject_id AND shipments_conflict.id = NEW.id;
    RETURN NULL;
END $$;
-- After a row, not before it: a trigger before each would have COPY store them one by one.
CREATE OR REPLACE TRIGGER conflict_says_kind_of_subject AFTER INSERT ON shipments_conflict
   FOR EACH ROW WHEN (NEW.subject_kind = '') EXECUTE FUNCTION conflict_says_kind_of_subject();
"""
NO_TRIGGER = """
DROP TRIGGER IF EXISTS conflict_says_kind_of_subject ON shipments_conflict;
DROP FUNCTION IF EXISTS conflict_says_kind_of_subject();
"""
# Each part is a transaction of its own, and passes over what a worker is writing: what holds several rows waits for none.
PART = """
WITH part AS (
    SELECT id FROM shipments_conflict WHERE id > %s ORDER BY id LIMIT 1000
), untold AS (
    SELECT id, subject_id FROM shipments_conflict WHERE id IN (SELECT id FROM part) AND subject_kind = ''
       FOR UPDATE SKIP LOCKED
), told AS (
    UPDATE shipments_conflict AS conflict SET subject_kind = subject.kind
      FROM untold JOIN shipments_subject AS subject ON subject.id = untold.subject_id WHERE conflict.id = untold.id
)
SELECT max(id) FROM part
"""
LEFT = "SELECT id FROM shipments_conflict WHERE subject_kind = ''"
ONE = """
UPDATE shipments_conflict AS conflict SET subject_kind = subject.kind
  FROM shipments_subject AS subject WHERE subject.id = subject_id AND conflict.id = %s
"""


def tell(apps: Any, schema_editor: Any) -> None:
    last: int | None = 0
    with schema_editor.connection.cursor() as cursor:
        while last is not None:
            cursor.execute(PART, [last])
            (last,) = cursor.fetchone()
        cursor.execute(LEFT)
        for key in cursor.fetchall():
            cursor.execute(ONE, key)


class Migration(migrations.Migration):
    # Beside running writers.
    atomic = False

    dependencies = [
        ("shipments", "0048_list_conflicts_by_all_that_they_are_ordered_by"),
    ]

    operations = [
        AddColumn(
            model_name="conflict",
            name="subject_kind",
            field=models.CharField(
                choices=[
                    ("shipment", "Shipment"),
                    ("offer", "Offer"),
                    ("appeal", "Appeal"),
                    ("contact", "Contact"),
                    ("inquiry", "Inquiry"),
                    ("crisis", "Crisis"),
                ],
                db_default="",
                help_text="That of the subject, for lists. Where a writer leaves it out, a trigger says it.",
                max_length=10,
            ),
        ),
        migrations.RunSQL(TRIGGER, NO_TRIGGER),
        migrations.RunPython(tell, migrations.RunPython.noop),
        BuildIndex(
            model_name="conflict",
            index=models.Index(
                fields=["subject_kind", "known_from", "stable_id", "about", "leg"],
                condition=models.Q(("known_to__isnull", True)),
                name="conflict_of_subjects_in_order",
            ),
        ),
    ]
