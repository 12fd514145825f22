"""Keep only the indexes that something is found by, and tell the database which tables are busy.

Each index of the report table was paid for with every report: eighteen of them, of which four repeated the
beginning of another one and seven were for links that few reports have or that nothing is found by.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from shipments.migrations._again import BuildIndex

# How full a page is made, so that a changed row finds room beside itself, and how soon the dead are cleared away.
STORAGE = {
    # A few rows that come, change and go all day long.
    "shipments_due": "fillfactor = 60, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, "
    "autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 2000",
    # A version number is raised with every fold.
    "shipments_subject": "fillfactor = 85",
    # The last word is closed when another is had; a twentieth of a large table is too late to clear.
    "shipments_picture": "fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02",
    "shipments_finding": "fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02",
    "shipments_conflict": "fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02",
    # Numbered once, soon after it was written.
    "shipments_outboxevent": "fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02",
}


def _store(table: str, settings: str) -> migrations.RunSQL:
    names = ", ".join(each.partition(" =")[0].strip() for each in settings.split(","))
    return migrations.RunSQL(f"ALTER TABLE {table} SET ({settings})", f"ALTER TABLE {table} RESET ({names})")


class Migration(migrations.Migration):
    # Indexes are built beside running writers.
    atomic = False

    dependencies = [
        ('actors', '0005_keys_rotate'),
        ('shipments', '0009_take_turns_between_partners'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        BuildIndex(
            model_name='conflict',
            index=models.Index(fields=['subject'], name='conflict_by_subject'),
        ),
        BuildIndex(
            model_name='report',
            index=models.Index(condition=models.Q(('document__isnull', False)), fields=['document'], name='report_by_document'),
        ),
        BuildIndex(
            model_name='report',
            index=models.Index(condition=models.Q(('leg__isnull', False)), fields=['leg'], name='report_by_leg'),
        ),
        BuildIndex(
            model_name='report',
            index=models.Index(condition=models.Q(('line__isnull', False)), fields=['line'], name='report_by_line'),
        ),
        BuildIndex(
            model_name='report',
            index=models.Index(condition=models.Q(('attributed_to__isnull', False)), fields=['attributed_to'], name='report_by_attributed_to'),
        ),
        BuildIndex(
            model_name='report',
            index=models.Index(condition=models.Q(('entered_by__isnull', False)), fields=['entered_by'], name='report_by_entered_by'),
        ),
        migrations.RemoveIndex(
            model_name='report',
            name='report_facts',
        ),
        migrations.AlterField(
            model_name='conflict',
            name='subject',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='%(class)ss', to='shipments.subject'),
        ),
        migrations.AlterField(
            model_name='finding',
            name='subject',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='%(class)ss', to='shipments.subject'),
        ),
        migrations.AlterField(
            model_name='picture',
            name='subject',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='%(class)ss', to='shipments.subject'),
        ),
        migrations.AlterField(
            model_name='report',
            name='attributed_to',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='attributed_reports', to='actors.source'),
        ),
        migrations.AlterField(
            model_name='report',
            name='document',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='shipments.document'),
        ),
        migrations.AlterField(
            model_name='report',
            name='entered_by',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='report',
            name='leg',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to='shipments.leg'),
        ),
        migrations.AlterField(
            model_name='report',
            name='line',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to='shipments.line'),
        ),
        migrations.AlterField(
            model_name='report',
            name='partner_key',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='actors.partnerkey'),
        ),
        migrations.AlterField(
            model_name='report',
            name='place',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to='shipments.place'),
        ),
        migrations.AlterField(
            model_name='report',
            name='source',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='actors.source'),
        ),
        migrations.AlterField(
            model_name='report',
            name='subject',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='shipments.subject'),
        ),
        migrations.AlterField(
            model_name='reportlink',
            name='report',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='links', to='shipments.report'),
        ),
        migrations.AlterField(
            model_name='reportlink',
            name='target_source',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='actors.source'),
        ),
        # For patterns; nobody looks for a part of a reference.
        migrations.RunSQL(
            "DROP INDEX IF EXISTS shipments_report_reference_bef62039_like",
            "CREATE INDEX shipments_report_reference_bef62039_like "
            "ON shipments_report (reference varchar_pattern_ops)",
        ),
        *(_store(table, settings) for table, settings in STORAGE.items()),
    ]
