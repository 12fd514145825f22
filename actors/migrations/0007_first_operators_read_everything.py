import actors.models.accounts
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('actors', '0006_find_entries_of_the_audit_by_index'),
    ]

    operations = [
        migrations.AlterModelManagers(
            name='user',
            managers=[
                ('objects', actors.models.accounts.People()),
            ],
        ),
    ]
