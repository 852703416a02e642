"""What is closed holds what was before it; nothing is numbered before its day; days state where each chain ends, and their hash
leaves this house; a day on which money came is written once (law.md 1.5, 2.4, 6.1; decision 0032)."""

import django.db.models.deletion
from django.db import migrations, models

from payments.evidence import Protect

# A balance that was signed holds all days before it, whether or not a month was closed there.
OPEN_DAYS = """
CREATE OR REPLACE FUNCTION entry_on_open_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(487102);
    IF EXISTS (SELECT FROM payments_periodclosing c WHERE c.last_day >= NEW.booked_on
            AND NOT EXISTS (SELECT FROM payments_reopening r WHERE r.closing_id = c.id)) THEN
        RAISE EXCEPTION 'entry % is refused: % is in a closed period', NEW.source, NEW.booked_on
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION reopened_newest_first() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    opened record;
    asker text;
BEGIN
    SELECT kind, last_day INTO opened FROM payments_periodclosing WHERE id = NEW.closing_id;
    IF EXISTS (SELECT FROM payments_periodclosing c
            WHERE (c.last_day > opened.last_day OR (c.last_day = opened.last_day AND c.kind > opened.kind))
            AND NOT EXISTS (SELECT FROM payments_reopening r WHERE r.closing_id = c.id)) THEN
        RAISE EXCEPTION 'closing % is not opened again: a later one holds what was booked until then', NEW.closing_id
            USING ERRCODE = 'check_violation';
    END IF;
    SELECT asked_by INTO asker FROM payments_reopeningasked WHERE id = NEW.asked_id AND closing_id = NEW.closing_id;
    IF NOT FOUND OR NEW.alone <> (asker = NEW.agreed_by) THEN
        RAISE EXCEPTION 'closing % is not opened again: who asked and who agreed are not as they are said to be', NEW.closing_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER reopened_newest_first BEFORE INSERT ON payments_reopening
    FOR EACH ROW EXECUTE FUNCTION reopened_newest_first();
"""

# As in 0015, and: no number is given in the name of a day that comes before the entry's own (ValidDate after EcritureDate).
FOLLOWS = """
CREATE OR REPLACE FUNCTION entry_numbers_follow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    given record;
BEGIN
    FOR given IN SELECT year, min(number) AS low, max(number) AS high, count(*) AS many FROM fresh GROUP BY year LOOP
        IF given.high - given.low + 1 <> given.many OR (given.low > 1 AND NOT EXISTS (
                SELECT FROM payments_entrynumber n WHERE n.year = given.year AND n.number = given.low - 1)) THEN
            RAISE EXCEPTION 'entry numbers % to % of % leave a gap', given.low, given.high, given.year
                USING ERRCODE = 'check_violation';
        END IF;
    END LOOP;
    IF EXISTS (SELECT FROM payments_dayclosing d WHERE d.day >= (SELECT min(validated_on) FROM fresh)) THEN
        RAISE EXCEPTION 'entry numbers are refused: their day is closed' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT FROM fresh JOIN payments_ledgerentry entry ON entry.id = fresh.entry_id
            WHERE entry.booked_on > fresh.validated_on) THEN
        RAISE EXCEPTION 'entry numbers are refused: the day of an entry has not come' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
"""

# The day on which VAT falls due, or is given back: written when the money moves, and never again.
ONCE = """
CREATE FUNCTION money_day_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'UPDATE of % is refused: the day of its money is written once', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER money_day_once BEFORE UPDATE ON payments_payment FOR EACH ROW
    WHEN (OLD.received_on IS NOT NULL AND NEW.received_on IS DISTINCT FROM OLD.received_on)
    EXECUTE FUNCTION money_day_once();
CREATE TRIGGER money_day_once BEFORE UPDATE ON payments_refund FOR EACH ROW
    WHEN (OLD.refunded_on IS NOT NULL AND NEW.refunded_on IS DISTINCT FROM OLD.refunded_on)
    EXECUTE FUNCTION money_day_once();
"""

CHAINS = [
    ("payments", "steps of payments"),
    ("refunds", "steps of refunds"),
    ("ledger", "ledger entries"),
    ("ticks", "answers on checklists"),
    ("periods", "signatures of months and years"),
    ("asked", "requests to open again"),
    ("reopened", "periods opened again"),
    ("journal", "the technical journal"),
    ("files", "files kept for the accountant"),
    ("days", "closed days"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0016_cheques"),
    ]

    operations = [
        migrations.AddField(
            model_name="dayclosing",
            name="heads",
            field=models.JSONField(
                default=dict,
                help_text="place and hash of the last link of each chain, number and hash of each invoice series",
            ),
        ),
        migrations.AlterField(
            model_name="sealedrow",
            name="chain",
            field=models.CharField(choices=CHAINS, max_length=8),
        ),
        migrations.AlterField(
            model_name="reopeningasked",
            name="closing",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="requests_to_reopen",
                to="payments.periodclosing",
            ),
        ),
        migrations.RemoveConstraint(model_name="closingtick", name="closing_tick_once"),
        migrations.AddField(
            model_name="closingtick",
            name="turn",
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name="closingtick",
            name="count",
            field=models.PositiveIntegerField(
                help_text="how many had been found; none where only a person sees", null=True
            ),
        ),
        migrations.AddField(
            model_name="closingtick",
            name="amount",
            field=models.DecimalField(decimal_places=2, max_digits=14, null=True),
        ),
        migrations.AddConstraint(
            model_name="closingtick",
            constraint=models.UniqueConstraint(
                fields=("kind", "first_day", "version", "line", "turn"), name="closing_tick_once"
            ),
        ),
        migrations.CreateModel(
            name="Anchor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("made_at", models.DateTimeField()),
                ("claimed_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("sent_at", models.DateTimeField(null=True)),
                ("sent_to", models.CharField(blank=True, max_length=300)),
                (
                    "closing",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="anchor", to="payments.dayclosing"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("sent_at", None), models.Q(("sent_to", ""), _negated=True), _connector="OR"
                        ),
                        name="anchor_sent_to_somebody",
                    )
                ],
            },
        ),
        Protect("payments_anchor", mutable=("claimed_at", "attempts", "sent_at", "sent_to")),
        migrations.AddIndex(
            model_name="invoice",
            index=models.Index(
                condition=models.Q(("buyer_kind", "public_fr")), fields=["id"], name="invoice_to_public_bodies"
            ),
        ),
        migrations.RunSQL(OPEN_DAYS, migrations.RunSQL.noop),
        migrations.RunSQL(FOLLOWS, migrations.RunSQL.noop),
        migrations.RunSQL(ONCE, migrations.RunSQL.noop),
    ]
