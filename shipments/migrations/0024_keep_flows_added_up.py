"""Flows kept added up, and triggers that tell of every change of what they are made of.

A trigger in place of calls, so that no way of writing a plan or a picture can forget it, old releases included. It
only appends, so that nobody waits for anybody. What there is already is made due by the next migration.
"""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

# Tables whose rows are of one offer or shipment, by the column that says which.
WHOLE = {
    "shipments_line": "shipment_id",
    "shipments_offerline": "offer_id",
    "shipments_shipmentparty": "shipment_id",
}
FUNCTIONS = """
-- Pictures are written all day: no statement is made up for them.
CREATE FUNCTION pictures_make_flows_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        INSERT INTO shipments_flowdue (subject_id) SELECT DISTINCT subject_id FROM gone WHERE known_to IS NULL;
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO shipments_flowdue (subject_id) SELECT DISTINCT subject_id FROM added WHERE known_to IS NULL;
    ELSE
        INSERT INTO shipments_flowdue (subject_id) SELECT DISTINCT subject_id FROM added;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION plans_make_flows_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        EXECUTE format('INSERT INTO shipments_flowdue (subject_id) SELECT DISTINCT %I FROM gone', TG_ARGV[0]);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        EXECUTE format('INSERT INTO shipments_flowdue (subject_id) SELECT DISTINCT %I FROM added', TG_ARGV[0]);
    END IF;
    RETURN NULL;
END $$;

-- Of a shipment: what it was a part of stands for itself again.
CREATE FUNCTION shipment_makes_flows_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO shipments_flowdue (subject_id)
    SELECT id FROM unnest(ARRAY[NEW.subject_id, OLD.parent_id]) AS due (id) WHERE id IS NOT NULL;
    RETURN NULL;
END $$;

-- Of an offer, also what was promised by it.
CREATE FUNCTION offer_makes_flows_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO shipments_flowdue (subject_id)
    SELECT NEW.subject_id UNION ALL SELECT subject_id FROM shipments_shipment WHERE offer_id = NEW.subject_id;
    RETURN NULL;
END $$;

-- Of any subject: what is promised by it, and what belongs to it as a crisis.
CREATE FUNCTION subject_makes_flows_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO shipments_flowdue (subject_id)
    SELECT NEW.id UNION ALL SELECT subject_id FROM shipments_shipment WHERE offer_id = NEW.id
    UNION ALL SELECT id FROM shipments_subject WHERE crisis_id = NEW.id;
    RETURN NULL;
END $$;

-- Of an actor, and of those that were merged into it, all that they give or get.
CREATE FUNCTION actor_makes_flows_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH actor AS (
        SELECT NEW.id AS id UNION SELECT id FROM actors_actor WHERE merged_into_id = NEW.id
    ), offer AS (
        SELECT subject_id FROM shipments_offer WHERE donor_id IN (SELECT id FROM actor)
        UNION SELECT subject_id FROM shipments_offer WHERE recipient_id IN (SELECT id FROM actor)
    )
    INSERT INTO shipments_flowdue (subject_id)
    SELECT subject_id FROM offer
    UNION SELECT subject_id FROM shipments_shipment WHERE offer_id IN (SELECT subject_id FROM offer)
    UNION SELECT subject_id FROM shipments_shipment WHERE recipient_id IN (SELECT id FROM actor)
    UNION SELECT shipment_id FROM shipments_shipmentparty WHERE actor_id IN (SELECT id FROM actor)
    UNION SELECT shipment_id FROM shipments_line WHERE donor_id IN (SELECT id FROM actor);
    RETURN NULL;
END $$;

CREATE FUNCTION receipts_make_flows_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO shipments_flowdue (subject_id)
    SELECT DISTINCT shipment_id FROM added JOIN shipments_line AS line ON line.id = added.line_id;
    RETURN NULL;
END $$;

-- What was counted, and is corrected or withdrawn: by its report or by its event.
CREATE FUNCTION links_make_flows_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM shipments_receipt) THEN
        INSERT INTO shipments_flowdue (subject_id)
        SELECT DISTINCT line.shipment_id
          FROM (SELECT target_report_id AS id FROM added WHERE kind IN ('corrects', 'retracts')
                UNION ALL
                SELECT report.id FROM added JOIN shipments_report AS report
                    ON report.source_id = target_source_id AND report.event_id = target_event_id
                 WHERE added.kind IN ('corrects', 'retracts') AND target_event_id <> '') AS undone
          JOIN shipments_receipt AS receipt ON receipt.report_id = undone.id
          JOIN shipments_line AS line ON line.id = receipt.line_id;
    END IF;
    RETURN NULL;
END $$;
"""
NAMES = ("pictures_make", "plans_make", "shipment_makes", "offer_makes", "subject_makes", "actor_makes",
         "receipts_make", "links_make")  # fmt: skip


