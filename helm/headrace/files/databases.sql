-- The roles and databases of Headrace, for a PostgreSQL server (17 or later, wal_level = logical) that exists already. Run it once,
-- as a superuser, with psql; then give each role its password with \password, so that it stands in no file.
-- Both databases may be on one server or on two: then run on each what it needs.

-- The owner migrates the schemas and makes the replication slot, which needs REPLICATION; the relay streams from the slot.
CREATE ROLE headrace_owner LOGIN REPLICATION;
CREATE ROLE headrace_command LOGIN;
CREATE ROLE headrace_relay LOGIN REPLICATION;
CREATE ROLE headrace_projection LOGIN;
CREATE ROLE headrace_query LOGIN;

-- Where there are several command services, each has a database of its own: repeat these three for each, called headrace_<name>.
CREATE DATABASE headrace_commands OWNER headrace_owner;
REVOKE CONNECT ON DATABASE headrace_commands FROM PUBLIC;
GRANT CONNECT ON DATABASE headrace_commands TO headrace_command, headrace_relay;

CREATE DATABASE headrace_views OWNER headrace_owner;
REVOKE CONNECT ON DATABASE headrace_views FROM PUBLIC;
GRANT CONNECT ON DATABASE headrace_views TO headrace_projection, headrace_query;
