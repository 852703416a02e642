"""Very many subscriptions at once, for benches: rows as the shop would have written them, by one statement per table.

Half renew by themselves, half are for a fixed term; their terms end evenly over the year to come. Whatever was due
before today is done: plans are made, announced and proved, reminders sent, invoices rendered.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import psycopg

from tests.kills.shop import Shop

FIRST = 1_000_001  # beyond whatever a new shop is stocked with

#: Issues of 91 days each: the first copy of a term is the first issue after its start, the last one leaves before its end.
CALENDAR = """
INSERT INTO subscriptions_issue
    (id, magazine_id, number, cover_month, cover_year, headline, contents, cutoff_on, post_on, posted_on, state)
SELECT 1000 + n, {magazine}, 1000 + n, 1 + n % 12, 3000 + n, '', '[]', post - 14, post,
       CASE WHEN post <= {today} THEN post END, CASE WHEN post <= {today} THEN 'posted' ELSE 'planned' END
FROM (SELECT n, {today} - 363 + 91 * n AS post FROM generate_series(0, 8) AS n) AS every
"""
#: One statement per table; `s` is the number of a subscription, its first day lies 0 to 364 days back.
ROWS = (
    """
    INSERT INTO customers_customer (id, password, is_superuser, email, title, first_name, last_name, organisation, phone,
        language, search, is_staff, is_active, created_at, source, foreign_ref)
    SELECT s, '!', false, 'r' || s || '@exemple.fr', '', 'Camille', 'Lenoir ' || s, '', '', 'fr', '#' || s, false, true,
        {at}, 'shop', '' FROM every
    """,
    """
    INSERT INTO subscriptions_postaladdress
        (id, typed, lines, block, country, postcode, town, delivery_zone, vat_zone, created_at)
    SELECT s, '{{}}', '["Camille LENOIR", "3 RUE DE LA PAIX", "69001 LYON"]',
        ARRAY['Camille LENOIR', '', '', s || ' RUE DE LA PAIX', '', 69000 + s % 97 || ' LYON', '', (69000 + s % 97)::text, 'LYON'],
        'FR', '69001', 'LYON', 'FR', 'FR_METRO', {at} FROM every
    """,
    """
    INSERT INTO subscriptions_recipient (id, customer_id, name, address_id) SELECT s, s, 'Camille Lenoir', s FROM every
    """,
    """
    INSERT INTO payments_payeraccount (id, owner_key, customer_id, stripe_customer, idempotency_key, created_at)
    SELECT s, 'customer:' || s, s, 'cus_' || s, 'a' || s, {at} FROM every WHERE automatic
    """,
    # One card in fifty ends before the renewal that it should pay.
    """
    INSERT INTO payments_savedmethod (id, payer_account_id, stripe_method, kind, brand, last4, exp_month, exp_year,
        fingerprint, mandate, mandate_reference, created_at, ended_because)
    SELECT s, s, 'pm_' || s, 'card', 'visa', '4242', extract(month FROM ends), extract(year FROM ends), '', '', '', {at}, ''
    FROM (SELECT *, CASE WHEN s % 50 = 0 THEN starts + 330 ELSE starts + 1000 END AS ends FROM every) AS every
    WHERE automatic
    """,
    """
    INSERT INTO subscriptions_subscription (id, number, magazine_id, payer_id, holder_id, recipient_id, renewal, offer_id,
        saved_method_id, state, state_since, created_at, source, foreign_ref, is_gift, on_invoice)
    SELECT s, 'n' || s, {magazine}, s, s, s, CASE WHEN automatic THEN 'automatic' ELSE 'fixed' END,
        CASE WHEN automatic THEN {automatic} ELSE {fixed} END, CASE WHEN automatic THEN s END, 'active', {at}, {at}, 'shop', '',
        false, false
    FROM every
    """,
    """
    INSERT INTO subscriptions_order (id, reference, form_token, content_sha256, state, state_since, placed_at, offer_id,
        price_id, amount, amount_currency, vat_zone, vat_rate, legal_mention, first_issue_id, disclosure_id, source_code,
        customer_id, email, title, first_name, last_name, phone, language, delivery_id, buyer_kind, organisation, siren,
        siret, vat_number, engagement_number, typed, is_gift, quantity)
    SELECT s, 'CMD-' || s, gen_random_uuid(), repeat('1', 64), 'paid', {then}, {then},
        CASE WHEN automatic THEN {automatic} ELSE {fixed} END, {price}, 27.60, 'EUR', 'FR_METRO', 2.10, '', 1000,
        repeat('0', 64), '', s, 'r' || s || '@exemple.fr', '', 'Camille', 'Lenoir ' || s, '', 'fr', s, 'consumer', '', '', '',
        '', '', '{{}}', false, 1 FROM every
    """,
    """
    INSERT INTO payments_payment (id, reference, purpose, subject, customer_id, amount, amount_currency, description, way,
        save_method, method_kind, state, is_open, surplus, effect, decline_code, idempotency_key, checkout_url, created_at,
        called_at, state_since, received_on)
    SELECT s, 'PAY-' || s, 'order', 'order:' || s, s, 27.60, 'EUR', '', 'checkout', automatic, 'card', 'succeeded', false,
        false, 'done', '', 'k' || s, '', {then}, {then}, {then}, starts FROM every
    """,
    """
    INSERT INTO subscriptions_term (id, subscription_id, number, order_id, payment_id, starts_on, ends_on, copies, quantity, amount,
        amount_currency, amount_ht, amount_ht_currency, vat_zone, vat_rate, created_at, source, foreign_ref)
    SELECT s, s, 1, s, s, starts, starts + 364, 4, 1, 27.60, 'EUR', 27.03, 'EUR', 'FR_METRO', 2.10, {at}, 'shop', '' FROM every
    """,
    """
    INSERT INTO subscriptions_entitlement (term_id, rank, issue_id, value_ht, state)
    SELECT s, rank, i.id, 6.76, CASE WHEN i.posted_on IS NULL THEN 'owed' ELSE 'served' END
    FROM every CROSS JOIN generate_series(1, 4) AS rank
    JOIN subscriptions_issue i ON i.number = 999 + rank + (starts - {today} + 363 + 90) / 91
    """,
    """
    INSERT INTO payments_invoice (id, kind, series_id, number, reference, issued_on, customer_id, subject, payment_id, reason,
        seller, buyer_kind, buyer_name, buyer_address, buyer_country, delivery_address, delivery_country, buyer_siren, buyer_siret,
        buyer_vat_number, buyer_service_code, engagement_number, nature, vat_on_debits, vat_zone, legal_mention, total_ht,
        total_ht_currency, total_vat, total_vat_currency, total_ttc, total_ttc_currency, previous_hash, hash, actor,
        created_at)
    SELECT s, 'invoice', {series}, s, 'F-' || s, starts, s, 'order:' || s, s, '', '{{}}', 'consumer', 'Camille Lenoir', '[]',
        'FR', '[]', '', '', '', '', '', '', 'LB', false, 'FR_METRO', '', 27.03, 'EUR', 0.57, 'EUR', 27.60, 'EUR', '',
        lpad(s::text, 64, '0'), 'bench', {at} FROM every
    """,
    """
    INSERT INTO payments_invoicerendering (invoice_id, document_id, rendered_at) SELECT s, repeat('0', 64), {at} FROM every
    """,
    """
    INSERT INTO subscriptions_notice (kind, channel, matter, rank, customer_id, to_email, to_name, language, facts, due_at,
        created_at, state, state_since, attempts, failure)
    SELECT 'order_confirmation', 'email', 'order_confirmation:order:' || s, 'service', s, 'r' || s || '@exemple.fr', 'Camille Lenoir',
        'fr', '{{}}', {then}, {then}, 'sent', {then}, 1, '' FROM every
    """,
    # Every plan whose day has come is made; it is announced from R − 61 on, and its debit is told from R − 14 on.
    """
    INSERT INTO subscriptions_renewal (id, subscription_id, number, renews_on, state, state_since, price_id, amount,
        amount_currency, decline_code, why, created_at)
    SELECT s, s, 2, starts + 365, CASE WHEN starts + 365 <= {today} + 61 THEN 'announced' ELSE 'planned' END, {at}, {price},
        27.60, 'EUR', '', '', {at} FROM every WHERE automatic AND starts + 365 <= {today} + 75
    """,
    """
    INSERT INTO subscriptions_look (subscription_id, matter, day)
    SELECT s, CASE WHEN automatic THEN 'plan' ELSE 'end' END, starts + 364 FROM every
    WHERE NOT automatic OR starts + 365 > {today} + 75
    """,
    """
    INSERT INTO subscriptions_notice (kind, channel, matter, rank, customer_id, to_email, to_name, language, facts, due_at,
        created_at, state, state_since, attempts, failure)
    SELECT kind, 'email', kind || ':renewal:' || s || ':' || starts + 365 || step, 'legal', s, 'r' || s || '@exemple.fr',
        'Camille Lenoir', 'fr', jsonb_build_object('renewal_id', s), {at}, {at}, 'sent', {at}, 1, ''
    FROM every JOIN (VALUES ('renewal_notice', 61, ''), ('renewal_pre_debit', 14, ''), ('renewal_card_wanted', 60, ':60'),
        ('renewal_card_wanted', 30, ':30')) AS told(kind, days, step) ON starts + 365 <= {today} + days
    WHERE automatic AND (kind <> 'renewal_card_wanted' OR s % 50 = 0)
    """,
    """
    INSERT INTO subscriptions_notice (kind, channel, matter, rank, customer_id, to_email, to_name, language, facts, due_at,
        created_at, state, state_since, attempts, failure)
    SELECT step.letter, 'email', 'reminder:' || s || ':1:' || step.code, 'service', s, 'r' || s || '@exemple.fr', 'Camille Lenoir',
        'fr', '{{}}', {at}, {at}, 'sent', {at}, 1, ''
    FROM every JOIN subscriptions_reminderstep step ON step.trigger = 'posted' AND step.issues_from_last <= 0
    JOIN subscriptions_issue i ON i.number = 1003 + (starts - {today} + 363 + 90) / 91 + step.issues_from_last
        AND i.posted_on + step.days_after <= {today}
    WHERE NOT automatic
    """,
    """
    INSERT INTO subscriptions_noticeproof (notice_id, kind, provider_id, detail, at)
    SELECT id, 'accepted', '', '', {at} FROM subscriptions_notice WHERE rank = 'legal' AND customer_id >= {first}
    """,
    """
    INSERT INTO subscriptions_renewalproof (renewal_id, renews_on, kind, ordinal, sent_on, window_opens, window_closes,
        notice_proof_id, at)
    SELECT r.id, r.renews_on, told.kind, 1, r.renews_on - told.days, r.renews_on - told.days, r.renews_on - told.days, p.id,
        {at}
    FROM subscriptions_renewal r
    JOIN (VALUES ('renewal_notice', 'legal', 61), ('renewal_pre_debit', 'pre_debit', 14)) AS told(letter, kind, days)
        ON r.renews_on <= {today} + told.days AND r.id >= {first}
    JOIN subscriptions_notice n ON n.matter = told.letter || ':renewal:' || r.id || ':' || r.renews_on
    JOIN subscriptions_noticeproof p ON p.notice_id = n.id
    """,
)


def superuser_of(shop: Shop) -> str:
    """The address of the shop's database as its superuser."""
    return shop.environment["DATABASE_OWNER_URL"].replace("boutique_owner", "boutique_root")


