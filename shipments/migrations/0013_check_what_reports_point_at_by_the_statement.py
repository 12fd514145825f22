"""Let one trigger a statement check where reports lead, in place of a foreign key's trigger for each row and link.

Five links a report cost more than storing it. What a foreign key does is done for all rows of a statement at
once: each thing that is pointed at is locked FOR KEY SHARE, in order of its key, and must be there; deleting it,
renumbering it or emptying its table is refused while a report points at it. Reports themselves can be neither
changed nor deleted (0002), so that these are all the ways there are.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# The column of a report, what it points at, and the type of that key.
LINKS = {
    "source_id": ("actors_source", "uuid"),
    "partner_key_id": ("actors_partnerkey", "uuid"),
    "entered_by_id": ("actors_user", "bigint"),
    "document_id": ("shipments_document", "uuid"),
    "subject_id": ("shipments_subject", "uuid"),
    "leg_id": ("shipments_leg", "bigint"),
    "line_id": ("shipments_line", "bigint"),
    "place_id": ("shipments_place", "uuid"),
    "attributed_to_id": ("actors_source", "uuid"),
    "relayed_by_id": ("actors_actor", "uuid"),
}


def _check(column: str, parent: str, key: str) -> str:
    return f"""
    {column}s {key}[] := ARRAY(SELECT DISTINCT {column} FROM added WHERE {column} IS NOT NULL);"""


def _held(column: str, parent: str) -> str:
    return f"""
    IF {column}s <> '{{}}' THEN
        SELECT count(*) INTO held
          FROM (SELECT FROM {parent} WHERE id = ANY({column}s) ORDER BY id FOR KEY SHARE) AS there;
        IF held <> cardinality({column}s) THEN
            RAISE EXCEPTION 'a report points at what is not in {parent}'
                USING ERRCODE = 'foreign_key_violation', TABLE = 'shipments_report', COLUMN = '{column}',
                      CONSTRAINT = 'report_points_at_what_is_there';
        END IF;
    END IF;"""


# Both run as the owner, as a foreign key's own triggers do: the application may not lock what it may not change.
FUNCTIONS = f"""
CREATE FUNCTION report_points_at_what_is_there() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    held bigint;{"".join(_check(column, *to) for column, to in LINKS.items())}
BEGIN{"".join(_held(column, parent) for column, (parent, _) in LINKS.items())}
    RETURN NULL;
END
$$;

CREATE FUNCTION report_keeps_what_it_points_at() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    pointed_at boolean;
BEGIN
    -- Whoever holds a snapshot from before the lock does not see the reports that were added meanwhile.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'what reports point at is deleted in a transaction that reads what is committed';
    END IF;
    IF TG_OP = 'TRUNCATE' THEN
        EXECUTE format('SELECT EXISTS (SELECT FROM shipments_report WHERE %I IS NOT NULL)', TG_ARGV[0])
           INTO pointed_at;
    ELSE
        EXECUTE format('SELECT EXISTS (SELECT FROM shipments_report WHERE %I = ($1).id)', TG_ARGV[0])
           INTO pointed_at USING OLD;
    END IF;
    IF pointed_at THEN
        RAISE EXCEPTION 'a report points at this: % on % is refused', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'foreign_key_violation', TABLE = 'shipments_report', COLUMN = TG_ARGV[0],
                  CONSTRAINT = 'report_keeps_what_it_points_at';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER points_at_what_is_there AFTER INSERT ON shipments_report REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION report_points_at_what_is_there();
"""
DROP_FUNCTIONS = """
DROP TRIGGER points_at_what_is_there ON shipments_report;
DROP FUNCTION report_keeps_what_it_points_at();
DROP FUNCTION report_points_at_what_is_there();
"""


def _keep(column: str, parent: str) -> migrations.RunSQL:
    name = f"reports_{column}"
    function = f"report_keeps_what_it_points_at('{column}')"
    return migrations.RunSQL(
        f"""
        CREATE TRIGGER {name}_deleted AFTER DELETE ON {parent} FOR EACH ROW EXECUTE FUNCTION {function};
        CREATE TRIGGER {name}_renumbered AFTER UPDATE OF id ON {parent} FOR EACH ROW
            WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION {function};
        CREATE TRIGGER {name}_emptied BEFORE TRUNCATE ON {parent} FOR EACH STATEMENT EXECUTE FUNCTION {function};
        """,
        f"""
        DROP TRIGGER {name}_emptied ON {parent};
        DROP TRIGGER {name}_renumbered ON {parent};
        DROP TRIGGER {name}_deleted ON {parent};
        """,
    )


FIELDS = {
    "source": {"to": "actors.source", "related_name": "reports"},
    "partner_key": {"to": "actors.partnerkey", "related_name": "+"},
    "entered_by": {"to": settings.AUTH_USER_MODEL, "related_name": "+"},
    "document": {"to": "shipments.document", "related_name": "reports"},
    "subject": {"to": "shipments.subject", "related_name": "reports"},
    "leg": {"to": "shipments.leg"},
    "line": {"to": "shipments.line"},
    "place": {"to": "shipments.place"},
    "attributed_to": {"to": "actors.source", "related_name": "attributed_reports"},
    "relayed_by": {
        "to": "actors.actor",
        "related_name": "+",
        "help_text": "The organisation that passed it on, where it is not the source's own.",
    },
}


def _without_constraint(name: str, to: dict[str, str]) -> migrations.AlterField:
    optional = {} if name == "source" else {"null": True, "blank": True}
    field = models.ForeignKey(
        **to, **optional, db_index=False, db_constraint=False, on_delete=django.db.models.deletion.PROTECT
    )
    return migrations.AlterField("report", name, field)


class Migration(migrations.Migration):
    dependencies = [
        ("shipments", "0012_find_payloads_to_erase"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # The triggers come first and go last, so that nothing is unguarded in between.
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        *(_keep(column, parent) for column, (parent, _) in LINKS.items()),
        *(_without_constraint(name, to) for name, to in FIELDS.items()),
    ]
