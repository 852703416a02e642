"""What is still owed to subscribers at the end of a day, and when it will be earned: 4871, copy by copy.

How things stood on a day is folded from the movements of copies up to it: a copy is owed from its grant until it is served,
credited or void. Their values were fixed at the grant, so their sum is the balance of 4871 of that day, to the cent.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from payments.exports.offered import By, Check, Column, Export, Kind, Query, Sums, moved
from payments.exports.spans import Span
from subscriptions.models.gifts import CARRIED

#: Copies of terms and past issues sold singly that were owed at the end of the day `last`, each with its value without VAT.
OWED = f"""
left_by AS (
    SELECT DISTINCT ON (entitlement_id) entitlement_id, kind FROM subscriptions_entitlementmovement
    WHERE "on" <= %(last)s AND kind IN ('grant', 'serve', 'credit', 'void') ORDER BY entitlement_id, id DESC
), sold_left_by AS (
    SELECT DISTINCT ON (sold_id) sold_id, kind FROM subscriptions_soldissuemovement
    WHERE "on" <= %(last)s AND kind IN ('grant', 'serve', 'void') ORDER BY sold_id, id DESC
), owed AS (
    SELECT term.id AS term_id, NULL::bigint AS order_id, copy.issue_id, term.vat_rate AS rate, copy.value_ht AS value,
        term.quantity AS copies
    FROM left_by JOIN subscriptions_entitlement copy ON copy.id = left_by.entitlement_id
    JOIN subscriptions_term term ON term.id = copy.term_id
    LEFT JOIN subscriptions_importrow taken ON taken.term_id = term.id
    LEFT JOIN subscriptions_importfile file ON file.id = taken.file_id
    -- What another house sold is in the books from the end of its import on.
    WHERE left_by.kind = 'grant' AND (term.order_id IS NOT NULL OR term.payment_id IS NOT NULL OR term.source = '{CARRIED}'
        OR file.state = 'let_in' AND (file.state_since AT TIME ZONE 'Europe/Paris')::date <= %(last)s)
    UNION ALL
    SELECT NULL, sold.order_id, sold.issue_id, bought.vat_rate, sold.value_ht, sold.copies
    FROM sold_left_by JOIN subscriptions_soldissue sold ON sold.id = sold_left_by.sold_id
    JOIN subscriptions_order bought ON bought.id = sold.order_id
    WHERE sold_left_by.kind = 'grant'
)
"""  # noqa: S608 – only our own words
NAMED = "CASE WHEN issue.last_number IS NULL THEN issue.number::text ELSE issue.number || '-' || issue.last_number END"
SCHEDULE = f"""
WITH {OWED}
SELECT date_trunc('month', coalesce(issue.posted_on, issue.post_on))::date AS month,
    coalesce(magazine.code, '') AS magazine, coalesce({NAMED}, '') AS issue, coalesce(issue.posted_on, issue.post_on) AS posted_on,
    rate, CASE WHEN term_id IS NULL THEN 'Vente au numéro' ELSE 'Abonnements' END AS nature, sum(copies) AS copies, sum(value) AS value
FROM owed LEFT JOIN subscriptions_issue issue ON issue.id = owed.issue_id
LEFT JOIN subscriptions_magazine magazine ON magazine.id = issue.magazine_id
GROUP BY issue.id, magazine.code, rate, (term_id IS NULL)
ORDER BY 1 NULLS LAST, 4, magazine.code COLLATE "C", issue.number, rate, (term_id IS NULL)
"""  # noqa: S608 – only our own words
DEBT = f"""
WITH {OWED}
SELECT coalesce(whose.number, '') AS subscription, term.number AS term, coalesce(bought.reference, term.foreign_ref, '') AS reference,
    term.starts_on, term.ends_on, owed.rate, count(*) AS issues, sum(owed.copies) AS copies, sum(owed.value) AS value
FROM owed LEFT JOIN subscriptions_term term ON term.id = owed.term_id
LEFT JOIN subscriptions_subscription whose ON whose.id = term.subscription_id
LEFT JOIN subscriptions_order bought ON bought.id = coalesce(term.order_id, owed.order_id)
GROUP BY term.id, whose.id, bought.id, owed.rate
ORDER BY whose.id NULLS LAST, term.number, bought.id, owed.rate
"""  # noqa: S608 – only our own words


def _schedule(span: Span) -> Query:
    return Query(SCHEDULE, {"last": span.last})


def _debt(span: Span) -> Query:
    return Query(DEBT, {"last": span.last})


def _as_in_4871(span: Span, sums: Sums) -> Sequence[Check]:
    return [Check("Solde du compte 4871", sums.of["value"], -moved("DEFERRED", first=None, last=span.last))]


DEFERRED_SCHEDULE = Export(
    name="produits-differes",
    title=_("Deferred revenue schedule"),
    about=_("What of 4871 will be earned in which month, by issue and rate, as the calendar of issues stands."),
    by=By.DAY,
    columns=(
        Column("month", "Mois attendu", Kind.DAY),
        Column("magazine", "Titre"),
        Column("issue", "Numéro"),
        Column("posted_on", "Mise en poste", Kind.DAY),
        Column("rate", "Taux (%)", Kind.RATE, 10),
        Column("nature", "Nature", width=18),
        Column("copies", "Exemplaires", Kind.COUNT),
        Column("value", "Valeur HT", Kind.AMOUNT),
    ),
    rows=_schedule,
    checks=_as_in_4871,
    forecast=True,
)
SUBSCRIBERS_DEBT = Export(
    name="dette-abonnes",
    title=_("Debt to subscribers"),
    about=_("The copies still owed at the end of a day, term by term: what 4871 is made of."),
    by=By.DAY,
    columns=(
        Column("subscription", "Abonnement"),
        Column("term", "Période", Kind.COUNT, 10),
        Column("reference", "Commande", width=20),
        Column("starts_on", "Début", Kind.DAY),
        Column("ends_on", "Fin", Kind.DAY),
        Column("rate", "Taux (%)", Kind.RATE, 10),
        Column("issues", "Numéros dus", Kind.COUNT),
        Column("copies", "Exemplaires", Kind.COUNT),
        Column("value", "Valeur HT", Kind.AMOUNT),
    ),
    rows=_debt,
    checks=_as_in_4871,
)
