"""What the daily sweeps look for is answered by rows and indexes of its own, not by a search through everything.

The database itself notes which subscription has to be looked at: each for the last day of its newest term, and at once
where something changed on which a next term hangs. Nobody has to remember to say so. A note may be one too many, never one
too few: whoever looks reads everything again under its lock.
"""

import django.db.models.deletion
from django.db import migrations, models

from payments.evidence import Protect

AT_ONCE = """
CREATE FUNCTION look_again(keys bigint[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO subscriptions_look (subscription_id, matter, day)
    SELECT s.id, 'plan', DATE '0001-01-01' FROM subscriptions_subscription s
    WHERE s.id = ANY (keys) AND (s.renewal = 'automatic' OR EXISTS (
        SELECT FROM subscriptions_renewal r
        WHERE r.subscription_id = s.id AND r.state IN ('planned', 'announced', 'manual')))
    UNION ALL
    SELECT s.id, 'end', DATE '0001-01-01' FROM subscriptions_subscription s
    WHERE s.id = ANY (keys) AND s.renewal = 'fixed' AND s.state = 'active'
$$;

CREATE FUNCTION look_again_if_planned(keys bigint[]) RETURNS void LANGUAGE sql AS $$
    SELECT look_again(ARRAY(
        SELECT r.subscription_id FROM subscriptions_renewal r
        WHERE r.subscription_id = ANY (keys) AND r.state IN ('planned', 'announced', 'manual')))
$$;
"""

# State, mode, offer and recipient of a subscription; the address of its recipient.
SUBSCRIPTION = """
CREATE FUNCTION look_at_subscription() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM look_again(ARRAY[NEW.id]);
    RETURN NULL;
END $$;
CREATE TRIGGER look AFTER UPDATE OF state, renewal, offer_id, recipient_id ON subscriptions_subscription
    FOR EACH ROW WHEN ((OLD.state, OLD.renewal, OLD.offer_id, OLD.recipient_id)
        IS DISTINCT FROM (NEW.state, NEW.renewal, NEW.offer_id, NEW.recipient_id))
    EXECUTE FUNCTION look_at_subscription();

CREATE FUNCTION look_at_recipient() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM look_again_if_planned(ARRAY(SELECT id FROM subscriptions_subscription WHERE recipient_id = NEW.id));
    RETURN NULL;
END $$;
CREATE TRIGGER look AFTER UPDATE OF address_id ON subscriptions_recipient
    FOR EACH ROW WHEN (OLD.address_id <> NEW.address_id) EXECUTE FUNCTION look_at_recipient();
"""

# A new term is looked at when it ends; a plan that was made for the one before it, at once.
TERM = """
CREATE FUNCTION look_at_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO subscriptions_look (subscription_id, matter, day)
    SELECT added.subscription_id, CASE s.renewal WHEN 'automatic' THEN 'plan' ELSE 'end' END, added.ends_on
    FROM added JOIN subscriptions_subscription s ON s.id = added.subscription_id;
    PERFORM look_again_if_planned(ARRAY(SELECT subscription_id FROM added));
    RETURN NULL;
END $$;
CREATE TRIGGER look AFTER INSERT ON subscriptions_term REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION look_at_terms();
"""

# Copies owed move R: granted, served, held, given back, or given their issue. So do the days of their issue.
COPIES = """
CREATE FUNCTION look_at_granted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM look_again_if_planned(ARRAY(
        SELECT DISTINCT t.subscription_id FROM added JOIN subscriptions_term t ON t.id = added.term_id));
    RETURN NULL;
END $$;
CREATE TRIGGER look_at_granted AFTER INSERT ON subscriptions_entitlement REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION look_at_granted();

CREATE FUNCTION look_at_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM look_again_if_planned(ARRAY(
        SELECT DISTINCT t.subscription_id
        FROM before JOIN after USING (id) JOIN subscriptions_term t ON t.id = after.term_id
        WHERE before.issue_id IS DISTINCT FROM after.issue_id
            OR (before.state IN ('owed', 'assigned', 'held')) <> (after.state IN ('owed', 'assigned', 'held'))));
    RETURN NULL;
END $$;
CREATE TRIGGER look_at_moved AFTER UPDATE ON subscriptions_entitlement
    REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION look_at_moved();

CREATE FUNCTION look_at_issue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM look_again_if_planned(ARRAY(
        SELECT DISTINCT t.subscription_id FROM subscriptions_entitlement e JOIN subscriptions_term t ON t.id = e.term_id
        WHERE e.issue_id = NEW.id AND e.state IN ('owed', 'assigned', 'held')));
    RETURN NULL;
END $$;
CREATE TRIGGER look AFTER UPDATE OF post_on, posted_on ON subscriptions_issue
    FOR EACH ROW WHEN ((OLD.post_on, OLD.posted_on) IS DISTINCT FROM (NEW.post_on, NEW.posted_on))
    EXECUTE FUNCTION look_at_issue();
"""