def _statements(table: str, function: str, *events: str) -> migrations.RunSQL:
    """A trigger for each of ``events`` on ``table``, each told of all rows of its statement."""
    tables = {"insert": "NEW TABLE AS added", "delete": "OLD TABLE AS gone"}
    both = {**tables, "update": "OLD TABLE AS gone NEW TABLE AS added"}
    return migrations.RunSQL(
        [
            f"CREATE TRIGGER flows_are_due_by_{event} AFTER {event} ON {table} REFERENCING {both[event]} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {function}"
            for event in events
        ],
        [f"DROP TRIGGER flows_are_due_by_{event} ON {table}" for event in events],
    )


def _rows(table: str, function: str, *columns: str) -> migrations.RunSQL:
    """A trigger on ``table`` for rows that get something else in one of ``columns``."""
    changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in columns)
    return migrations.RunSQL(
        f"CREATE TRIGGER flows_are_due AFTER UPDATE OF {', '.join(columns)} ON {table} FOR EACH ROW "
        f"WHEN ({changed}) EXECUTE FUNCTION {function}",
        f"DROP TRIGGER flows_are_due ON {table}",
    )


EVERY = ("insert", "update", "delete")
TRIGGERS = [
    _statements("shipments_picture", "pictures_make_flows_due()", *EVERY),
    *(_statements(table, f"plans_make_flows_due('{column}')", *EVERY) for table, column in WHOLE.items()),
    _statements("shipments_receipt", "receipts_make_flows_due()", "insert"),
    _statements("shipments_reportlink", "links_make_flows_due()", "insert"),
    _rows("shipments_subject", "subject_makes_flows_due()", "marking", "crisis_id", "merged_into_id"),
    _rows("shipments_offer", "offer_makes_flows_due()", "donor_id", "recipient_id"),
    _rows("shipments_shipment", "shipment_makes_flows_due()", "recipient_id", "offer_id", "parent_id"),
    _rows("actors_actor", "actor_makes_flows_due()", "marking", "merged_into_id"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("shipments", "0023_find_pictures_by_when_their_story_is"),
    ]

    operations = [
        migrations.CreateModel(
            name="FlowDue",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("subject_id", models.UUIDField()),
            ],
            options={
                "verbose_name_plural": "flows due",
            },
        ),
        migrations.CreateModel(
            name="FlowTotal",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        help_text="Made of what the flow is of, so that there is one of each.",
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("recipient", models.CharField(blank=True, help_text="Reference.", max_length=20)),
                (
                    "donors",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), help_text="References, in order.", size=None
                    ),
                ),
                ("crisis", models.CharField(blank=True, help_text="Reference.", max_length=20)),
                ("period", models.CharField(blank=True, help_text="A month, or a year.", max_length=7)),
                ("sums", models.JSONField(default=dict)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["recipient"], name="flow_total_by_recipient"),
                    django.contrib.postgres.indexes.GinIndex(fields=["donors"], name="flow_total_by_donor"),
                ],
            },
        ),
        migrations.CreateModel(
            name="FlowShare",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("subject_id", models.UUIDField(db_index=True)),
                (
                    "least",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "TLP:CLEAR"),
                            (1, "TLP:GREEN"),
                            (2, "TLP:AMBER"),
                            (3, "TLP:AMBER+STRICT"),
                            (4, "TLP:RED"),
                        ]
                    ),
                ),
                ("above", models.PositiveSmallIntegerField()),
                ("sums", models.TextField()),
                ("offer", models.CharField(blank=True, max_length=20)),
                ("earliest", models.DateTimeField(blank=True, null=True)),
                ("since", models.DateTimeField(blank=True, null=True)),
                ("is_said", models.BooleanField(default=False)),
                ("is_contested", models.BooleanField(default=False)),
                (
                    "total",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="shipments.flowtotal",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("offer", ""), _negated=True),
                        fields=["total", "since", "offer"],
                        name="flow_share_waiting",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("least__lt", models.F("above"))), name="flow_share_is_for_somebody"
                    )
                ],
            },
        ),
        migrations.RunSQL(FUNCTIONS, [f"DROP FUNCTION {name}_flows_due()" for name in NAMES]),
        *TRIGGERS,
    ]
