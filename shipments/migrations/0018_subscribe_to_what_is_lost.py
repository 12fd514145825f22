"""Let subscriptions ask for what a reader lost, as /changes/ tells it."""

from django.db import migrations, models

# Going back: those who ask for nothing else are told of what may be read instead.
BACK = """
    UPDATE shipments_subscription
       SET event_types = CASE event_types WHEN ARRAY['subject.gone']::varchar[] THEN ARRAY['subject.changed']
                         ELSE array_remove(event_types, 'subject.gone') END
     WHERE 'subject.gone' = ANY (event_types)
"""


class Migration(migrations.Migration):

    dependencies = [
        ('actors', '0005_keys_rotate'),
        ('shipments', '0017_lists_by_reference_crisis_and_state'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='subscription',
            name='subscription_asks_for_what_there_is',
        ),
        migrations.AlterField(
            model_name='delivery',
            name='type',
            field=models.CharField(choices=[('picture.changed', 'What we believe of a subject has changed.'), ('subject.changed', 'A subject is new, is planned otherwise, or may be read now.'), ('subject.gone', 'A subject that could be read cannot be read any more.'), ('report.recorded', 'A report was recorded.'), ('report.held', 'A report was recorded and waits for an analyst to bind it.'), ('report.bound', 'A held report is now about a subject.'), ('picture.corrected', 'A status that this subscription was told is not believed any more.'), ('ping', 'A trial.')], max_length=30),
        ),
        migrations.RunSQL(migrations.RunSQL.noop, BACK),
        migrations.AddConstraint(
            model_name='subscription',
            constraint=models.CheckConstraint(condition=models.Q(('event_types__len__gte', 1), ('event_types__contained_by', ['report.recorded', 'report.held', 'report.bound', 'picture.changed', 'subject.changed', 'subject.gone'])), name='subscription_asks_for_what_there_is'),
        ),
    ]
