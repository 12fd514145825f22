"""Have every picture made again from the evidence: what its own row tells is not stored beside it any more.

Until its turn comes each is read as it is. The workers take them as an import, so that what is said live goes first.
"""

from django.db import migrations

MARK_DUE = """
INSERT INTO shipments_due (subject_id, from_moment, is_bulk, generation, attempts, quarantined, last_error)
SELECT DISTINCT subject_id, timestamptz '1900-01-01 00:00:00+00', true, 1, 0, false, ''
  FROM shipments_picture ORDER BY subject_id
ON CONFLICT (subject_id) DO UPDATE
   SET generation = shipments_due.generation + 1, from_moment = excluded.from_moment,
       not_before = LEAST(shipments_due.not_before, statement_timestamp())
"""


class Migration(migrations.Migration):
    dependencies = [
        ("shipments", "0018_subscribe_to_what_is_lost"),
    ]

    operations = [
        # An older release makes its own form again in the same way; reading needs neither.
        migrations.RunSQL(MARK_DUE, MARK_DUE),
    ]
