"""What the database refuses on the ground floor (design, rules 4, 9, 12)."""

from django.db import migrations

from payments.evidence import Keep, Protect

BALANCED = """
CREATE FUNCTION entry_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    difference numeric;
    lines integer;
BEGIN
    SELECT coalesce(sum(debit - credit), 0), count(*) INTO difference, lines
        FROM payments_ledgerline WHERE entry_id = NEW.entry_id;
    IF difference <> 0 OR lines < 2 THEN
        RAISE EXCEPTION 'ledger entry % does not balance: % over % lines', NEW.entry_id, difference, lines
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER entry_balances AFTER INSERT ON payments_ledgerline
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION entry_balances();

CREATE FUNCTION entry_has_lines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM payments_ledgerline WHERE entry_id = NEW.id) THEN
        RAISE EXCEPTION 'ledger entry % has no lines', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER entry_has_lines AFTER INSERT ON payments_ledgerentry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION entry_has_lines();
"""

# A number is the one after the last of its series, the date does not go back, and the chain holds.
GAPLESS = """
CREATE FUNCTION invoice_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before record;
BEGIN
    IF NEW.number > 1 THEN
        SELECT hash, issued_on INTO before FROM payments_invoice
            WHERE series_id = NEW.series_id AND number = NEW.number - 1;
        IF NOT FOUND OR before.hash <> NEW.previous_hash OR before.issued_on > NEW.issued_on THEN
            RAISE EXCEPTION 'invoice % does not follow the one before it', NEW.reference
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER invoice_follows AFTER INSERT ON payments_invoice
    DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION invoice_follows();

CREATE FUNCTION invoice_lines_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stated record;
BEGIN
    SELECT reference, total_ht, total_vat, total_ttc INTO stated FROM payments_invoice
        WHERE id = (to_jsonb(NEW) ->> TG_ARGV[0])::bigint;
    IF (SELECT (coalesce(sum(ht), 0), coalesce(sum(vat), 0), coalesce(sum(ttc), 0))
            FROM payments_invoiceline WHERE invoice_id = (to_jsonb(NEW) ->> TG_ARGV[0])::bigint)
        IS DISTINCT FROM (stated.total_ht, stated.total_vat, stated.total_ttc) THEN
        RAISE EXCEPTION 'lines of invoice % do not add up to its totals', stated.reference
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER invoice_lines_add_up AFTER INSERT ON payments_invoice
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION invoice_lines_add_up('id');
-- A line added to an invoice that was issued long ago is refused as well.
CREATE CONSTRAINT TRIGGER invoice_lines_add_up AFTER INSERT ON payments_invoiceline
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION invoice_lines_add_up('invoice_id');
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial")]

    operations = [
        migrations.RunSQL(BALANCED, migrations.RunSQL.noop),
        migrations.RunSQL(GAPLESS, migrations.RunSQL.noop),
        Protect("payments_act"),
        Protect("payments_document", mutable=("body", "purged_on")),
        Protect("payments_paymentevent"),
        Protect("payments_refundevent"),
        Protect("payments_invoice"),
        Protect("payments_invoiceline"),
        Protect("payments_invoicerendering"),
        Protect("payments_ledgerentry"),
        Protect("payments_ledgerline"),
        Protect("payments_account"),
        Protect("payments_accountmap"),
        Protect("payments_vatrate", mutable=("valid_to",)),
        Protect("payments_balancemovement", mutable=("payment_id", "refund_id")),
        Protect("payments_stripeevent", mutable=("state", "reason", "attempts", "next_attempt_at", "done_at")),
        Protect(
            "payments_payment",
            mutable=(
                "customer_id",
                "payer_account_id",
                "method_kind",
                "saved_method_id",
                "state",
                "is_open",
                "surplus",
                "effect",
                "decline_code",
                "checkout_session",
                "checkout_url",
                "checkout_expires_at",
                "stripe_intent",
                "stripe_charge",
                "called_at",
                "looked_up_at",
                "state_since",
                "received_on",
            ),
        ),
        Protect(
            "payments_refund",
            mutable=("state", "failure", "stripe_refund", "called_at", "state_since", "refunded_on"),
        ),
        Keep("payments_invoiceseries"),
        Keep("payments_deskitem"),
        Keep("payments_payeraccount"),
        Keep("payments_savedmethod"),
        Keep("payments_methodsetup"),
    ]
