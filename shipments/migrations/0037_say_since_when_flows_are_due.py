"""Since when a subject waits to be added up, for a page that leaves out what waits.

The moment is the database's: those who make something due are triggers, and releases of before.
"""

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [
        ("shipments", "0036_find_reports_by_what_they_say"),
    ]

    operations = [
        migrations.AddField(
            model_name="flowdue",
            name="since",
            field=models.DateTimeField(db_default=Now()),
        ),
    ]
