"""Say what codes look like; no table changes."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('actors', '0007_first_operators_read_everything'),
    ]

    operations = [
        migrations.AlterField(
            model_name='actor',
            name='country',
            field=models.CharField(blank=True, help_text='Two letters, as in ISO 3166-1: KP.', max_length=2),
        ),
        migrations.AlterField(
            model_name='actor',
            name='marking',
            field=models.PositiveSmallIntegerField(choices=[(0, 'TLP:CLEAR'), (1, 'TLP:GREEN'), (2, 'TLP:AMBER'), (3, 'TLP:AMBER+STRICT'), (4, 'TLP:RED')], default=0, help_text='Who may read it, by TLP 2.0.'),
        ),
        migrations.AlterField(
            model_name='actorname',
            name='language',
            field=models.CharField(blank=True, help_text='As in BCP 47: ko.', max_length=12),
        ),
        migrations.AlterField(
            model_name='actorname',
            name='script',
            field=models.CharField(blank=True, help_text='As in ISO 15924: Hang.', max_length=4),
        ),
        migrations.AlterField(
            model_name='source',
            name='marking',
            field=models.PositiveSmallIntegerField(choices=[(0, 'TLP:CLEAR'), (1, 'TLP:GREEN'), (2, 'TLP:AMBER'), (3, 'TLP:AMBER+STRICT'), (4, 'TLP:RED')], default=0, help_text='Who may read it, by TLP 2.0.'),
        ),
    ]
