"""Totals of flows hold what contested offers and shipments add by themselves as well: made of the shares of before.

No worker of before may add up any more, for it would leave these out.
"""

from collections import defaultdict
from decimal import Decimal, localcontext
from typing import Any

import msgspec
from django.db import migrations

# Above the highest clearance.
TOP = 5
# More than any sum has.
DIGITS = 60
# Nobody adds up meanwhile.
ALONE = "SELECT pg_advisory_xact_lock(%s)"
LOCK = 0x666C6F77
SHARES = """
    SELECT total_id, least, above, sums, count(*) FROM shipments_flowshare
     WHERE sums LIKE '%"contested":%' GROUP BY total_id, least, above, sums
"""
TOTALS = "UPDATE shipments_flowtotal SET sums = sums || jsonb_build_object(%s::text, %s::text) WHERE id = %s"
AS_BEFORE = """
UPDATE shipments_flowtotal
   SET sums = sums - ARRAY(SELECT name FROM jsonb_object_keys(sums) AS name WHERE name LIKE '% contested')
"""

Sums = dict[str, list[Decimal]]
_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(Sums).decode


def add_up(apps: Any, schema_editor: Any) -> None:
    totals: defaultdict[tuple[Any, int], Sums] = defaultdict(dict)
    with schema_editor.connection.cursor() as cursor, localcontext(prec=DIGITS):
        cursor.execute(ALONE, [LOCK])
        cursor.execute(SHARES)
        for total, least, above, text, count in cursor.fetchall():
            for name, numbers in _decode(text).items():
                for level, times in ((least, count), (above, -count)):
                    known = totals[total, level].setdefault(name, [Decimal(0)] * len(numbers))
                    totals[total, level][name] = [one + times * each for one, each in zip(known, numbers, strict=True)]
        for (total, level), sums in totals.items():
            plain = {name: [each.normalize() for each in sums[name]] for name in sorted(sums) if any(sums[name])}
            if plain and level < TOP:
                cursor.execute(TOTALS, [f"{level} contested", _encode(plain).decode(), total])


class Migration(migrations.Migration):
    dependencies = [
        ("shipments", "0044_find_the_longest_waits_of_what_is_contested"),
    ]

    operations = [
        migrations.RunPython(add_up, migrations.RunPython.noop),
        migrations.RunSQL(migrations.RunSQL.noop, AS_BEFORE),
        # The one before it took its place.
        migrations.RemoveIndex(model_name="flowshare", name="flow_share_waiting"),
    ]
