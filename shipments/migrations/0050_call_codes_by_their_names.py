"""Call codes by their names and say what they look like; no table changes."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('shipments', '0049_list_conflicts_of_a_kind_of_subject_in_order'),
    ]

    operations = [
        migrations.AlterField(
            model_name='conflict',
            name='stable_id',
            field=models.CharField(max_length=64, verbose_name='stable ID'),
        ),
        migrations.AlterField(
            model_name='crisis',
            name='countries',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=2), default=list, help_text='Two letters each, as in ISO 3166-1, with commas: KP,CN.', size=None),
        ),
        migrations.AlterField(
            model_name='crisis',
            name='glide',
            field=models.CharField(blank=True, help_text='For example EP-2022-000123-PRK.', max_length=18, verbose_name='GLIDE number'),
        ),
        migrations.AlterField(
            model_name='document',
            name='marking',
            field=models.PositiveSmallIntegerField(choices=[(0, 'TLP:CLEAR'), (1, 'TLP:GREEN'), (2, 'TLP:AMBER'), (3, 'TLP:AMBER+STRICT'), (4, 'TLP:RED')], default=0, help_text='Who may read it, by TLP 2.0.'),
        ),
        migrations.AlterField(
            model_name='document',
            name='url',
            field=models.URLField(blank=True, max_length=500, verbose_name='URL'),
        ),
        migrations.AlterField(
            model_name='ledgerentry',
            name='external_id',
            field=models.CharField(max_length=200, verbose_name='external ID'),
        ),
        migrations.AlterField(
            model_name='place',
            name='country',
            field=models.CharField(help_text='Two letters, as in ISO 3166-1: KP.', max_length=2),
        ),
        migrations.AlterField(
            model_name='place',
            name='iata',
            field=models.CharField(blank=True, help_text='Three letters: FNJ.', max_length=3, verbose_name='IATA code'),
        ),
        migrations.AlterField(
            model_name='place',
            name='icao',
            field=models.CharField(blank=True, help_text='Four letters: ZKPY.', max_length=4, verbose_name='ICAO code'),
        ),
        migrations.AlterField(
            model_name='place',
            name='time_zone',
            field=models.CharField(blank=True, help_text='As IANA names it: Asia/Pyongyang.', max_length=40),
        ),
        migrations.AlterField(
            model_name='place',
            name='unlocode',
            field=models.CharField(blank=True, help_text='Country and place: KPFNJ.', max_length=5, verbose_name='UN/LOCODE'),
        ),
        migrations.AlterField(
            model_name='readinggrant',
            name='marking',
            field=models.PositiveSmallIntegerField(choices=[(0, 'TLP:CLEAR'), (1, 'TLP:GREEN'), (2, 'TLP:AMBER'), (3, 'TLP:AMBER+STRICT'), (4, 'TLP:RED')], default=0, help_text='Who may read it, by TLP 2.0.'),
        ),
        migrations.AlterField(
            model_name='report',
            name='event_id',
            field=models.CharField(blank=True, max_length=200, verbose_name='event ID'),
        ),
        migrations.AlterField(
            model_name='report',
            name='marking',
            field=models.PositiveSmallIntegerField(choices=[(0, 'TLP:CLEAR'), (1, 'TLP:GREEN'), (2, 'TLP:AMBER'), (3, 'TLP:AMBER+STRICT'), (4, 'TLP:RED')], default=0, help_text='Who may read it, by TLP 2.0.'),
        ),
        migrations.AlterField(
            model_name='reportlink',
            name='target_event_id',
            field=models.CharField(blank=True, max_length=200, verbose_name='target event ID'),
        ),
        migrations.AlterField(
            model_name='subject',
            name='marking',
            field=models.PositiveSmallIntegerField(choices=[(0, 'TLP:CLEAR'), (1, 'TLP:GREEN'), (2, 'TLP:AMBER'), (3, 'TLP:AMBER+STRICT'), (4, 'TLP:RED')], db_index=True, default=0, help_text='Who may read it, by TLP 2.0.'),
        ),
    ]
