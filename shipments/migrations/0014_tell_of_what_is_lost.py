"""Name the event that tells an organisation of a subject that it cannot read any more."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('shipments', '0013_check_what_reports_point_at_by_the_statement'),
    ]

    operations = [
        migrations.AlterField(
            model_name='outboxevent',
            name='type',
            field=models.CharField(choices=[('report.recorded', 'Report Recorded'), ('report.held', 'Report Held'), ('report.bound', 'report.bound (a held report was attached to a subject)'), ('picture.changed', 'Picture Changed'), ('subject.changed', 'subject.changed (its identity, its plan, or who may read it)'), ('subject.gone', 'subject.gone (an organisation that could read it cannot any more)')], max_length=60),
        ),
    ]
