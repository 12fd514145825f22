"""Room beside every total, which each sweep writes anew, and dead rows of flows cleared away soon.

Of totals without room each sweep left a copy that a page of flows walked over: 62 pages of totals were 194 after twenty
sweeps, and as many of the queue were read that held nothing any more.
"""

from django.db import migrations

# How full a page is made, and how soon the dead are cleared away.
STORAGE = {
    # Twice the room: the next sweep finds that of the last one free again.
    "shipments_flowtotal": "fillfactor = 45",
    # Rows that come and go.
    "shipments_flowdue": "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, "
    "autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 2000",
    # Replaced when something else is told; a twentieth of a large table is too late to clear.
    "shipments_flowshare": "autovacuum_vacuum_scale_factor = 0.02",
}


def _store(table: str, settings: str) -> migrations.RunSQL:
    names = ", ".join(each.partition(" =")[0].strip() for each in settings.split(","))
    return migrations.RunSQL(f"ALTER TABLE {table} SET ({settings})", f"ALTER TABLE {table} RESET ({names})")


class Migration(migrations.Migration):
    dependencies = [
        ("shipments", "0034_store_events_without_foreign_keys"),
    ]

    operations = [_store(table, settings) for table, settings in STORAGE.items()]
