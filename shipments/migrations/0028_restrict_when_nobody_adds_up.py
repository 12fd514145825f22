"""Whoever changes what others point at, and whoever adds up flows, take turns.

A change makes due those who point at it as it is made, and is seen by others when it is committed. Who began to point
at it in between, and was added up in between, would be kept as it was before. So nobody adds up meanwhile.
"""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("shipments.migrations.0024_keep_flows_added_up").FUNCTIONS
# The lock of who adds up, which any number may share who do not.
LOCK = 0x666C6F77


def _after_a_lock(name: str) -> migrations.RunSQL:
    start = BEFORE.index(f"CREATE FUNCTION {name}_flows_due()")
    without = BEFORE[start : BEFORE.index("$$;", start) + 3].replace("CREATE", "CREATE OR REPLACE", 1)
    return migrations.RunSQL(
        without.replace("BEGIN\n", f"BEGIN\n    PERFORM pg_advisory_xact_lock_shared({LOCK});\n", 1), without
    )


class Migration(migrations.Migration):
    dependencies = [
        ("shipments", "0027_find_what_waits_for_analysts"),
    ]

    operations = [_after_a_lock(name) for name in ("offer_makes", "subject_makes", "actor_makes")]
