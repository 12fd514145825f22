"""Give each organisation's subjects a lane of their own, so that workers take turns between them."""

import uuid

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('shipments', '0008_find_what_changed_by_when_it_began')]

    operations = [
        migrations.RemoveIndex(
            model_name='due',
            name='due_in_order',
        ),
        migrations.AddField(
            model_name='due',
            name='lane',
            field=models.UUIDField(db_default=uuid.UUID('00000000-0000-0000-0000-000000000000'), help_text='The organisation whose reports made it due, for taking turns; zero where it is not one alone.'),
        ),
        migrations.AddIndex(
            model_name='due',
            index=models.Index(condition=models.Q(('quarantined', False)), fields=['lane', 'not_before', 'due_since'], name='due_in_order'),
        ),
    ]
