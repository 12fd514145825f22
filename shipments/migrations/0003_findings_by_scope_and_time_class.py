"""Let findings of one attribute stand side by side that are not comparable, or are of different time classes."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('shipments', '0002_evidence_is_append_only'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='finding',
            name='finding_begins_once',
        ),
        migrations.AddField(
            model_name='finding',
            name='scope',
            field=models.CharField(blank=True, help_text='What it is comparable within: unit and measure.', max_length=600),
        ),
        migrations.AddField(
            model_name='finding',
            name='time_class',
            field=models.CharField(default='actual', help_text='What happened, or what is planned.', max_length=10),
        ),
        migrations.AddConstraint(
            model_name='finding',
            constraint=models.UniqueConstraint(fields=('subject', 'tier', 'kind', 'attribute', 'leg', 'line', 'as_of', 'scope', 'time_class', 'known_from'), name='finding_begins_once'),
        ),
    ]
