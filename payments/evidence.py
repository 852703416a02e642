"""What the database itself refuses: changing evidence, with either of the two roles.

Constraints and grants are part of the schema, so they are migration operations. Two lines of defence (design, rules
9 and 12): the application's role is never granted UPDATE or DELETE on evidence, and a trigger stops the owner as well.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db import migrations

REFUSE = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: rows of this table are evidence', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE OR REPLACE FUNCTION refuse_change_except() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (to_jsonb(OLD) - TG_ARGV) IS DISTINCT FROM (to_jsonb(NEW) - TG_ARGV) THEN
        RAISE EXCEPTION 'UPDATE of % is refused: only % may change', TG_TABLE_NAME, TG_ARGV
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
"""


def app_role() -> str:
    """Name of the role that serves (never the owner); quoted by its callers."""
    return str(settings.DATABASE_APP_ROLE)


class GrantApplication(migrations.RunSQL):
    """First operation of all: what the application's role may do with tables that are created from here on."""

    def __init__(self) -> None:
        role = app_role()
        super().__init__(
            f'GRANT USAGE ON SCHEMA public TO "{role}";'
            f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "{role}";'
            f'GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO "{role}";'
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA public"
            f' GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO "{role}";'
            f'ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO "{role}";' + REFUSE,
            migrations.RunSQL.noop,
        )

    def deconstruct(self) -> tuple[str, list[object], dict[str, object]]:
        return (self.__class__.__name__, [], {})


class Protect(migrations.RunSQL):
    """Make a table evidence: inserted only, or with nothing but the columns named in `mutable` open to UPDATE."""

    def __init__(self, table: str, mutable: Sequence[str] = ()) -> None:
        self.table, self.mutable = table, tuple(mutable)
        role = app_role()
        forward = f'REVOKE UPDATE, DELETE, TRUNCATE ON "{table}" FROM "{role}";'
        refused = "DELETE" if mutable else "UPDATE OR DELETE"
        forward += (
            f'CREATE TRIGGER keep BEFORE {refused} ON "{table}" FOR EACH ROW EXECUTE FUNCTION refuse_change();'
            f'CREATE TRIGGER keep_all BEFORE TRUNCATE ON "{table}" FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();'
        )
        if mutable:
            columns = ", ".join(f'"{column}"' for column in mutable)
            arguments = ", ".join(f"'{column}'" for column in mutable)
            forward += (
                f'GRANT UPDATE ({columns}) ON "{table}" TO "{role}";'
                f'CREATE TRIGGER keep_facts BEFORE UPDATE ON "{table}" FOR EACH ROW'
                f" EXECUTE FUNCTION refuse_change_except({arguments});"
            )
        super().__init__(forward, migrations.RunSQL.noop)

    def deconstruct(self) -> tuple[str, list[object], dict[str, object]]:
        return (self.__class__.__name__, [self.table], {"mutable": self.mutable} if self.mutable else {})


class Keep(migrations.RunSQL):
    """Rows of this table may change but are never deleted."""

    def __init__(self, table: str) -> None:
        self.table = table
        super().__init__(
            f'REVOKE DELETE, TRUNCATE ON "{table}" FROM "{app_role()}";'
            f'CREATE TRIGGER keep BEFORE DELETE ON "{table}" FOR EACH ROW EXECUTE FUNCTION refuse_change();'
            f'CREATE TRIGGER keep_all BEFORE TRUNCATE ON "{table}" FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();',
            migrations.RunSQL.noop,
        )

    def deconstruct(self) -> tuple[str, list[object], dict[str, object]]:
        return (self.__class__.__name__, [self.table], {})


BLANK = """
CREATE OR REPLACE FUNCTION refuse_change_but_blanking() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    name text;
BEGIN
    IF (to_jsonb(OLD) - TG_ARGV) IS DISTINCT FROM (to_jsonb(NEW) - TG_ARGV) THEN
        RAISE EXCEPTION 'UPDATE of % is refused: % may be blanked, nothing else may change', TG_TABLE_NAME, TG_ARGV
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    FOREACH name IN ARRAY TG_ARGV LOOP
        IF to_jsonb(NEW) -> name IS DISTINCT FROM to_jsonb(OLD) -> name
            AND to_jsonb(NEW) -> name NOT IN ('""', '{}', '[]', 'null') THEN
            RAISE EXCEPTION 'UPDATE of % is refused: % may only be blanked', TG_TABLE_NAME, name
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END LOOP;
    RETURN NEW;
END $$;
"""


class Blank(migrations.RunSQL):
    """Rows of this table stay; of their facts only the columns named may change, and only to nothing (erasure)."""

    def __init__(self, table: str, columns: Sequence[str]) -> None:
        self.table, self.columns = table, tuple(columns)
        role = app_role()
        arguments = ", ".join(f"'{column}'" for column in columns)
        super().__init__(
            f'REVOKE UPDATE, DELETE, TRUNCATE ON "{table}" FROM "{role}";'
            f'GRANT UPDATE ({", ".join(columns)}) ON "{table}" TO "{role}";'
            f'CREATE TRIGGER keep BEFORE DELETE ON "{table}" FOR EACH ROW EXECUTE FUNCTION refuse_change();'
            f'CREATE TRIGGER keep_all BEFORE TRUNCATE ON "{table}" FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();'
            f'CREATE TRIGGER keep_facts BEFORE UPDATE ON "{table}" FOR EACH ROW'
            f" EXECUTE FUNCTION refuse_change_but_blanking({arguments});",
            migrations.RunSQL.noop,
        )

    def deconstruct(self) -> tuple[str, list[object], dict[str, object]]:
        return (self.__class__.__name__, [self.table, self.columns], {})
