"""Make every offer and shipment of before due for being added up: the sweep does it, batch by batch.

Until it has, flows are read subject by subject, as they were. After the triggers, so that nothing is missed between.
"""

from django.db import migrations

EVERY = """
INSERT INTO shipments_flowdue (subject_id)
SELECT DISTINCT picture.subject_id
  FROM shipments_picture AS picture JOIN shipments_subject AS subject ON subject.id = picture.subject_id
 WHERE known_to IS NULL AND kind IN ('offer', 'shipment')
"""


class Migration(migrations.Migration):
    dependencies = [
        ("shipments", "0024_keep_flows_added_up"),
    ]

    operations = [
        migrations.RunSQL(EVERY, migrations.RunSQL.noop),
    ]
