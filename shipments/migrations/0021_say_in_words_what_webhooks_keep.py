"""Say in words what webhooks keep; no table changes."""

import django.db.models.deletion
import shipments.models.webhooks
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('actors', '0005_keys_rotate'),
        ('shipments', '0020_narrower_pictures'),
    ]

    operations = [
        migrations.AlterField(
            model_name='delivery',
            name='webhook_id',
            field=models.CharField(default=shipments.models.webhooks.webhook_id, editable=False, max_length=40, unique=True, verbose_name='message ID'),
        ),
        migrations.AlterField(
            model_name='deliveryattempt',
            name='duration_ms',
            field=models.PositiveIntegerField(verbose_name='milliseconds'),
        ),
        migrations.AlterField(
            model_name='deliveryattempt',
            name='status',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Of the HTTP answer.', null=True, verbose_name='HTTP status'),
        ),
        migrations.AlterField(
            model_name='subscription',
            name='disabled_note',
            field=models.CharField(blank=True, max_length=500, verbose_name='why disabled'),
        ),
        migrations.AlterField(
            model_name='subscription',
            name='key',
            field=models.ForeignKey(help_text='What this key may read is what is sent.', on_delete=django.db.models.deletion.PROTECT, related_name='subscriptions', to='actors.partnerkey'),
        ),
        migrations.AlterField(
            model_name='subscription',
            name='url',
            field=models.CharField(max_length=500, verbose_name='URL'),
        ),
    ]
