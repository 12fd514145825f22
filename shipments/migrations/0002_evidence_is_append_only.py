"""Take UPDATE, DELETE and TRUNCATE on evidence from the application, and say why in words.

Grants stop the application's role; the trigger stops everybody else who forgets, the owner
included, and tells what to do instead. The payload side table may be erased, and only that.
"""

from django.db import migrations

EVIDENCE = {
    "actors_auditentry": "an audit entry is never rewritten",
    "actors_sourceinterest": "record the change as a new rating or decision",
    "actors_sourcerating": "record a new rating with its own valid_from and reason",
    "shipments_attachment": "record a later attachment; the latest stands",
    "shipments_codemapping": "record a later mapping; the latest stands",
    "shipments_decision": "withdraw a decision by a retraction that points at its report",
    "shipments_document": "record a corrected document under its own key",
    "shipments_policyversion": "record a new policy version",
    "shipments_report": "send a report that corrects or retracts it",
    "shipments_reportlink": "record a retraction of the report that drew it",
}

FUNCTIONS = """
CREATE FUNCTION evidence_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'evidence is append-only: % on % is refused; %', TG_OP, TG_TABLE_NAME, TG_ARGV[0]
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE FUNCTION report_payload_may_only_be_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL
       AND NEW.quote = '' AND NEW.raw IS NULL AND NEW.report_id = OLD.report_id THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a payload may be erased once, with a reason, and not changed: % on % is refused',
        TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
"""

DROP_FUNCTIONS = """
DROP FUNCTION report_payload_may_only_be_erased();
DROP FUNCTION evidence_is_append_only();
"""


def protect(table: str, instead: str) -> migrations.RunSQL:
    """Revoke from the application and refuse everybody, with ``instead`` as the hint."""
    return migrations.RunSQL(
        f"""
        REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM aidtracker_app;
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION evidence_is_append_only('{instead}');
        CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION evidence_is_append_only('{instead}');
        """,
        f"""
        DROP TRIGGER append_only_whole ON {table};
        DROP TRIGGER append_only ON {table};
        GRANT UPDATE, DELETE ON {table} TO aidtracker_app;
        """,
    )


class Migration(migrations.Migration):
    dependencies = [("shipments", "0001_three_layers"), ("actors", "0001_actors_sources_and_keys")]

    operations = [
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        *(protect(table, instead) for table, instead in EVIDENCE.items()),
        migrations.RunSQL(
            """
            REVOKE DELETE, TRUNCATE ON shipments_reportpayload FROM aidtracker_app;
            CREATE TRIGGER erase_only BEFORE UPDATE OR DELETE ON shipments_reportpayload
                FOR EACH ROW EXECUTE FUNCTION report_payload_may_only_be_erased();
            CREATE TRIGGER erase_only_whole BEFORE TRUNCATE ON shipments_reportpayload
                FOR EACH STATEMENT EXECUTE FUNCTION report_payload_may_only_be_erased();
            """,
            """
            DROP TRIGGER erase_only_whole ON shipments_reportpayload;
            DROP TRIGGER erase_only ON shipments_reportpayload;
            GRANT DELETE ON shipments_reportpayload TO aidtracker_app;
            """,
        ),
    ]
