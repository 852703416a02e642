"""What the database refuses on the middle floor (design, rules 4, 9, 12)."""

from django.db import migrations

from payments.evidence import Keep, Protect

# A closing date is set once: a price that held is never rewritten (design, section 3).
PRICE_ENDS_ONCE = """
CREATE FUNCTION price_ends_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.valid_to IS NOT NULL AND OLD.valid_to IS DISTINCT FROM NEW.valid_to THEN
        RAISE EXCEPTION 'the end of price % is already set', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER price_ends_once BEFORE UPDATE ON subscriptions_price FOR EACH ROW EXECUTE FUNCTION price_ends_once();
"""


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0001_initial"), ("payments", "0002_evidence")]

    operations = [
        migrations.RunSQL(PRICE_ENDS_ONCE, migrations.RunSQL.noop),
        Protect("subscriptions_disclosure"),
        Protect("subscriptions_order", mutable=("state", "state_since", "customer_id")),
        Protect("subscriptions_orderevent"),
        Protect("subscriptions_consent"),
        Protect("subscriptions_legaltext"),
        Protect("subscriptions_price", mutable=("valid_to",)),
        Protect("subscriptions_term"),
        Protect("subscriptions_entitlement", mutable=("state", "issue_id")),
        Protect("subscriptions_entitlementmovement"),
        Protect("subscriptions_subscriptionevent"),
        Protect("subscriptions_addresschange"),
        Protect("subscriptions_noticeproof"),
        Protect(
            "subscriptions_notice",
            mutable=("state", "state_since", "attempts", "failure", "document_id", "due_at"),
        ),
        Keep("subscriptions_subscription"),
        Keep("subscriptions_recipient"),
        Keep("subscriptions_issue"),
        Keep("subscriptions_offer"),
        Keep("subscriptions_magazine"),
    ]
