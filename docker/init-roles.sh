#!/bin/sh
# Run once by the database's image, when its volume is new: the two roles, then their passwords.
set -eu
psql --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" --file=/roles.sql
psql --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" \
    --set=owner="$AIDTRACKER_OWNER_PASSWORD" --set=app="$AIDTRACKER_APP_PASSWORD" <<'SQL'
ALTER ROLE aidtracker_owner PASSWORD :'owner';
ALTER ROLE aidtracker_app PASSWORD :'app';
SQL
