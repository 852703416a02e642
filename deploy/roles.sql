-- The two roles of design rule 12, run by a superuser inside the shop's database, once or again.
-- boutique_owner owns the database and migrates; boutique_app serves and owns nothing. Neither is a superuser.
-- In production give both a password afterwards: \password boutique_owner, \password boutique_app.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'boutique_owner') THEN
        CREATE ROLE boutique_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'boutique_app') THEN
        CREATE ROLE boutique_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE;
    END IF;
    EXECUTE format('ALTER DATABASE %I OWNER TO boutique_owner', current_database());
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO boutique_app', current_database());
END $$;

CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS citext;

GRANT USAGE ON SCHEMA public TO boutique_app;
-- Tables made by a migration serve at once; the migrations of evidence then take rights away again.
ALTER DEFAULT PRIVILEGES FOR ROLE boutique_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO boutique_app;
ALTER DEFAULT PRIVILEGES FOR ROLE boutique_owner IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO boutique_app;

-- A statement that fails would stand in the server's log with all it carries: e-mails, addresses, tokens.
ALTER ROLE boutique_owner SET log_min_error_statement = 'panic';
ALTER ROLE boutique_owner SET log_error_verbosity = 'terse';
ALTER ROLE boutique_app SET log_min_error_statement = 'panic';
ALTER ROLE boutique_app SET log_error_verbosity = 'terse';
