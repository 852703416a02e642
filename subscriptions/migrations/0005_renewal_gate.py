"""The legal gate of a renewal charge, in the database itself (design, rule 4; C. conso L215-1; law.md 4.7, 5.2).

A proof lies inside its window, and the window is the law's. An attempt names both proofs by keys that include R. No
payment is taken without the reader but by an attempt. Whoever has said no cannot be charged.
"""

from django.db import migrations

from payments.evidence import Keep, Protect

PROOFS = """
ALTER TABLE subscriptions_renewalproof
    ADD CONSTRAINT renewal_proof_legal_window CHECK (
        kind <> 'legal' OR (
            window_opens >= ((renews_on - 1) - interval '3 months')::date
            AND window_closes <= ((renews_on - 1) - interval '1 month')::date
        )
    ),
    ADD CONSTRAINT renewal_proof_known_kind CHECK (kind IN ('legal', 'pre_debit'));

ALTER TABLE subscriptions_renewalattempt
    ADD CONSTRAINT renewal_attempt_legal_notice
        FOREIGN KEY (renewal_id, renews_on, legal_kind)
        REFERENCES subscriptions_renewalproof (renewal_id, renews_on, kind),
    ADD CONSTRAINT renewal_attempt_pre_debit_notice
        FOREIGN KEY (renewal_id, renews_on, pre_debit_kind, pre_debit_sent_on)
        REFERENCES subscriptions_renewalproof (renewal_id, renews_on, kind, sent_on),
    ADD CONSTRAINT renewal_attempt_told_7_to_30_days_before
        CHECK (charged_on - pre_debit_sent_on BETWEEN 7 AND 30);
"""

STOPPED = """
CREATE FUNCTION renewal_may_be_charged() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    plan record;
BEGIN
    SELECT r.state, r.renews_on, s.renewal INTO plan
        FROM subscriptions_renewal r JOIN subscriptions_subscription s ON s.id = r.subscription_id
        WHERE r.id = NEW.renewal_id;
    IF plan.state <> 'charging' OR plan.renews_on <> NEW.renews_on OR plan.renewal <> 'automatic' THEN
        RAISE EXCEPTION 'renewal % is % for %, its subscription %: it is not charged',
            NEW.renewal_id, plan.state, plan.renews_on, plan.renewal USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER renewal_may_be_charged BEFORE INSERT ON subscriptions_renewalattempt
    FOR EACH ROW EXECUTE FUNCTION renewal_may_be_charged();

CREATE FUNCTION off_session_has_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM subscriptions_renewalattempt WHERE payment_id = NEW.id) THEN
        RAISE EXCEPTION 'payment % would be taken without the reader and without an announced renewal', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER off_session_has_attempt AFTER INSERT ON payments_payment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.way = 'off_session')
    EXECUTE FUNCTION off_session_has_attempt();
"""

# A total that was announced is the total that is charged; only a renewal that is planned anew takes today's price.
ANNOUNCED = """
CREATE FUNCTION announced_total_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'planned' AND NEW.state <> 'planned'
        AND (OLD.amount <> NEW.amount OR OLD.renews_on <> NEW.renews_on) THEN
        RAISE EXCEPTION 'renewal % was announced for % on %', OLD.id, OLD.amount, OLD.renews_on
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER announced_total_stands BEFORE UPDATE ON subscriptions_renewal
    FOR EACH ROW EXECUTE FUNCTION announced_total_stands();
"""


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0004_renewals"), ("payments", "0004_emptied")]

    operations = [
        migrations.RunSQL(PROOFS, migrations.RunSQL.noop),
        migrations.RunSQL(STOPPED, migrations.RunSQL.noop),
        migrations.RunSQL(ANNOUNCED, migrations.RunSQL.noop),
        Keep("subscriptions_renewal"),
        Protect("subscriptions_renewalevent"),
        Protect("subscriptions_renewalproof"),
        Protect("subscriptions_renewalattempt"),
        Protect("subscriptions_renewalchoice"),
        Protect("subscriptions_declarationevent"),
        Protect(
            "subscriptions_declaration",
            mutable=(
                "subscription_id",
                "order_id",
                "state",
                "state_since",
                "effective_on",
                "effect",
                "refund_id",
                "refund_due_on",
            ),
        ),
    ]
