-- The two roles of aidtracker and what each may do in the database this runs in.
-- Run by a superuser: on the laptop, in the tests and by compose alike. It can be run again at any time.
--
--   aidtracker_owner  owns the database and everything in it; migrations log in as it
--   aidtracker_app    the service: reads and writes rows, and nothing else; evidence tables take
--                     UPDATE and DELETE away from it again (see the migrations)
--
-- Passwords are set by whoever runs this.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'aidtracker_owner') THEN
        CREATE ROLE aidtracker_owner;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'aidtracker_app') THEN
        CREATE ROLE aidtracker_app;
    END IF;
END
$$;

ALTER ROLE aidtracker_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE aidtracker_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE aidtracker_owner SET timezone = 'UTC';
ALTER ROLE aidtracker_app SET timezone = 'UTC';

-- A client that was killed in the middle of a query gives its locks back within half a second.
-- Some systems cannot check a connection; they go without.
DO $$
BEGIN
    ALTER ROLE aidtracker_app SET client_connection_check_interval = '500ms';
EXCEPTION
    WHEN invalid_parameter_value THEN
        RAISE NOTICE 'this system cannot check connections: locks of a killed client are kept until its query ends';
END
$$;

DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I OWNER TO aidtracker_owner', current_database());
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO aidtracker_app', current_database());
END
$$;

ALTER SCHEMA public OWNER TO aidtracker_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO aidtracker_app;

ALTER DEFAULT PRIVILEGES FOR ROLE aidtracker_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO aidtracker_app;
ALTER DEFAULT PRIVILEGES FOR ROLE aidtracker_owner IN SCHEMA public
    GRANT USAGE ON SEQUENCES TO aidtracker_app;