def fill(superuser: str, *, subscriptions: int, at: datetime, first: int = FIRST) -> None:
    """As the superuser, past triggers and foreign keys: a million rows of each are made in minutes, not in an hour.

    `first`: the number of the first of them; beyond FIRST, where some are there already, they are added to these.
    """
    with psycopg.connect(superuser, autocommit=True) as database:
        database.execute("SET session_replication_role = replica")
        (magazine,) = database.execute("SELECT min(id) FROM subscriptions_magazine").fetchone() or (0,)
        offers = dict(database.execute("SELECT renewal, min(id) FROM subscriptions_offer GROUP BY 1").fetchall())
        (price,) = database.execute(
            "SELECT id FROM subscriptions_price WHERE offer_id = %s AND delivery_zone = 'FR' ORDER BY valid_from DESC",
            [offers["automatic"]],
        ).fetchone() or (0,)
        words = {
            "magazine": magazine, "automatic": offers["automatic"], "fixed": offers["fixed"], "price": price,
            "series": 1, "today": f"DATE '{at.date()}'", "at": f"TIMESTAMPTZ '{at - timedelta(days=1)}'",
            "first": first,
            # Each in a second of its own, as they would have come.
            "then": f"TIMESTAMPTZ '{at - timedelta(days=1)}' - s % 1000000 * INTERVAL '1 second'",
        }  # fmt: skip
        every = (
            f"WITH every AS MATERIALIZED (SELECT s, s % 2 = 0 AS automatic, {words['today']} - s % 365 AS starts"
            f" FROM generate_series({first}, {first + subscriptions - 1}) AS s) "
        )
        if first == FIRST:
            database.execute(CALENDAR.format(**words))
        for statement in ROWS:
            before, insert, after = statement.partition("INSERT")
            database.execute(every + before + insert + after.format(**words))
        database.execute("VACUUM ANALYZE")