# A price of its offer; and a plan that ended may leave room for another.
PLAN = """
CREATE FUNCTION look_at_price() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM look_again(ARRAY(
        SELECT r.subscription_id FROM subscriptions_renewal r
        JOIN subscriptions_subscription s ON s.id = r.subscription_id
        WHERE s.offer_id = NEW.offer_id AND r.state = 'planned'));
    RETURN NULL;
END $$;
CREATE TRIGGER look AFTER INSERT OR UPDATE OF valid_to, renewals_from, renewals_to ON subscriptions_price
    FOR EACH ROW EXECUTE FUNCTION look_at_price();

CREATE FUNCTION look_at_cancelled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM look_again(ARRAY[NEW.subscription_id]);
    RETURN NULL;
END $$;
CREATE TRIGGER look AFTER UPDATE OF state ON subscriptions_renewal
    FOR EACH ROW WHEN (NEW.state = 'cancelled' AND OLD.state <> 'cancelled') EXECUTE FUNCTION look_at_cancelled();
"""

# The constraint that no two terms overlap, but for those that were undone. Whoever adds a term holds its subscription; the
# lock is taken here as well, for those who do not.
OVERLAP = """
CREATE FUNCTION term_no_overlap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM subscriptions_subscription WHERE id = NEW.subscription_id FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT FROM subscriptions_term t
        WHERE t.subscription_id = NEW.subscription_id AND t.id <> NEW.id
            AND t.starts_on <= NEW.ends_on AND t.ends_on >= NEW.starts_on
            AND NOT EXISTS (SELECT FROM subscriptions_termundone u WHERE u.term_id = t.id))
    THEN
        RAISE EXCEPTION 'term % of subscription % overlaps another', NEW.number, NEW.subscription_id
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'term_no_overlap';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER term_no_overlap AFTER INSERT ON subscriptions_term FOR EACH ROW EXECUTE FUNCTION term_no_overlap();
"""

# Terms of which no copy was left had been undone.
UNDONE = """
INSERT INTO subscriptions_termundone (term_id, actor, reason, at)
SELECT t.id, 'import:migration', 'no copy of it was left', MAX(m.at)
FROM subscriptions_term t JOIN subscriptions_entitlement e ON e.term_id = t.id
JOIN subscriptions_entitlementmovement m ON m.entitlement_id = e.id
GROUP BY t.id HAVING bool_and(e.state = 'void');
"""

# What is there already, each by the last day of its newest term.
EXISTING = """
INSERT INTO subscriptions_look (subscription_id, matter, day)
SELECT DISTINCT ON (s.id) s.id, CASE s.renewal WHEN 'automatic' THEN 'plan' ELSE 'end' END, t.ends_on
FROM subscriptions_subscription s JOIN subscriptions_term t ON t.subscription_id = s.id
WHERE s.renewal = 'automatic' AND s.state IN ('active', 'grace') OR s.renewal = 'fixed' AND s.state = 'active'
ORDER BY s.id, t.number DESC;
"""


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0014_paper_post")]

    operations = [
        migrations.CreateModel(
            name="Look",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "matter",
                    models.CharField(
                        choices=[("plan", "the plan of its next term"), ("end", "the end of a fixed term")],
                        max_length=4,
                    ),
                ),
                (
                    "day",
                    models.DateField(help_text="last day of its term as far as known; long past: something changed"),
                ),
                (
                    "subscription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="subscriptions.subscription",
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["matter", "day"], include=("subscription",), name="look_day")]},
        ),
        *[migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (AT_ONCE, SUBSCRIPTION, TERM, COPIES, PLAN)],
        migrations.RunSQL(EXISTING, migrations.RunSQL.noop),
        migrations.CreateModel(
            name="TermUndone",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("actor", models.CharField(max_length=80)),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("at", models.DateTimeField()),
                (
                    "term",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="undone", to="subscriptions.term"
                    ),
                ),
            ],
        ),
        Protect("subscriptions_termundone"),
        migrations.RunSQL(UNDONE, migrations.RunSQL.noop),
        migrations.RemoveConstraint(model_name="term", name="term_no_overlap"),
        migrations.RunSQL(OVERLAP, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="subscription",
            index=models.Index(
                condition=models.Q(("state", "lapsed")), fields=["state_since"], name="subscription_lapsed"
            ),
        ),
        migrations.AddIndex(
            model_name="declaration",
            index=models.Index(
                condition=models.Q(("effect__in", ["withdrawn_waits", "notice_missed_waits"]), ("refund", None)),
                fields=["received_at"],
                name="declaration_waits",
            ),
        ),
    ]
