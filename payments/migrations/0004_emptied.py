"""A body may be emptied, never exchanged; what may be blanked may only be blanked (design, rule 9)."""

from django.db import migrations, models

from payments.evidence import BLANK

EMPTIED = """
CREATE FUNCTION document_only_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.body IS NOT NULL AND NEW.body IS DISTINCT FROM OLD.body)
        OR (OLD.purged_on IS NOT NULL AND NEW.purged_on IS DISTINCT FROM OLD.purged_on) THEN
        RAISE EXCEPTION 'document % may be emptied once, and nothing else', OLD.sha256
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER only_emptied BEFORE UPDATE ON payments_document
    FOR EACH ROW EXECUTE FUNCTION document_only_emptied();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0003_chart")]

    operations = [
        migrations.RunSQL(BLANK, migrations.RunSQL.noop),
        migrations.RunSQL(EMPTIED, migrations.RunSQL.noop),
        # Without "purged_on is not null" a body could be emptied at any time by giving no date at all.
        migrations.RemoveConstraint("document", "document_kept_until"),
        migrations.AddConstraint(
            "document",
            models.CheckConstraint(
                condition=models.Q(("body__isnull", False), ("purged_on__isnull", True))
                | models.Q(
                    ("body__isnull", True),
                    ("purged_on__gte", models.F("keep_until")),
                    ("purged_on__isnull", False),
                ),
                name="document_kept_until",
            ),
        ),
    ]
