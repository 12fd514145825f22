"""Indexes in the order in which lists are paged, in the place of those that found the same rows without it."""

import django.db.models.deletion
from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations, models

from shipments.migrations._again import BuildIndex


class Migration(migrations.Migration):
    # Built beside running writers.
    atomic = False

    dependencies = [
        ('actors', '0005_keys_rotate'),
        ('shipments', '0021_say_in_words_what_webhooks_keep'),
    ]

    operations = [
        BuildIndex(
            model_name='appeal',
            index=models.Index(fields=['requester', 'subject'], name='appeal_by_requester'),
        ),
        BuildIndex(
            model_name='appeal',
            index=models.Index(fields=['addressee', 'subject'], name='appeal_by_addressee'),
        ),
        BuildIndex(
            model_name='conflict',
            index=models.Index(condition=models.Q(('known_to__isnull', True)), fields=['known_from', 'stable_id'], name='conflict_in_order'),
        ),
        BuildIndex(
            model_name='conflict',
            index=models.Index(condition=models.Q(('known_to__isnull', True)), fields=['kind', 'known_from', 'stable_id'], name='conflict_by_kind_in_order'),
        ),
        BuildIndex(
            model_name='delivery',
            index=models.Index(fields=['subscription', 'id'], name='delivery_by_subscription'),
        ),
        BuildIndex(
            model_name='document',
            index=models.Index(fields=['published_at', 'id'], name='document_by_publication'),
        ),
        BuildIndex(
            model_name='document',
            index=models.Index(fields=['source', 'published_at', 'id'], name='document_by_source'),
        ),
        BuildIndex(
            model_name='document',
            index=models.Index(fields=['received_at', 'id'], name='document_by_receipt'),
        ),
        BuildIndex(
            model_name='inquiry',
            index=models.Index(fields=['asked', 'subject'], name='inquiry_by_asked'),
        ),
        BuildIndex(
            model_name='inquiry',
            index=models.Index(fields=['asked_by', 'subject'], name='inquiry_by_asked_by'),
        ),
        BuildIndex(
            model_name='offer',
            index=models.Index(fields=['donor', 'subject'], name='offer_by_donor'),
        ),
        BuildIndex(
            model_name='offer',
            index=models.Index(fields=['recipient', 'subject'], name='offer_by_recipient'),
        ),
        BuildIndex(
            model_name='shipment',
            index=models.Index(fields=['recipient', 'subject'], name='shipment_by_recipient'),
        ),
        BuildIndex(
            model_name='shipment',
            index=models.Index(fields=['carrier', 'subject'], name='shipment_by_carrier'),
        ),
        BuildIndex(
            model_name='shipment',
            index=models.Index(fields=['mode', 'subject'], name='shipment_by_mode'),
        ),
        RemoveIndexConcurrently(
            model_name='conflict',
            name='conflict_current_by_kind',
        ),
        migrations.AlterField(
            model_name='appeal',
            name='addressee',
            field=models.ForeignKey(blank=True, db_index=False, help_text='Empty: to all.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='appeals_received', to='actors.actor'),
        ),
        migrations.AlterField(
            model_name='appeal',
            name='requester',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='appeals_made', to='actors.actor'),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='subscription',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='shipments.subscription'),
        ),
        migrations.AlterField(
            model_name='document',
            name='source',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='actors.source'),
        ),
        migrations.AlterField(
            model_name='inquiry',
            name='asked',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='inquiries_received', to='actors.actor'),
        ),
        migrations.AlterField(
            model_name='inquiry',
            name='asked_by',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='inquiries_made', to='actors.actor'),
        ),
        migrations.AlterField(
            model_name='offer',
            name='donor',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='offers_made', to='actors.actor'),
        ),
        migrations.AlterField(
            model_name='offer',
            name='recipient',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='offers_received', to='actors.actor'),
        ),
        migrations.AlterField(
            model_name='shipment',
            name='carrier',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='shipments_carried', to='actors.actor'),
        ),
        migrations.AlterField(
            model_name='shipment',
            name='recipient',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='shipments_received', to='actors.actor'),
        ),
    ]
