"""Every check of the audit can fail: a fault is planted where no role of the shop could, and exactly its check finds it.

A superuser plants, with the triggers asleep; the shop itself is refused all of this (tests/races/test_refusals.py).
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import psycopg
import pytest
from django.test import override_settings
from django.utils import timezone

from payments.actors import job
from payments.allowance import Unlimited
from payments.charging import close_hosted_page, intend
from payments.collecting import collect
from payments.looking_up import look_up
from payments.mirroring.running import mirror
from payments.models import Payment, StripeEvent
from payments.settling import apply
from shop.watch import audit, runs
from shop.watch.models import AuditFinding
from subscriptions.bank.explaining import book_on
from subscriptions.models import Issue, Notice, Offer, Order, Subscription, Term
from subscriptions.orders.placing import payment_of
from subscriptions.orders.quoting import quote
from subscriptions.prolonging import held
from subscriptions.refunding import refund_in_full
from subscriptions.renewals.charging import claim
from subscriptions.renewals.falling_due import fall_due
from tasks import money
from tests.bank.coming import come
from tests.bank.files import IBAN, Said
from tests.institutions.papers import take, transfer
from tests.makers import READER, TODAY, make_wish, open_page, place_order, send_out
from tests.purchase.conftest import hear, offers, standin, standin_inprocess, till  # noqa: F401
from tests.renewals.people import announced
from tests.stopping.people import terminates

LONG_AGO = "2026-01-01 00:00+00"
Plant = Callable[[psycopg.Connection], None]


def posted_run(*, lines: int, closed_at: str) -> str:
    """A main file of the second issue, said to have left with so many lines."""
    return (
        "INSERT INTO subscriptions_mailingrun (issue_id, house_id, kind, sequence, state, asked_by, asked_at, asked_because,"
        " closed_by, closed_at, closed_alone, closed_because, deposit_on, dispatches, copies, counts, sha256, size,"
        " handed_over_by, handed_over_how, received_copies, received_by, posted_on)"
        f" SELECT i.id, h.id, 'main', 9, 'posted', 'x', '{closed_at}', '', 'y', '{closed_at}', false, '', i.post_on,"
        f" {lines}, {lines}, '{{}}', 'x', 0, '', '', {lines}, '', i.post_on"
        " FROM subscriptions_issue i, subscriptions_mailinghouse h WHERE i.number = 26"
    )


def a_cheque(state: str) -> str:
    """A cheque for the payment of the first order, in some state, that nobody booked."""
    bounced = "'2026-11-23', 'other', 0" if state == "bounced" else "NULL, '', NULL"
    return (
        "WITH cheque AS (INSERT INTO payments_cheque (reference, payment_id, number, bank, drawer, amount, amount_currency,"
        " received_on, actor, reason, at, state, state_since, bounced_on, bounced_because, bounced_vat)"
        f" SELECT 'CHQ-X', {PAYING}, '0000001', 'x', 'x', 27.60, 'EUR', '2026-11-23', 'x', 'x', '2026-11-23 00:00+00',"
        f" '{state}', '2026-11-23 00:00+00', {bounced} RETURNING id)"
        " INSERT INTO payments_chequeevent (cheque_id, from_state, to_state, actor, reason, at)"
        f" SELECT id, '', '{state}', 'x', '', '2026-11-23 00:00+00' FROM cheque"
    )


@dataclass(frozen=True)
class Fault:
    """One breach: the invariant and the check that find it, by this sentence, and the statements that plant it."""

    name: str
    invariant: str
    check: str
    sentence: str
    plant: tuple[str, ...]
    without: tuple[str, ...] = ()  # indexes that would refuse even the superuser
    also: tuple[str, ...] = ()  # other invariants that cannot hold beside it


KEPT = "(SELECT o.id FROM subscriptions_order o WHERE o.email = 'kept@example.fr')"
PAYING = f"(SELECT id FROM payments_payment WHERE subject = 'order:' || {KEPT} AND state = 'succeeded' AND NOT surplus)"
BACK = "(SELECT o.id FROM subscriptions_order o WHERE o.email = 'back@example.fr')"
AGAIN = "(SELECT o.id FROM subscriptions_order o WHERE o.renews_id IS NOT NULL)"
OTHERS = f"SELECT t.subscription_id FROM subscriptions_term t WHERE t.order_id = {KEPT}"
RENEWED = "(SELECT o.id FROM subscriptions_order o WHERE o.email = 'renewed@example.fr')"
LEFT = "(SELECT o.id FROM subscriptions_order o WHERE o.email = 'left@example.fr')"
UNPAID = f"(SELECT id FROM payments_payment WHERE subject = 'order:' || {LEFT})"
ENTRY = (
    "INSERT INTO payments_ledgerentry"
    " (id, journal, source, booked_on, received_on, piece_ref, piece_date, label, actor, created_at)"
    " VALUES (9001, 'OD', '{source}', '2026-11-23', '2026-11-23', 'x', '2026-11-23', 'x', 'x', '2026-11-23 00:00+00')"
)
LINES = (
    "INSERT INTO payments_ledgerline (entry_id, account_id, debit, credit, currency, party)"
    " VALUES (9001, '{debit}', {amount}, 0, 'EUR', ''), (9001, '{credit}', 0, {amount}, 'EUR', '')"
)


def entry(source: str, *, debit: str, credit: str, amount: str) -> tuple[str, str]:
    """A balanced entry out of nothing."""
    return ENTRY.format(source=source), LINES.format(debit=debit, credit=credit, amount=amount)


def another_payment(*, surplus: bool) -> tuple[str, ...]:
    """A second success for the order, with its step and its entry, as if everything about it were in order."""
    return (
        "CREATE TEMP TABLE twin AS SELECT * FROM payments_payment WHERE id = " + PAYING,
        (
            "UPDATE twin SET id = 9001, reference = 'PAY-TWIN', idempotency_key = 'twin', checkout_session = 'cs_twin',"
            f" stripe_intent = 'pi_twin', stripe_charge = NULL, surplus = {surplus}"
        ),
        "INSERT INTO payments_payment SELECT * FROM twin",
        "DROP TABLE twin",
        (
            "INSERT INTO payments_paymentevent (payment_id, from_state, to_state, actor, reason, at)"
            " VALUES (9001, 'created', 'succeeded', 'x', '', '2026-11-23 00:00+00')"
        ),
        *entry("payment:9001", debit="517000", credit="419700" if surplus else "411000", amount="27.60"),
    )


def closed_day(*, debit: str, heads: str = "{}") -> str:
    """A day that says it was closed, and of nothing."""
    return (
        "INSERT INTO payments_dayclosing (id, day, entries, debit, credit, numbers, received, given_back, month_received,"
        " year_received, ever_received, ever_given_back, rows_hash, heads, previous_hash, hash, actor, at)"
        f" VALUES (9001, '2020-01-01', 0, {debit}, {debit}, '{{}}', 0, 0, 0, 0, 0, 0, 'x', '{heads}', '', 'x', 'x',"
        " '2020-01-02 00:00+00')"
    )


#: What a signature of January 2020 says, with its true hash: one account, on which nothing ever stood.
SIGNED_FIGURES = {"accounts": [{"account": "999000", "debit": "1.00", "credit": "0.00", "balance": "1.00"}]}
SIGNED_HASH = hashlib.sha256(json.dumps(["2020-01", 1, [], SIGNED_FIGURES, "x"], sort_keys=True).encode()).hexdigest()


def signature(figures: str, sha256: str) -> str:
    """A month that was signed."""
    return (
        "INSERT INTO payments_periodclosing (id, kind, first_day, last_day, version, checks, figures, sha256, signed_by, reason, at)"
        f" VALUES (9001, 'month', '2020-01-01', '2020-01-31', 1, '[]', '{figures}', '{sha256}', 'x', 'x', '2020-02-01 00:00+00')"
    )


def frozen_month(month: str) -> str:
    """A month that says it was frozen, and of nothing."""
    return (
        "INSERT INTO payments_monthsnapshot (first_day, figures, previous_hash, hash, actor, at)"
        f" VALUES ('{month}-01', '{{}}', '', '{month}', 'x', '2026-01-02 00:00+00')"
    )


def sold(order: str, state: str, *moves: str) -> tuple[str, ...]:
    """A past issue sold with an order, that stands so after these movements; 4871 knows nothing of it."""
    return (
        (
            "INSERT INTO subscriptions_soldissue (id, order_id, issue_id, copies, amount, amount_currency, value_ht, state)"
            f" SELECT 9001, {order}, i.id, 1, 9, 'EUR', 8.81, '{state}' FROM subscriptions_issue i WHERE i.number = 25"
        ),
        *(
            'INSERT INTO subscriptions_soldissuemovement (sold_id, kind, actor, reason, "on", at)'
            f" VALUES (9001, '{move}', 'x', '', '2026-11-23', '2026-11-23 00:00+00')"
            for move in moves
        ),
    )


def renewal(state: str, renews_on: str) -> str:
    """A plan for the third term of the reader who has renewed."""
    return (
        "INSERT INTO subscriptions_renewal (id, subscription_id, number, renews_on, state, state_since, price_id, amount,"
        " amount_currency, decline_code, why, created_at)"
        f" SELECT 9001, t.subscription_id, 3, '{renews_on}', '{state}', '{LONG_AGO}', o.price_id, 27.60, 'EUR', '', '',"
        f" '{LONG_AGO}' FROM subscriptions_term t JOIN subscriptions_order o ON o.id = t.order_id WHERE o.id = {RENEWED}"
    )


def agreed(at: str) -> str:
    """The reader who is kept agrees to the digital edition, of which there is none."""
    return (
        "INSERT INTO subscriptions_digitalconsent (id, term_id, customer_id, text_id, words, actor, at)"
        f" SELECT 9001, t.id, s.payer_id, 9001, 'x', 'x', '{at}' FROM subscriptions_term t"
        f" JOIN subscriptions_subscription s ON s.id = t.subscription_id WHERE t.order_id = {KEPT}"
    )


#: A charge of it, and both its notices; the legal one came back the day before.
CHARGED = (
    renewal("charging", "2026-11-23"),
    (
        "INSERT INTO subscriptions_renewalattempt (renewal_id, renews_on, number, charged_on, legal_kind, legal_ordinal,"
        " pre_debit_kind, pre_debit_sent_on, payment_id, at)"
        " VALUES (9001, '2026-11-23', 1, '2026-11-23', 'legal', 1, 'pre_debit', '2026-11-09', 9001, '2026-11-23 09:00+00')"
    ),
)


def proof(key: int, kind: str, sent_on: str, *, renews_on: str = "2026-11-23") -> tuple[str, str]:
    """A proof for it, and what the post said of its letter."""
    return (
        (
            "INSERT INTO subscriptions_noticeproof (id, notice_id, kind, provider_id, detail, at)"
            f" VALUES ({key}, {key}, 'accepted', '', '', '{sent_on} 09:00+00')"
        ),
        (
            "INSERT INTO subscriptions_renewalproof (renewal_id, renews_on, kind, ordinal, sent_on, window_opens,"
            f" window_closes, notice_proof_id, at) VALUES (9001, '{renews_on}', '{kind}', 1, '{sent_on}', '{sent_on}',"
            f" '{sent_on}', {key}, '{sent_on} 09:00+00')"
        ),
    )


FAULTS = (
    Fault(
        "a gift that nobody told its recipient of",
        "TOLD",
        "gifts_told",
        "its recipient was not told",
        (
            (
                "INSERT INTO subscriptions_gift (order_id, code, subscription_id, giver_name, recipient_name,"
                " recipient_email, message, announce_on, reader_email, informed_by, state, state_since, created_at)"
                " SELECT t.order_id, 'CAD-1', t.subscription_id, 'x', 'x', 'x@example.fr', '', '2026-01-02', '', '',"
                f" 'given', '{LONG_AGO}', '{LONG_AGO}' FROM subscriptions_term t WHERE t.order_id = {KEPT}"
            ),
        ),
    ),
    Fault(
        "a gift served elsewhere that gave up nothing",
        "COPIES",
        "gifts_carried",
        "serves more than the 0.00",
        (
            (
                "INSERT INTO subscriptions_carriedterm (sold_id, served_id, actor, at)"
                " SELECT a.id, b.id, 'x', '2026-11-23 00:00+00' FROM subscriptions_term a, subscriptions_term b"
                f" WHERE a.order_id = {KEPT} AND b.order_id = {RENEWED}"
            ),
        ),
    ),
    Fault(
        "an institution's order said to be paid", "ONE-CHARGE", "paid_on_invoice",
        "stands at paid, its invoice leaves 17.60 to pay",
        ("UPDATE subscriptions_order SET state = 'paid' WHERE id = (SELECT order_id FROM subscriptions_purchaseorder)",),
    ),
    Fault(
        "an institution that never got its invoice", "TOLD", "invoices_told", "invoiced, and the invoice was not sent",
        ("UPDATE subscriptions_notice SET matter = 'x' WHERE kind = 'institution_invoice'",),
    ),
    Fault(
        "a transfer received that nobody booked", "BALANCED", "balanced", "has no entry in the books",
        ("UPDATE payments_ledgerentry SET source = 'x' WHERE source LIKE 'receipt:%'",),
    ),
    Fault(
        "a transfer that pays more than was booked", "BALANCED", "open_items", "holds",
        ("UPDATE payments_receiptshare SET amount = 11",),
    ),
    Fault(
        "a line of the bank that is booked with another amount", "BALANCED", "lines_booked",
        "books -13.50 at the bank, its statements say -12.50",
        (
            (
                "UPDATE payments_ledgerline line SET debit = debit + (debit > 0)::int, credit = credit + (credit > 0)::int"
                " FROM payments_ledgerentry entry WHERE entry.id = line.entry_id AND entry.source LIKE 'bank:%'"
            ),
        ),
    ),
    Fault(
        "a line of which more is left than its matches leave", "PAYOUT", "lines_explained", "leaves -1.00 of -12.50",
        ('UPDATE payments_bankline SET "left" = -1',),
    ),
    Fault(
        "a statement whose last balance was changed", "PAYOUT", "lines_explained", "its lines do not lead from",
        ("UPDATE payments_bankstatement SET closing = closing + 1",),
    ),
    Fault(
        "two paying payments of one order", "ONE-CHARGE", "one_charge", "2 paying payments",
        another_payment(surplus=False), without=("payment_one_paying_per_subject",),
    ),
    Fault(
        "a surplus that nobody gives back", "ONE-CHARGE", "one_charge",
        "a surplus payment that nobody is giving back", another_payment(surplus=True),
    ),
    Fault(
        "paid and parked for ever", "ONE-CHARGE", "one_charge", "paid, and still not served",
        (f"UPDATE payments_payment SET effect = 'parked', state_since = '{LONG_AGO}' WHERE id = {PAYING}",),
    ),
    Fault(
        "a state without its step", "ONE-CHARGE", "moved_by_the_table",
        "stands at declined, its last recorded step says cancelled",
        (f"UPDATE payments_payment SET state = 'declined' WHERE id = {UNPAID}",),
    ),
    Fault(
        "a paid order with no term", "ONE-CHARGE", "paid_once", "paid, and no term was opened",
        (
            f"UPDATE subscriptions_order SET state = 'paid' WHERE id = {LEFT}",
            "INSERT INTO subscriptions_notice (kind, channel, matter, rank, to_email, to_name, language, facts, due_at, created_at,"
            " state, state_since, attempts, failure) SELECT kind, channel, 'order_confirmation:order:' || " + LEFT + ", rank,"
            " to_email, to_name, language, facts, due_at, created_at, state, state_since, attempts, failure"
            " FROM subscriptions_notice WHERE matter = 'order_confirmation:order:' || " + KEPT,
        ),
    ),
    Fault(
        "a term for an order that is not paid", "ONE-CHARGE", "paid_once", "opened for an order that is not paid",
        (f"UPDATE subscriptions_order SET state = 'cancelled' WHERE id = {KEPT}",),
    ),
    Fault(
        "a term of another subscription than its order prolongs", "ONE-CHARGE", "paid_once",
        "prolongs another subscription than its order names",
        (
            f"UPDATE subscriptions_order SET renews_id = ({OTHERS}) WHERE id = {AGAIN}",
        ),
    ),
    Fault(
        "a term dearer than its payment", "ONE-CHARGE", "paid_once", "its payment does not pay for it",
        (f"UPDATE subscriptions_term SET amount = 30 WHERE order_id = {KEPT}",),
    ),
    Fault(
        "a renewal paid and not invoiced", "ONE-CHARGE", "renewed_once", "paid, and not invoiced",
        ("UPDATE subscriptions_renewal SET number = 3 WHERE state = 'paid'",),
    ),
    Fault(
        "a term that nobody planned", "ONE-CHARGE", "renewed_once", "added by no renewal",
        ("UPDATE subscriptions_renewal SET state = 'cancelled', term_id = NULL WHERE state = 'paid'",),
    ),
    Fault(
        "a term paid by the payment of another", "ONE-CHARGE", "renewed_once", "its payment was made for another term",
        ("UPDATE payments_payment SET subject = 'term:9001:2' WHERE purpose = 'renewal'",),
    ),
    Fault(
        "an entry that does not balance", "BALANCED", "balanced", "does not sum to zero",
        ("UPDATE payments_ledgerline SET debit = debit + 1 WHERE account_id = '627800' AND debit > 0",),
    ),
    Fault(
        "an entry without lines", "BALANCED", "balanced", "does not sum to zero", (ENTRY.format(source="x:1"),),
    ),
    Fault(
        "money that is not booked", "BALANCED", "balanced", "has no entry in the books",
        (f"UPDATE payments_ledgerentry SET source = 'x:1' WHERE source = 'payment:' || {PAYING}",),
    ),
    Fault(
        "money in the books that never came", "BALANCED", "balanced", "books what did not happen",
        entry("payment:9001", debit="517000", credit="512000", amount="27.60"),
    ),
    Fault(
        "a debt that no document explains", "BALANCED", "open_items", "holds 18.60, documents and payments leave 17.60 open",
        entry("x:1", debit="411000", credit="512000", amount="1"),
    ),
    Fault(
        "a surplus that no payment explains", "BALANCED", "open_items",
        "holds -1.00, documents and payments leave 0.00 open",
        entry("x:1", debit="512000", credit="419700", amount="1"),
    ),
    Fault(
        "a fee that is not booked", "BALANCED", "fees_booked", "has no entry in the books",
        (
            ("UPDATE payments_ledgerentry SET source = 'x:1' WHERE source = 'fee:' ||"
            f" (SELECT id FROM payments_balancemovement WHERE payment_id = {PAYING})"),
        ),
    ),
    Fault(
        "a line of Stripe's balance without its payment", "BALANCED", "fees_booked",
        "belongs to a payment of ours and is not matched",
        (f"UPDATE payments_balancemovement SET payment_id = NULL, created = '{LONG_AGO}' WHERE payment_id = {PAYING}",),
    ),
    Fault(
        "money on Stripe's account that none of its lines shows", "BALANCED", "clearing",
        "holds", entry("movement:9001", debit="517000", credit="471000", amount="1.00"),
    ),
    Fault(
        "a payout that is not the sum of its movements", "PAYOUT", "payouts", "is not the sum of its movements",
        (("INSERT INTO payments_payout (stripe_payout, amount, currency, created, arrives_on, automatic, instant, state,"
          " state_since, failure_code, itemised, movement, failure_movement, trace, looked_up_at, cursor, read_at, bank_reference)"
          " VALUES ('po_x', 5, 'eur', '2026-11-20', '2026-11-21', true, false, 'paid', '2026-11-21', '', true, '', '', '',"
          " '2026-11-21', '', '2026-11-22', '')"),),
    ),
    Fault(
        "a payout booked as arrived that never left", "PAYOUT", "transit", "holds",
        entry("payout_arrived:9001", debit="512000", credit="580000", amount="5.00"),
    ),
    Fault(
        "a payout that no statement shows, and nobody was told", "PAYOUT", "at_bank", "is on no statement, and nobody was told",
        (f"UPDATE payments_bankstatement SET at = '{LONG_AGO}'",
         ("INSERT INTO payments_payout (stripe_payout, amount, currency, created, arrives_on, automatic, instant, state,"
          " state_since, failure_code, itemised, movement, failure_movement, trace, looked_up_at, cursor, read_at, bank_reference)"
          " VALUES ('po_y', 7, 'eur', '2026-11-02', '2026-11-03', false, false, 'paid', '2026-11-03', '', false, '', '', '',"
          " '2026-11-03', '', NULL, '')")),
    ),
    Fault(
        "another amount at Stripe", "BALANCED", "as_stripe_says", "is not the amount of its payment",
        (f"UPDATE payments_balancemovement SET amount = amount + 1, net = net + 1 WHERE payment_id = {PAYING}",),
    ),
    Fault(
        "another amount given back at Stripe", "BALANCED", "as_stripe_says", "is not the amount of its refund",
        ("UPDATE payments_balancemovement SET amount = amount + 1, net = net + 1 WHERE refund_id IS NOT NULL",),
    ),
    Fault(
        "deferred revenue that nobody is owed", "BALANCED", "deferred",
        "holds 149.66, the copies owed are worth 148.66", entry("x:1", debit="512000", credit="487100", amount="1"),
    ),
    Fault(
        "an invoice rewritten", "NUMBERED", "numbered", "breaks the hash chain",
        ("UPDATE payments_invoice SET buyer_name = 'Somebody Else' WHERE number = 1 AND kind = 'invoice'",),
    ),
    Fault(
        "an invoice taken out of the chain", "NUMBERED", "numbered", "number 1 is missing",
        ("UPDATE payments_invoice SET number = 9 WHERE number = 1 AND kind = 'invoice'",),
    ),
    Fault(
        "a counter that ran ahead", "NUMBERED", "numbered", "its counter says 8, its documents say 7",
        ("UPDATE payments_invoiceseries SET last_number = last_number + 1 WHERE code = 'F'",),
    ),
    Fault(
        "an invoice dated back", "NUMBERED", "numbered", "is dated before the one before it",
        ("UPDATE payments_invoice SET issued_on = issued_on - 9 WHERE number = 2 AND kind = 'invoice'",),
    ),
    Fault(
        "VAT booked elsewhere", "VAT", "vat", "its VAT is not the one in the books",
        (("UPDATE payments_ledgerline SET account_id = '512000' WHERE account_id = '445712' AND credit > 0"
         " AND entry_id IN (SELECT id FROM payments_ledgerentry WHERE source LIKE 'invoice:%')"),),
    ),
    Fault(
        "an event that waits for ever", "HEARD", "heard", "charge.updated has been waiting since 2026-01-01 00:00",
        (("UPDATE payments_stripeevent SET state = 'stored', type = 'charge.updated',"
         f" received_at = '{LONG_AGO}' WHERE event_id = 'evt_planted'"),),
    ),
    Fault(
        "an event ignored without a word", "HEARD", "heard", "ignored without a reason",
        ("UPDATE payments_stripeevent SET state = 'ignored', reason = '' WHERE event_id = 'evt_planted'",),
    ),
    Fault(
        "a night that was missed", "MIRROR", "mirrored", "Stripe's charges were not held against the books last night",
        (
            "DELETE FROM payments_mirrorcharge",
            "UPDATE payments_payment SET state_since = state_since - interval '2 days' WHERE id = " + PAYING,
            "DELETE FROM payments_mirrorrun",
        ),
    ),
    Fault(
        "money that the books do not know", "MIRROR", "mirrored", "Stripe has taken money that the books do not know",
        (
            (
                "INSERT INTO payments_deskitem (desk, kind, subject, sentence, opened_at, closed_by, closed_because)"
                " VALUES ('finance', 'mirror_unknown', 'charge:ch_x', 'x', '2026-11-23 00:00+00', '', '')"
            ),
        ),
    ),
    Fault(
        "unknown for days", "HEARD", "unknown_resolved", "unknown for more than a day",
        (
            f"UPDATE payments_payment SET state = 'unknown', is_open = true, state_since = '{LONG_AGO}' WHERE id = {UNPAID}",
            ("INSERT INTO payments_paymentevent (payment_id, from_state, to_state, actor, reason, at)"
            f" VALUES ({UNPAID}, 'created', 'unknown', 'x', '', '2026-11-23 00:00+00')"),
        ),
    ),
    Fault(
        "a page that ended and was forgotten", "HEARD", "unknown_resolved",
        "its page ended more than a day ago, and nobody knows what became of it",
        (
            (f"UPDATE payments_payment SET state = 'created', is_open = true, checkout_expires_at = '{LONG_AGO}'"
            f" WHERE id = {UNPAID}"),
            ("INSERT INTO payments_paymentevent (payment_id, from_state, to_state, actor, reason, at)"
            f" VALUES ({UNPAID}, 'unknown', 'created', 'x', '', '2026-11-23 00:00+00')"),
        ),
    ),
    Fault(
        "a refund without an answer", "HEARD", "unknown_resolved", "asked for and not answered for more than a day",
        (
            ("INSERT INTO payments_refund (reference, payment_id, amount, amount_currency, reason, actor, state, failure,"
            f" idempotency_key, created_at, state_since) VALUES ('RMB-X', {PAYING}, 1, 'EUR', 'x', 'x', 'unknown', '',"
            f" 'x', '{LONG_AGO}', '{LONG_AGO}')"),
        ),
    ),
    Fault(
        "a disputed copy that is owed", "COPIES", "held_while_disputed", "still owed though the bank disputes its payment",
        (
            ("INSERT INTO payments_dispute (stripe_dispute, status, submissions, payment_id, amount, amount_currency, reason, opened_at, state,"
            f" state_since, taken, returned, cleared, looked_up_at) SELECT 'du_x', '', 0, {PAYING}, 27.60, 'EUR', '', '{LONG_AGO}', 'open',"
            f" '{LONG_AGO}', 0, 0, 0, '{LONG_AGO}'"),
        ),
    ),
    Fault(
        "a cheque that no entry knows", "BALANCED", "cheques_held",
        "holds 0.00, cheques that no line has credited are 27.60",
        (a_cheque("received"),),
    ),
    Fault(
        "a slip without its cheques", "BALANCED", "cheques_deposited", "says 2 cheques of 55.20, on it are 0 of 0.00",
        (
            ("INSERT INTO payments_depositslip (number, reference, deposited_on, count, total, total_currency, lines, hash, actor,"
            " reason, at) VALUES (9, 'REM00009', '2026-11-23', 2, 55.20, 'EUR', '[]', 'x', 'x', 'x', '2026-11-23 00:00+00')"),
        ),
    ),
    Fault(
        "a copy owed though its cheque bounced", "COPIES", "held_while_unpaid", "still owed though its cheque came back unpaid",
        (a_cheque("bounced"),),
        also=("BALANCED",),
    ),
    Fault(
        "a copy held after its dispute", "COPIES", "held_while_disputed", "still held though no dispute is open",
        (
            ("UPDATE subscriptions_entitlement SET state = 'held' WHERE rank = 4 AND term_id ="
            f" (SELECT id FROM subscriptions_term WHERE order_id = {KEPT})"),
            ("INSERT INTO subscriptions_entitlementmovement (entitlement_id, kind, issue_id, actor, reason, \"on\", at)"
            " SELECT e.id, 'hold', e.issue_id, 'x', 'the bank disputes its payment', '2026-11-23', '2026-11-23 00:00+00'"
            f" FROM subscriptions_entitlement e WHERE rank = 4 AND term_id ="
            f" (SELECT id FROM subscriptions_term WHERE order_id = {KEPT})"),
        ),
    ),
    Fault(
        "a dispute whose taking is not booked", "BALANCED", "balanced", "has no entry in the books",
        (
            ("INSERT INTO payments_dispute (stripe_dispute, status, submissions, payment_id, amount, amount_currency, reason, opened_at, state,"
            f" state_since, taken, returned, cleared, looked_up_at, settled_at) SELECT 'du_x', '', 0, {PAYING}, 27.60, 'EUR', '',"
            f" '{LONG_AGO}', 'won', '{LONG_AGO}', 27.60, 0, 0, '{LONG_AGO}', '{LONG_AGO}'"),
        ),
    ),
    Fault(
        "a copy missing from the file of its issue", "COPIES", "in_the_file", "was owed when the file",
        (posted_run(lines=0, closed_at="2040-01-01 00:00+00"),),
    ),
    Fault(
        "a line of a file that has left without its copy", "COPIES", "lines_are_true", "names a copy that stands elsewhere",
        (
            posted_run(lines=1, closed_at=LONG_AGO),
            ("INSERT INTO subscriptions_dispatch (run_id, issue_id, place, key, kind, subscription_id, entitlement_id,"
            " number, contract, address_id, copies, zone, insert_code) SELECT r.id, r.issue_id, 1, 'N26-000001-09', 'ABO', t.subscription_id,"
            " e.id, '', '', (SELECT MIN(id) FROM subscriptions_postaladdress), 1, 'METR', ''"
            " FROM subscriptions_mailingrun r, subscriptions_entitlement e JOIN subscriptions_term t ON t.id = e.term_id"
            f" WHERE r.sequence = 9 AND e.rank = 2 AND t.order_id = {KEPT}"),
        ),
    ),
    Fault(
        "a file that lost its lines", "COPIES", "runs_are_whole", "closed with 3 lines and 3 copies, holds others",
        (posted_run(lines=3, closed_at=LONG_AGO),),
    ),
    Fault(
        "a copy promised and not granted", "COPIES", "copies", "promises 5 copies and grants another number",
        (f"UPDATE subscriptions_term SET copies = 5 WHERE order_id = {KEPT}",),
    ),
    Fault(
        "a copy moved without its movement", "COPIES", "copies", "stands at held, its movements say owed",
        (
            ("UPDATE subscriptions_entitlement SET state = 'held' WHERE rank = 4 AND term_id ="
            f" (SELECT id FROM subscriptions_term WHERE order_id = {KEPT})"),
        ),
    ),
    Fault(
        "a term that is missing between two", "COPIES", "copies", "has 2 terms, and the last one is number 3",
        (f"UPDATE subscriptions_term SET number = 3 WHERE order_id = {AGAIN}",),
    ),
    Fault(
        "two copies of one issue", "COPIES", "copies", "2 copies of issue ",
        (
            ("UPDATE subscriptions_entitlement e SET issue_id = f.issue_id FROM subscriptions_entitlement f"
            " WHERE e.rank = 4 AND f.rank = 3 AND f.term_id = e.term_id AND e.term_id ="
            f" (SELECT id FROM subscriptions_term WHERE order_id = {KEPT})"),
        ),
        without=("entitlement_issue_once",),
    ),
    Fault(
        "a download while there is no digital edition", "COPIES", "downloaded_by_right",
        "downloaded without a right or a consent",
        (
            agreed("2026-11-23 08:55+00"),
            ("INSERT INTO subscriptions_issuefile (id, issue_id, number, sha256, size, pages, name, actor, reason, at)"
            f" SELECT 9001, e.issue_id, 1, 'x', 1, 1, 'x', 'x', 'x', '2026-11-23' FROM subscriptions_entitlement e"
            f" JOIN subscriptions_term t ON t.id = e.term_id WHERE e.rank = 1 AND t.order_id = {KEPT}"),
            ("INSERT INTO subscriptions_digitaldownload (entitlement_id, file_id, consent_id, at)"
            " SELECT e.id, 9001, 9001, '2026-11-23 08:56+00' FROM subscriptions_entitlement e"
            f" JOIN subscriptions_term t ON t.id = e.term_id WHERE e.rank = 1 AND t.order_id = {KEPT}"),
        ),
    ),
    Fault(
        "a consent to the digital edition that no letter confirms", "TOLD", "agreed_and_told",
        "agreed to the digital edition, and no letter confirms it",
        (agreed(LONG_AGO),),
    ),
    Fault(
        "an issue put off whose copy was never held", "COPIES", "put_off", "put off without a movement",
        (
            ("INSERT INTO subscriptions_pause (request, term_id, place, issue_id, entitlement_id, state, state_since, actor,"
            " reason, at) SELECT '00000000-0000-0000-0000-000000000001', e.term_id, 1, e.issue_id, e.id, 'called_off',"
            " '2026-11-23', 'job:x', '', '2026-11-23' FROM subscriptions_entitlement e WHERE e.rank = 4 AND e.term_id ="
            f" (SELECT id FROM subscriptions_term WHERE order_id = {KEPT})"),
        ),
    ),
    Fault(
        "a copy held after its address was known", "COPIES", "held_while_doubted", "still held though its address is known",
        (
            ("UPDATE subscriptions_entitlement SET state = 'held' WHERE rank = 4 AND term_id ="
            f" (SELECT id FROM subscriptions_term WHERE order_id = {KEPT})"),
            ("INSERT INTO subscriptions_entitlementmovement (entitlement_id, kind, issue_id, actor, reason, \"on\", at)"
            " SELECT e.id, 'hold', e.issue_id, 'x', 'its address is in doubt', '2026-11-23', '2026-11-23 00:00+00'"
            f" FROM subscriptions_entitlement e WHERE rank = 4 AND term_id ="
            f" (SELECT id FROM subscriptions_term WHERE order_id = {KEPT})"),
        ),
    ),
    Fault(
        "a copy sent again that nobody had claimed", "COPIES", "sent_again_once", "sent again, and nobody had claimed it",
        (
            posted_run(lines=1, closed_at=LONG_AGO),
            ("INSERT INTO subscriptions_dispatch (run_id, issue_id, place, key, kind, subscription_id, entitlement_id,"
            " number, contract, address_id, copies, zone, insert_code) SELECT r.id, r.issue_id, 1, 'N26-000001-09', 'RCL',"
            " t.subscription_id, e.id, '1', '1-1', (SELECT MIN(id) FROM subscriptions_postaladdress), 1, 'METR', ''"
            " FROM subscriptions_mailingrun r, subscriptions_entitlement e JOIN subscriptions_term t ON t.id = e.term_id"
            f" WHERE r.sequence = 9 AND e.rank = 2 AND t.order_id = {KEPT}"),
        ),
    ),
    Fault(
        "a copy granted instead that is worth something", "COPIES", "given_instead",
        "the copy granted instead is not what it should be",
        (
            ("INSERT INTO subscriptions_claim (subscription_id, entitlement_id, issue_id, round, reason, by, department,"
            " in_window, nth, state, state_since, tracked, extra_id, actor, at) SELECT t.subscription_id, e.id, e.issue_id, 1,"
            f" 'damaged', 'staff', '75', true, 1, 'extended', '{LONG_AGO}', false, e.id, 'x', '2040-01-01 00:00+00'"
            " FROM subscriptions_entitlement e JOIN subscriptions_term t ON t.id = e.term_id"
            f" WHERE e.rank = 1 AND t.order_id = {KEPT}"),
        ),
    ),
    Fault(
        "a copy put in a file while it was held", "COPIES", "from_owed_alone", "put in a file after hold",
        tuple(
            ("INSERT INTO subscriptions_entitlementmovement (entitlement_id, kind, issue_id, actor, reason, \"on\", at)"
            f" SELECT e.id, '{kind}', e.issue_id, 'x', '', '2026-11-23', '2026-11-23 00:00+00' FROM subscriptions_entitlement e"
            f" JOIN subscriptions_term t ON t.id = e.term_id WHERE e.state = 'served' AND t.order_id = {KEPT}")
            for kind in ("hold", "assign", "serve")
        ),
    ),
    Fault(
        "a line that carries one copy too many", "COPIES", "as_many_as_ordered",
        "carries another number of copies than its term promises",
        (
            ("UPDATE subscriptions_dispatch d SET copies = 2 FROM subscriptions_entitlement e JOIN subscriptions_term t"
            f" ON t.id = e.term_id WHERE d.entitlement_id = e.id AND t.order_id = {KEPT}"),
        ),
    ),
    Fault(
        "free copies that did not leave", "COPIES", "free_copies_sent", "free copies no. 90000001 are not in it",
        (
            ("INSERT INTO subscriptions_freecopy (magazine_id, kind, number, address_id, copies, from_number, actor, reason,"
            " created_at, ended_by) SELECT MIN(m.id), 'free', '90000001', MIN(a.id), 1, 1, 'x', 'x',"
            f" '{LONG_AGO}', '' FROM subscriptions_magazine m, subscriptions_postaladdress a"),
        ),
    ),
    Fault(
        "a copy that came back and was forgotten", "COPIES", "returns_followed", "came back, and nobody has looked at it",
        (
            ("INSERT INTO subscriptions_copyreturn (dispatch_id, reason_code, source, \"on\", effect, actor, at)"
            f" SELECT d.id, 2, 'paper', '2026-11-23', '', 'x', '{LONG_AGO}' FROM subscriptions_dispatch d"
            " JOIN subscriptions_entitlement e ON e.id = d.entitlement_id JOIN subscriptions_term t ON t.id = e.term_id"
            f" WHERE t.order_id = {KEPT}"),
        ),
    ),
    Fault(
        "a claim that nobody answered", "TOLD", "losses_told", "claimed, and no letter says what becomes of it",
        (
            ("INSERT INTO subscriptions_claim (subscription_id, entitlement_id, issue_id, round, reason, by, department,"
            " in_window, nth, state, state_since, tracked, actor, at) SELECT t.subscription_id, e.id, e.issue_id, 1,"
            f" 'damaged', 'staff', '75', true, 1, 'on_desk', '{LONG_AGO}', false, 'x', '{LONG_AGO}'"
            " FROM subscriptions_entitlement e JOIN subscriptions_term t ON t.id = e.term_id"
            f" WHERE e.state = 'served' AND t.order_id = {KEPT}"),
        ),
    ),
    Fault(
        "a stock that does not fold", "COPIES", "stock_is_true", "its stock does not fold at movement 1",
        (
            ("INSERT INTO subscriptions_stockmovement (issue_id, number, kind, copies, \"left\", actor, reason, at)"
            f" SELECT MIN(id), 1, 'received', 5, 6, 'x', 'x', '{LONG_AGO}' FROM subscriptions_issue"),
        ),
    ),
    Fault(
        "a run that was posted and not counted", "COPIES", "figures_are_true", "posted, and not counted",
        (posted_run(lines=0, closed_at=LONG_AGO),),
    ),
    Fault(
        "a copy counted twice", "COPIES", "figures_are_true", "counted as 2 copies",
        ("UPDATE subscriptions_countedcopy SET copies = 2 WHERE id = (SELECT MIN(id) FROM subscriptions_countedcopy)",),
    ),
    Fault(
        "figures that somebody edited", "COPIES", "figures_are_true", "does not hold the figures any more that were counted",
        ("UPDATE subscriptions_circulationcount SET klass = 'FREE'",),
    ),
    Fault(
        "copies owed after the end", "STOPPED", "stopped", "still owed though its subscription has ended",
        (
            ("UPDATE subscriptions_subscription SET state = 'ended' WHERE id ="
            f" (SELECT subscription_id FROM subscriptions_term WHERE order_id = {KEPT})"),
        ),
    ),
    Fault(
        "a charge after the reader had said no", "STOPPED", "not_charged_after_a_no",
        "charged on ",
        (
            ("INSERT INTO subscriptions_renewalchoice (subscription_id, automatic, actor, reason, at)"
            f" SELECT subscription_id, false, 'x', '', '{LONG_AGO}' FROM subscriptions_renewal"),
        ),
    ),
    Fault(
        "a renewal without its receipt", "TOLD", "told", "paid, and no receipt was queued",
        ("UPDATE subscriptions_notice SET matter = 'x' WHERE kind = 'renewal_paid'",),
    ),
    Fault(
        "a year begun after the reader had said no", "STOPPED", "not_charged_after_a_no",
        "still to be charged though it renews itself no more",
        (
            ("INSERT INTO subscriptions_renewal (subscription_id, number, renews_on, state, state_since, price_id, amount,"
            " amount_currency, decline_code, why, created_at) SELECT t.subscription_id, 2, '2030-01-01', 'planned',"
            " '2026-11-23 00:00+00', o.price_id, 27.60, 'EUR', '', '', '2026-11-23 00:00+00' FROM subscriptions_term t"
            f" JOIN subscriptions_order o ON o.id = t.order_id WHERE o.id = {KEPT}"),
        ),
    ),
    Fault(
        "a copy in a file after the end", "STOPPED", "not_sent_after_the_end",
        "put in a file after its contract was stopped",
        (
            ("INSERT INTO subscriptions_entitlementmovement (entitlement_id, kind, actor, reason, \"on\", at)"
            " SELECT e.id, 'assign', 'x', '', '2040-01-01', '2040-01-01 00:00+00' FROM subscriptions_entitlement e"
            f" JOIN subscriptions_term t ON t.id = e.term_id WHERE t.order_id = {BACK} AND e.rank = 4"),
            ("INSERT INTO subscriptions_entitlementmovement (entitlement_id, kind, actor, reason, \"on\", at)"
            " SELECT e.id, 'void', 'x', '', '2040-01-01', '2040-01-01 00:00+00' FROM subscriptions_entitlement e"
            f" JOIN subscriptions_term t ON t.id = e.term_id WHERE t.order_id = {BACK} AND e.rank = 4"),
        ),
        also=("COPIES",),
    ),
    Fault(
        "declared, and nobody told them so", "TOLD", "told", "declared, and not acknowledged",
        ("UPDATE subscriptions_notice SET matter = 'x' WHERE kind = 'termination_acknowledged'",),
    ),
    Fault(
        "a refund that everybody forgot", "ON TIME", "refunds_in_time",
        "its refund is due since 2026-01-01, and no desk knows of it",
        ("UPDATE subscriptions_declaration SET refund_due_on = '2026-01-01'",),
    ),
    Fault(
        "a letter that never left", "TOLD", "told", "order_confirmation is due since 2026-01-01 00:00",
        (f"UPDATE subscriptions_notice SET due_at = '{LONG_AGO}' WHERE matter = 'order_confirmation:order:' || {KEPT}",),
    ),
    Fault(
        "a paid order that nobody confirmed", "TOLD", "told", "paid, and no confirmation was queued",
        (f"UPDATE subscriptions_notice SET matter = 'x' WHERE matter = 'order_confirmation:order:' || {KEPT}",),
    ),
    Fault(
        "a reminder to somebody who had objected", "TOLD", "told", "sent to somebody who had objected to reminders",
        (
            ("INSERT INTO subscriptions_consent (matter, given, words, customer_id, user_agent, at)"
            f" SELECT 'reminders', false, 'x', customer_id, '', '{LONG_AGO}' FROM subscriptions_order WHERE id = {KEPT}"),
            ("INSERT INTO subscriptions_notice (kind, channel, matter, rank, customer_id, to_email, to_name, language, facts, due_at,"
            " created_at, state, state_since, attempts, failure) SELECT 'reminder_one_left', channel, 'reminder:1:1:RA2', 'service',"
            " customer_id, to_email, to_name, language, facts, due_at, created_at, 'sent', state_since, 1, ''"
            " FROM subscriptions_notice WHERE matter = 'order_confirmation:order:' || " + KEPT),
            ("INSERT INTO subscriptions_noticeproof (notice_id, kind, provider_id, detail, at)"
            " SELECT id, 'accepted', '1', '', created_at FROM subscriptions_notice WHERE kind = 'reminder_one_left'"),
        ),
    ),
    Fault(
        "sent, and no proof", "TOLD", "told", "sent without a proof",
        (f"UPDATE subscriptions_notice SET state = 'sent' WHERE matter = 'order_confirmation:order:' || {KEPT}",),
    ),
    Fault(
        "a charge without a legal notice", "ANNOUNCED", "announced",
        "charged on 2026-11-23 without a legal notice that holds",
        (*CHARGED, *proof(9002, "pre_debit", "2026-11-09")),
    ),
    Fault(
        "a charge after the legal notice came back", "ANNOUNCED", "announced",
        "charged on 2026-11-23 without a legal notice that holds",
        (
            *CHARGED, *proof(9002, "pre_debit", "2026-11-09"), *proof(9003, "legal", "2026-09-23"),
            ("INSERT INTO subscriptions_noticeproof (notice_id, kind, provider_id, detail, at)"
            " VALUES (9003, 'bounced', '', '', '2026-11-22 09:00+00')"),
        ),
    ),
    Fault(
        "a charge without word of it", "ANNOUNCED", "announced",
        "charged on 2026-11-23 without word of it 7 to 30 days before",
        (*CHARGED, *proof(9003, "legal", "2026-09-23")),
    ),
    Fault(
        "a charge of another total than the one that was told", "ANNOUNCED", "price_told", "charged 27.60, announced 26.60",
        (
            *CHARGED, *proof(9002, "pre_debit", "2026-11-09"), *proof(9003, "legal", "2026-09-23"),
            "UPDATE subscriptions_renewalproof SET amount = 26.60 WHERE kind = 'legal'",
        ),
    ),
    Fault(
        "a plan whose window went by in silence", "ANNOUNCED", "announced",
        "still planned though its legal window closed on 2025-12-14", (renewal("planned", "2026-01-15"),),
    ),
    Fault(
        "announced, and nothing proves it", "ANNOUNCED", "announced",
        "announced without a legal notice proved for 2040-01-15", (renewal("announced", "2040-01-15"),),
    ),
    Fault(
        "a reader whom nobody planned", "ON TIME", "nobody_forgotten",
        "ends on 2026-01-31, renews itself, and nobody has planned it",
        (
            "UPDATE subscriptions_issue SET post_on = '2026-01-02', cutoff_on = '2026-01-01' WHERE posted_on IS NULL",
            (
                "UPDATE subscriptions_term SET starts_on = subscriptions_term.starts_on + (DATE '2026-01-31' - last.ends_on),"
                " ends_on = subscriptions_term.ends_on + (DATE '2026-01-31' - last.ends_on) FROM (SELECT subscription_id, max(ends_on) AS ends_on"
                " FROM subscriptions_term WHERE number = 2 GROUP BY subscription_id) AS last"
                " WHERE last.subscription_id = subscriptions_term.subscription_id"
            ),
        ),
    ),
    Fault(
        "a reader who was told of their debit, and whom nobody charges", "ON TIME", "charged_in_time",
        "due since 2026-11-18, and nobody has charged it",
        (
            renewal("due", "2026-11-18"), *proof(9002, "pre_debit", "2026-11-04", renews_on="2026-11-18"),
            *proof(9003, "legal", "2026-09-18", renews_on="2026-11-18"),
        ),
    ),
    Fault(
        "a counter of entry numbers that ran ahead", "NUMBERED", "entries_numbered", "its counter says 5",
        ("INSERT INTO payments_entryseries (year, last_number) VALUES (2031, 5)",),
    ),
    Fault(
        "a closed day that was changed", "NUMBERED", "days_closed", "is not what was closed", (closed_day(debit="0"),),
    ),
    Fault(
        "a closed day whose totals were changed", "BALANCED", "days_add_up", "its totals are not those of its entries",
        (closed_day(debit="1"),), also=("NUMBERED",),
    ),
    Fault(
        "a signature on other figures", "BALANCED", "periods_locked", "is not what was signed",
        (signature("{}", "x"),),
    ),
    Fault(
        "a signed balance that the books do not hold", "BALANCED", "signed_still_stands",
        "the books no longer say what was signed of 999000", (signature(json.dumps(SIGNED_FIGURES), SIGNED_HASH),),
    ),
    Fault(
        "a chain that is not the one that a day saw", "NUMBERED", "heads_found_again",
        "is not what the closing of 2020-01-01 saw at place 7", (closed_day(debit="0", heads='{"ledger": [7, "x"]}'),),
    ),
    Fault(
        "a hash that never left this house", "NUMBERED", "anchors_sent", "its hash has not been sent out of this house",
        (
            closed_day(debit="0"),
            "INSERT INTO payments_anchor (closing_id, made_at, attempts, sent_to) VALUES (9001, '2020-02-01 00:00+00', 1, '')",
        ),
    ),
    Fault(
        "a payment moved to another day of VAT", "VAT", "money_days", "says its money moved on 2026-11-22, its entry says 2026-11-23",
        (f"UPDATE payments_payment SET received_on = received_on - 1 WHERE id = {PAYING}",),
    ),
    Fault(
        "a frozen month that was changed", "NUMBERED", "months_frozen", "is not what was frozen", (frozen_month("2025-01"),),
    ),
    Fault(
        "a month that was left out between two frozen ones", "NUMBERED", "months_frozen",
        "is frozen, and the month before it is not", (frozen_month("2025-01"), frozen_month("2025-03")),
    ),
    Fault(
        "a sealed entry that is gone", "NUMBERED", "sealed_as_written", "was sealed and is not there any more",
        (
            ("INSERT INTO payments_sealedrow (chain, position, row, row_hash, hash, at)"
            " VALUES ('ledger', 1, 999999, 'x', 'x', '2026-11-23 00:00+00')"),
        ),
    ),
    Fault(
        "a past issue owed before it is paid", "COPIES", "sold_is_paid", "owed, and its order is not paid",
        sold(LEFT, "owed", "grant"), also=("BALANCED",),
    ),
    Fault(
        "a past issue that moved without a step", "COPIES", "sold_is_sent_once", "stands at owed, its movements say None",
        sold(KEPT, "owed"), also=("BALANCED",),
    ),
    Fault(
        "a past issue still owed after its order was cancelled", "STOPPED", "sold_is_stopped",
        "still owed though its order was cancelled",
        (*sold(KEPT, "owed", "grant"), f"UPDATE subscriptions_declaration SET effect = 'single_unsent', order_id = {KEPT}"),
        also=("BALANCED",),
    ),
    Fault(
        "a past issue that left in silence", "TOLD", "sold_is_told", "no letter was queued about it",
        sold(KEPT, "served", "grant", "assign", "serve"),
    ),
    Fault(
        "a job that never ran", "ON TIME", "on_time", "has not succeeded for ",
        (f"UPDATE watch_jobrun SET known_since = '{LONG_AGO}', succeeded_at = NULL WHERE job = 'letters'",),
    ),
)  # fmt: skip


@pytest.fixture
def world(offers, till, hear) -> None:  # noqa: F811
    """A shop in which nothing is wrong: one reader kept, who wants no further year, one given back, one paid twice, one
    who left, one who renewed, an institution that has paid in part; an issue posted."""
    now = timezone.now()
    placed = {}
    for name in ("kept", "back", "left"):
        wish = make_wish(offers["automatic"], email=f"{name}@example.fr", typed={"name": name})
        placed[name] = place_order(wish, token=uuid.uuid4(), at=now)
        page = open_page(placed[name], at=now)
        if name != "left":
            till.pay(page.checkout_url)
    close_hosted_page(payment_of(placed["left"]), actor=READER, at=now)
    hear()
    _pay_twice(placed["back"], till)
    _buy_and_renew(offers["fixed"], till, hear)
    send_out(Issue.objects.get(number=25), on=timezone.localdate(), actor=job("test"), at=timezone.now())
    transfer(take(at=now).invoice, "10.00", at=now, on=timezone.localdate())
    _a_fee_of_the_bank(now)
    terminates(placed["kept"].reference, email="kept@example.fr", at=timezone.now())
    refund_in_full(placed["back"], reason="rétractation", actor=job("test"), at=timezone.now())
    money.send_refunds()
    _renew(till)
    hear()
    till.settle()
    money.balance_movements()
    mirror(actor=job("test"), at=timezone.now() + timedelta(hours=1))
    StripeEvent.objects.create(
        event_id="evt_planted", type="x", created=now, received_at=now, next_attempt_at=now, state="applied"
    )
    runs.know([("letters", 5, 600)], at=now)
    assert Payment.objects.filter(surplus=True).count() == 1
    assert audit.breaches(timezone.now()) == []


def _a_fee_of_the_bank(now: datetime) -> None:
    """A statement of one line, which a colleague has put on an account."""
    with override_settings(BANK_IBAN=IBAN):
        [line] = come(Said("-12.50", "FRAIS", on=now.date()), at=now, on=now.date())
    book_on(line.pk, "BANK_FEES", reason="frais", actor=job("test"), at=now)


def _buy_and_renew(offer: Offer, till, hear) -> None:  # noqa: F811
    """A reader who bought a year and prolonged it by another."""
    bought = place_order(make_wish(offer, email="long@example.fr"), at=timezone.now())
    till.pay(open_page(bought, at=timezone.now()).checkout_url)
    hear()
    renews = held(Subscription.objects.get(terms__order=bought))
    quoted = quote(offer, country="FR", postcode="75004", buyer_kind="consumer", on=TODAY, renews=renews)
    longer = place_order(replace(make_wish(offer, email="longer@example.fr"), quote=quoted), at=timezone.now())
    till.pay(open_page(longer, at=timezone.now()).checkout_url)
    hear()


def _renew(till) -> None:  # noqa: F811
    """A year has passed for one more reader: announced, charged at the till, and served."""
    now = timezone.now()
    order = place_order(make_wish(Offer.objects.get(renewal="automatic"), email="renewed@example.fr"), at=now)
    page = open_page(order, at=now)
    till.pay(page.checkout_url)
    look_up(page, actor=READER, at=now)
    term = Term.objects.select_related("subscription").get(order=order)
    renews_on = term.ends_on + timedelta(days=1)
    plan = announced(term.subscription, renews_on=renews_on)
    fall_due(on=renews_on, at=now, actor=READER)
    payments = claim([plan.pk], on=renews_on, at=now, actor=READER)
    collect([payments], allowance=Unlimited(), threads=0, batch=1, actor=READER, now=lambda: now)


def _pay_twice(order: Order, till) -> None:  # noqa: F811
    first = payment_of(order)
    twin = intend(
        purpose="order", subject=order.subject, amount=order.amount, description="x", customer=None,
        account=first.payer_account, save_method=False, actor=READER, at=timezone.now(),
    )  # fmt: skip
    from payments.charging import open_hosted_page

    page = open_hosted_page(
        twin, email=order.email, name="x", success_url="http://shop.test/", cancel_url="http://shop.test/",
        actor=READER, at=timezone.now(),
    )  # fmt: skip
    till.pay(page.checkout_url)
    look_up(page, actor=READER, at=timezone.now())


@contextmanager
def planted(superuser: psycopg.Connection, fault: Fault) -> Iterator[None]:
    """The fault, while the block lasts; indexes that it needs away are put back when the rows are."""
    indexes = [
        superuser.execute("SELECT pg_get_indexdef(%s::regclass)", [name]).fetchone()[0] for name in fault.without
    ]
    with superuser.transaction():
        superuser.execute("SET LOCAL session_replication_role = replica")
        for name in fault.without:
            superuser.execute(f"DROP INDEX {name}")
        for statement in fault.plant:
            assert superuser.execute(statement).rowcount != 0, statement
    try:
        yield
    finally:
        superuser.execute("SELECT seed.restore()")
        for definition in indexes:
            superuser.execute(definition)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_planted_fault_is_found_by_its_invariant_and_by_no_other(world, superuser, fault):
    with planted(superuser, fault):
        at = timezone.now()
        found = audit.breaches(at)
        assert {name for name, _subject, _sentence in found} == {fault.invariant, *fault.also}, found
        assert any(sentence.startswith(fault.sentence) for _name, _subject, sentence in found), found
        [check] = [one for one in audit.checks()[fault.invariant] if one.__name__ == fault.check]
        assert any(sentence.startswith(fault.sentence) for _subject, sentence in check(at))


def test_every_check_has_a_fault_that_it_finds():
    known = {(name, check.__name__) for name, checks in audit.checks().items() for check in checks}
    assert {(fault.invariant, fault.check) for fault in FAULTS} == known


def test_a_finding_is_opened_once_and_closed_when_it_no_longer_holds(world):
    notice = Notice.objects.filter(kind="order_confirmation")[0]
    late = timezone.now() + timedelta(hours=7)
    for _twice in range(2):
        audit.audit(at=late)
    assert AuditFinding.objects.filter(subject=f"notice:{notice.pk}", closed_at=None).count() == 1
    audit.audit(at=timezone.now())
    assert AuditFinding.objects.filter(closed_at=None).count() == 0


def test_news_of_nothing_is_no_query(transactional_db):
    assert apply([], actor=READER, at=timezone.now()) == []
