"""Who may open what: every address of the desks for every role, written out; and that `ensure_roles` says the same."""

from __future__ import annotations

import io
import uuid
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client, override_settings
from django.urls import URLPattern, reverse
from django.utils import timezone

from payments.actors import job
from payments.closing.figures import figures
from payments.closing.periods import month_of
from payments.disputing import apply
from payments.documents import keep
from payments.exports.keeping import keep_file
from payments.models import (
    AccountantProfile,
    BalanceMovement,
    BankLine,
    BankReceipt,
    BankRule,
    ChorusDeposit,
    CsvProfile,
    DeskItem,
    Discrepancy,
    DisputePackage,
    Document,
    LedgerEntry,
    MirrorCharge,
    MirrorRun,
    Payout,
    PeriodClosing,
    Transfer,
    TransferFile,
)
from payments.offline_kinds import Kind
from payments.refunds import request
from shop.backoffice import urls
from shop.backoffice.models import BulkAct
from shop.backoffice.registers import registers
from shop.backoffice.roles import LABELS, RIGHTS, ROLE_LABELS, Right, Role, ensure_roles
from shop.customers.models import Customer
from subscriptions.digital.tokens import make
from subscriptions.fulfilment.closing import ask, close
from subscriptions.fulfilment.handing_over import count_received, hand_over
from subscriptions.fulfilment.posting import post_run
from subscriptions.models import (
    Claim,
    ClaimIncident,
    Contact,
    Escrow,
    FreeCopy,
    Issue,
    MailingRun,
    Offer,
    SoldIssue,
    TemporaryAddress,
)
from subscriptions.pricing.changing import prepare
from subscriptions.quotes.making import make_quote
from subscriptions.renewals.rehearsing import rehearse
from tests.backoffice.colleagues import Colleague, said, text_of
from tests.backoffice.posting import batch_of
from tests.backoffice.sold import planned, sell
from tests.bank.coming import come
from tests.bank.files import IBAN, Said
from tests.disputes.people import BANK, says
from tests.importing.desk import read
from tests.importing.written import line, written
from tests.institutions.papers import make_agency
from tests.makers import CLERK, COLLEAGUE, send_out
from tests.offline.post import deposited, ordered
from tests.singles.people import buys, in_stock, single_offer
from tests.stopping.people import terminates
from tests.support.test_contacts import PDF

F, L, S, A = "finance", "fulfilment", "support", "administrator"
EVERYBODY = {F, L, S, A}

#: Every address behind the door, and who may open it. A new one fails the test until somebody has thought about it here.
OPEN_TO = {
    "desk_home": EVERYBODY,
    "desk_search": EVERYBODY,
    "desk_person": EVERYBODY,
    "desk_subscription": EVERYBODY,
    "desk_items": {F, A},  # asked for finance's
    "desk_item": {F, A},
    "desk_renewals": {F, S, A},
    "desk_renewal": {F, S, A},
    "desk_renewal_calendar": {F, S, A},
    "desk_renewals_to_plan": {F, S, A},
    "desk_rehearsals": {F, S, A},
    "desk_rehearsal": {F, S, A},
    "desk_rehearsal_lines": {F, S, A},
    "desk_rehearsal_csv": {F, S, A},
    "desk_comparison": {F, S, A},
    "desk_comparison_csv": {F, S, A},
    "desk_act_rehearse": {F, S, A},
    "desk_act_sign": {F, A},
    "desk_act_unsigned_rule": {F, A},
    "desk_act_for": {S, A},
    "desk_act_turn_off": {S, A},
    "desk_act_link_on": {S, A},
    "desk_act_link_card": {S, A},
    "desk_act_link_renew": {S, A},
    "desk_bulks": {F, S, A},
    "desk_bulk": {F, S, A},
    "desk_bulk_rows": {F, S, A},
    "desk_act_renewals": {S, A},
    "desk_act_letters": {F, S, A},
    "desk_orders": {F, S, A},
    "desk_order": {F, S, A},
    "desk_payments": {F, S, A},
    "desk_payment": {F, S, A},
    "desk_refunds": {F, S, A},
    "desk_refund": {F, S, A},
    "desk_stripe_events": {F, A},
    "desk_stripe_event": {F, A},
    "desk_stripe_event_by_id": {F, A},
    "desk_invoices": {F, S, A},
    "desk_invoice": {F, S, A},
    "desk_invoice_pdf": {F, S, A},
    "desk_entries": {F, A},
    "desk_entry": {F, A},
    "desk_finance": {F, A},
    "desk_balance": {F, A},
    "desk_balance_rows": {F, A},
    "desk_owed": {F, A},
    "desk_cohorts": {F, A},
    "desk_cohort_rows": {F, A},
    "desk_rates": {F, A},
    "desk_failed_rows": {F, A},
    "desk_months": {F, A},
    "desk_month": {F, A},
    "desk_closings": {F, A},
    "desk_period": {F, A},
    "desk_closing": {F, A},
    "desk_days": {F, A},
    "desk_kept_files": {F, A},
    "desk_kept_file": {F, A},
    "desk_exports": {F, A},
    "desk_export": {F, A},
    "desk_export_profiles": {F, A},
    "desk_act_take_export": {F, A},
    "desk_act_export_profile_new": {F, A},
    "desk_act_export_profile": {F, A},
    "desk_act_tick": {F, A},
    "desk_act_sign_period": {F, A},
    "desk_act_ask_reopen": {F, A},
    "desk_act_reopen": {F, A},
    "desk_act_make_fec": {F, A},
    "desk_act_make_archive": {F, A},
    "desk_bank": {F, A},
    "desk_bank_statement": {F, A},
    "desk_bank_lines": {F, A},
    "desk_bank_file": {F, A},
    "desk_bank_line": {F, A},
    "desk_bank_unexplained": {F, A},
    "desk_bank_waiting": {F, A},
    "desk_bank_profiles": {F, A},
    "desk_bank_rules": {F, A},
    "desk_act_bank_file": {F, A},
    "desk_act_bank_profile_new": {F, A},
    "desk_act_bank_profile": {F, A},
    "desk_act_bank_rule": {F, A},
    "desk_act_bank_rule_end": {F, A},
    "desk_act_bank_accept": {F, A},
    "desk_act_bank_invoices": {F, A},
    "desk_act_bank_payout": {F, A},
    "desk_act_bank_book": {F, A},
    "desk_act_bank_not_ours": {F, A},
    "desk_act_bank_undo": {F, A},
    "desk_mirror": {F, A},
    "desk_mirror_run": {F, A},
    "desk_mirror_charges": {F, A},
    "desk_reconciliation": {F, A},
    "desk_payouts": {F, A},
    "desk_payout": {F, A},
    "desk_movements": {F, A},
    "desk_movement": {F, A},
    "desk_discrepancies": {F, A},
    "desk_discrepancy": {F, A},
    "desk_act_take_discrepancy": {F, A},
    "desk_act_explain_discrepancy": {F, A},
    "desk_act_book_discrepancy": {F, A},
    "desk_disputes": {F, A},
    "desk_dispute": {F, A},
    "desk_dispute_draft": {F, A},
    "desk_dispute_package": {F, A},
    "desk_act_take_dispute": {F, A},
    "desk_act_freeze_evidence": {F, A},
    "desk_act_submit_evidence": {F, A},
    "desk_act_accept_dispute": {F, A},
    "desk_letters": {S, A},
    "desk_letter": {S, A},
    "desk_letter_as_sent": {S, A},
    "desk_acts": {F, S, A},
    "desk_clock": {F, A},
    "desk_team": {A},
    "desk_act_refund": {F, A},
    "desk_act_give_back": {F, A},
    "desk_act_take_over": {F, A},
    "desk_act_look_up": {F, S, A},
    "desk_act_resend_invoice": {F, S, A},
    "desk_act_resend_letter": {F, S, A},
    "desk_act_retry_letter": {F, S, A},
    "desk_act_settle_doubt": {F, S, A},
    "desk_letter_paper": {S, A},
    "desk_issue_calendar": {F, L, S, A},
    "desk_act_plan_issues": {L, A},
    "desk_act_move_issue": {L, A},
    "desk_act_double_issue": {L, A},
    "desk_act_stay": {L, S, A},
    "desk_act_end_stay": {L, S, A},
    "desk_issues": {L, A},
    "desk_issue": {L, A},
    "desk_free_copies": {L, A},
    "desk_circulation": {F, L, A},
    "desk_circulation_year_csv": {F, L, A},
    "desk_circulation_year_pdf": {F, L, A},
    "desk_circulation_issue": {F, L, A},
    "desk_circulation_csv": {F, L, A},
    "desk_circulation_pdf": {F, L, A},
    "desk_circulation_lines": {F, L, A},
    "desk_circulation_rows": {F, L, A},
    "desk_circulation_returns": {F, L, A},
    "desk_meters": {F, L, A},
    "desk_prints": {F, L, A},
    "desk_print": {F, L, A},
    "desk_act_circulation_rule": {F, A},
    "desk_act_assumption": {L, A},
    "desk_act_keep_advice": {L, A},
    "desk_act_note_print": {L, A},
    "desk_run": {L, A},
    "desk_run_lines": {L, A},
    "desk_run_file": {L, A},
    "desk_run_corrections": {L, A},
    "desk_run_sheet": {L, A},
    "desk_run_labels": {L, A},
    "desk_run_statement": {L, A},
    "desk_act_ask_run": {L, A},
    "desk_act_close_run": {L, A},
    "desk_act_drop_run": {L, A},
    "desk_act_hand_over_run": {L, A},
    "desk_act_transmit_run": {L, A},
    "desk_act_way": {L, A},
    "desk_escrow": {F, L, A},
    "desk_escrow_nights": {F, L, A},
    "desk_escrow_night": {F, L, A},
    "desk_act_restored": {F, L, A},
    "desk_act_count_run": {L, A},
    "desk_act_post_run": {L, A},
    "desk_act_statement": {L, A},
    "desk_act_house": {L, A},
    "desk_act_give_free": {L, A},
    "desk_act_end_free": {L, A},
    "desk_post": {L, S, A},
    "desk_returns": {S, A},
    "desk_losses": {L, S, A},
    "desk_claims": {L, S, A},
    "desk_claim": {L, S, A},
    "desk_incident": {L, S, A},
    "desk_copy_returns": {L, A},
    "desk_stock": {L, A},
    "desk_singles": {L, S, A},
    "desk_act_replace_sold": {L, S, A},
    "desk_act_refund_sold": {F, A},
    "desk_act_take_claim": {L, S, A},
    "desk_act_confirm_address": {L, S, A},
    "desk_act_claim": {L, S, A},
    "desk_act_incident": {L, A},
    "desk_act_return": {L, A},
    "desk_act_return_file": {L, A},
    "desk_act_stock": {L, A},
    "desk_act_resends": {L, A},
    "desk_act_by_post": {S, A},
    "desk_batch": {L, S, A},
    "desk_batch_pdf": {L, S, A},
    "desk_batch_sheet": {L, S, A},
    "desk_act_make_batch": {L, S, A},
    "desk_act_posted": {L, S, A},
    "desk_act_unposted": {L, S, A},
    "desk_act_take_out": {L, S, A},
    "desk_act_record_posted": {L, S, A},
    "desk_act_address": {L, S, A},
    "desk_act_email": {S, A},
    "desk_declarations": {F, S, A},
    "desk_declaration": {F, S, A},
    "desk_declaration_pdf": {F, S, A},
    "desk_act_declaration": {S, A},
    "desk_act_settle": {S, A},
    "desk_act_end": {S, A},
    "desk_act_pause": {S, A},
    "desk_quotes": {F, S, A},
    "desk_quote_pdf": {F, S, A},
    "desk_act_quote": {F, S, A},
    "desk_institutions": {F, S, A},
    "desk_agencies": {F, S, A},
    "desk_cheques": {F, A},
    "desk_cheque": {F, A},
    "desk_slips": {F, A},
    "desk_slip": {F, A},
    "desk_slip_pdf": {F, A},
    "desk_awaited": {L, S, A},
    "desk_act_post_order": {L, S, A},
    "desk_act_order_for": {L, S, A},
    "desk_act_cheque_came": {L, S, A},
    "desk_act_transfer_came": {F, A},
    "desk_act_give_up_awaited": {L, S, A},
    "desk_act_deposit": {F, A},
    "desk_act_bounced": {F, A},
    "desk_act_paid_by_cheque": {F, A},
    "desk_act_paid_by_transfer": {F, A},
    "desk_act_give_up_cheque": {F, A},
    "desk_receipts": {F, A},
    "desk_receipt": {F, A},
    "desk_act_take_order": {F, S, A},
    "desk_act_agency": {F, A},
    "desk_act_discount": {F, A},
    "desk_act_receive": {F, A},
    "desk_act_remind_invoice": {F, A},
    "desk_act_write_off": {F, A},
    "desk_act_cancel_invoiced": {F, A},
    "desk_act_receipt_back": {F, A},
    "desk_chorus": {F, A},
    "desk_chorus_file": {F, A},
    "desk_chorus_deposit": {F, A},
    "desk_act_chorus": {F, A},
    "desk_act_chorus_list": {F, A},
    "desk_ereporting": {F, A},
    "desk_ereporting_csv": {F, A},
    "desk_ereporting_json": {F, A},
    "desk_union": {F, A},
    "desk_vat_checks": {F, S, A},
    "desk_act_vat_number": {F, S, A},
    "desk_prices": {F, A},
    "desk_digital": {F, L, A},
    "desk_digital_edition": {F, L, A},
    "desk_act_issue_file": {L, A},
    "desk_tokens": {A},
    "desk_act_digital": {F, A},
    "desk_act_make_token": {A},
    "desk_act_revoke_token": {A},
    "desk_price": {F, A},
    "desk_price_readers": {F, A},
    "desk_act_prepare_price": {F, A},
    "desk_act_sign_price": {F, A},
    "desk_act_cancel_price": {F, A},
    "desk_act_resume": {S, A},
    "desk_transfers": {F, S, A},
    "desk_transfer": {F, S, A},
    "desk_transfer_files": {F, A},
    "desk_transfer_file": {F, A},
    "desk_transfer_file_xml": {F, A},
    "desk_transfer_file_csv": {F, A},
    "desk_contact": {S, A},
    "desk_contact_file": {S, A},
    "desk_act_refund_part": {F, S, A},
    "desk_act_begin_transfer": {F, A},
    "desk_act_account": {F, S, A},
    "desk_act_approve": {F, A},
    "desk_act_cancel_transfer": {F, A},
    "desk_act_ask_again": {F, A},
    "desk_act_arrived": {F, A},
    "desk_act_came_back": {F, A},
    "desk_act_make_file": {F, A},
    "desk_act_file_sent": {F, A},
    "desk_act_file_discard": {F, A},
    "desk_act_reissue": {F, S, A},
    "desk_act_contact": {S, A},
    "desk_act_name": {L, S, A},
    "desk_act_recipient": {S, A},
    "desk_act_forget": {S, A},
    "desk_act_payer": {S, A},
    "desk_act_merge": {S, A},
    "desk_act_take": {F, A},
    "desk_act_close": {F, A},
    "desk_act_hire": {A},
    "desk_act_link": {A},
    "desk_act_dismiss": {A},
    "desk_act_roles": {A},
    "desk_act_reset": {A},
    "desk_imports": {F, A},
    "desk_import": {F, A},
    "desk_import_rows": {F, A},
    "desk_import_csv": {F, A},
    "desk_act_hand_in": {F, A},
    "desk_act_import": {F, A},
    "desk_act_import_again": {F, A},
    "desk_act_import_aside": {F, A},
}
DOOR = {
    "desk_choose_password",
    "desk_sign_in",
    "desk_second_factor",
    "desk_set_up",
    "desk_recovery_codes",
    "desk_sign_out",
}
#: Pages that are there for those who may, and say 404 or 409 about what there is to see or do in this small world.
ELSE = {
    "desk_letter_as_sent": 404,
    "desk_act_import": 409,  # its issue has left meanwhile
    "desk_letter_paper": 404,
    "desk_act_make_batch": 409,
    "desk_act_record_posted": 409,
    "desk_invoice_pdf": 404,
    "desk_act_resend_letter": 409,
    "desk_act_retry_letter": 409,
    "desk_act_settle_doubt": 409,
    "desk_act_ask_again": 409,
    "desk_act_forget": 409,
    "desk_act_resume": 409,
    "desk_act_turn_off": 409,
    "desk_act_link_on": 409,
    "desk_act_link_card": 409,
    "desk_act_take_claim": 409,
    "desk_act_confirm_address": 409,
    "desk_act_resends": 409,
    "desk_act_replace_sold": 409,
    "desk_act_refund_sold": 409,
    "desk_act_begin_transfer": 409,
    "desk_act_arrived": 409,
    "desk_act_came_back": 409,
    "desk_act_file_sent": 409,
    "desk_act_file_discard": 409,
    "desk_act_paid_by_cheque": 409,  # it has not bounced
    "desk_act_paid_by_transfer": 409,
    "desk_act_give_up_cheque": 409,
    "desk_act_receive": 409,
    "desk_act_vat_number": 409,  # no register is set up
    "desk_act_remind_invoice": 409,
    "desk_act_write_off": 409,
    "desk_act_cancel_invoiced": 409,
    "desk_act_bank_undo": 409,
}


def price_change():
    """A change that may be signed."""
    today = timezone.localdate()
    offer = Offer.objects.get(renewal="automatic")
    return prepare(
        offer.pk, ["FR"], Decimal("30.60"), orders_from=today + timedelta(days=30), renewals_from=today + timedelta(days=200),
        actor=job("test"), reason="essai", at=timezone.now(),
    )  # fmt: skip


def _sold_issue(sale) -> SoldIssue:
    """A past issue that was bought and has not left."""
    single_offer(sale.order.offer.magazine)
    in_stock(24, 1)
    return SoldIssue.objects.get(order=buys({24: 1}))


def _cheques(reader: int) -> dict[str, int]:
    """A cheque on a slip, another one that is here, an order that waits for a cheque, and one for a transfer."""
    [slipped, here] = [ordered(number, name=name) for number, name in (("0000901", "Un"), ("0000902", "Deux"))]
    waits, transfer = ordered(None, name="Trois"), ordered(None, name="Quatre", by=Kind.TRANSFER)
    slip = deposited([slipped.cheque])
    on_cheque = ("desk_act_bounced", "desk_act_paid_by_cheque", "desk_act_paid_by_transfer", "desk_act_give_up_cheque")
    return {
        **dict.fromkeys(("desk_cheque", *on_cheque), here.cheque.pk),
        **dict.fromkeys(("desk_slip", "desk_slip_pdf"), slip.pk),
        **dict.fromkeys(("desk_act_cheque_came", "desk_act_give_up_awaited"), waits.payment.pk),
        "desk_act_transfer_came": transfer.payment.pk,
        "desk_act_order_for": reader,
    }


@pytest.fixture
def world(offers):
    """One of each thing, and its address."""
    sale = sell(offers["fixed"])
    refund = request(sale.payment, amount=sale.payment.amount, reason="essai", actor=job("test"), at=timezone.now())
    item = DeskItem.objects.create(
        desk="finance", kind="x", subject="payment:1", sentence="…", opened_at=timezone.now()
    )
    declared = terminates("ActuIA, en novembre", at=timezone.now())
    other = Customer.objects.create_user("other@team.example", is_staff=True)
    sold, letter = sale.order.pk, sale.letter.pk
    deposit = ChorusDeposit.objects.create(invoice=sale.invoice, state_since=timezone.now())
    batch, renewal = batch_of(sale.customer), planned(sale.subscription)
    rehearsal = rehearse(date(2028, 1, 1), date(2028, 1, 31), actor=job("test"), at=timezone.now()).pk
    bulk = BulkAct.objects.create(
        kind="off", rows_total=0, left_out_total=0, sha256="x", actor="staff:1", reason="x", at=timezone.now()
    ).pk
    paper = keep(PDF, media_type="application/pdf", keep_until=date(2032, 1, 1), at=timezone.now())
    facts = {"actor": "job:tests", "created_at": timezone.now()}
    file = TransferFile.objects.create(reference="FIC-1", count=1, total="27.60", orders=paper, reading=paper, **facts)
    transfer = Transfer.objects.create(
        reference="VIR-1", credit_note=sale.invoice, amount="27.60", because="offline", reason="essai", state="given",
        state_since=timezone.now(), holder="É. L.", iban="FR1420041010050500013M02606", iban_end="2606",
        given_by="reader:1", **facts,
    )  # fmt: skip
    contact = Contact.objects.create(
        customer=sale.customer, channel="phone", on=date(2026, 11, 23), words="…", document=paper, file_name="a.pdf",
        form_token=uuid.uuid4(), actor="job:tests", at=timezone.now(),
    )  # fmt: skip
    now = timezone.now()
    receipt = BankReceipt.objects.create(
        reference="ENC-1", bank_reference="BQ-1", received_on=date(2026, 11, 23), amount="5.00", payer="UNIV",
        actor="job:tests", reason="essai", at=now,
    )  # fmt: skip
    mirror = MirrorRun.objects.create(kind="nightly", since=now - timedelta(days=16), until=now, started_at=now)
    closing = PeriodClosing.objects.create(
        kind="month", first_day=date(2026, 1, 1), last_day=date(2026, 1, 31), version=1, checks=[],
        figures=figures(month_of(date(2026, 1, 1))), sha256="x", signed_by="staff:1", reason="essai", at=now,
    )  # fmt: skip
    kept = keep_file(
        io.BytesIO(b"essai"), kind="fec", name="x", year=2026, lines=1, media_type="text/plain", actor=job("test"), at=now
    )  # fmt: skip
    charge = MirrorCharge.objects.create(
        stripe_charge="ch_x",
        created=now,
        amount=1,
        refunded=0,
        currency="eur",
        ours=True,
        first_run=mirror,
        last_run=mirror,
    )
    payout = Payout.objects.create(
        stripe_payout="po_x", amount=1, currency="eur", created=now, arrives_on=date(2026, 11, 24), automatic=True,
        state="paid", state_since=now, looked_up_at=now,
    )  # fmt: skip
    moved = BalanceMovement.objects.create(
        stripe_id="txn_x", kind="moon_rent", amount=1, fee=0, net=1, currency="eur", created=now, available_on=now.date(),
        payout=payout, meaning="unknown_type",
    )  # fmt: skip
    differs = Discrepancy.objects.create(
        kind="unknown_type", subject=f"movement:{moved.pk}", payout=payout, movement=moved, at_stripe=1, found_at=now
    )
    copy = sale.subscription.terms.get().entitlements.order_by("rank")[0]
    incident = ClaimIncident.objects.create(issue=copy.issue, department="75", state_since=now, at=now)
    claim = Claim.objects.create(
        subscription=sale.subscription, entitlement=copy, issue=copy.issue, reason="damaged", by="reader", department="75",
        in_window=True, nth=3, state="on_desk", state_since=now, actor="reader:1", at=now,
    )  # fmt: skip
    keys = {
        "desk_items": "finance",
        "desk_stripe_event_by_id": "evt_1",
        "desk_person": sale.customer.pk,
        "desk_subscription": sale.subscription.pk,
        "desk_item": item.pk,
        "desk_order": sold,
        "desk_renewal": renewal.pk,
        "desk_rehearsal": rehearsal,
        "desk_rehearsal_lines": rehearsal,
        "desk_rehearsal_csv": rehearsal,
        "desk_comparison": rehearsal,
        "desk_comparison_csv": rehearsal,
        "desk_act_sign": rehearsal,
        "desk_act_for": sale.customer.pk,
        "desk_act_turn_off": sale.subscription.pk,
        "desk_act_link_on": sale.subscription.pk,
        "desk_act_link_card": sale.subscription.pk,
        "desk_act_link_renew": sale.subscription.pk,
        "desk_bulk": bulk,
        "desk_bulk_rows": bulk,
        "desk_payment": sale.payment.pk,
        "desk_refund": refund.pk,
        "desk_stripe_event": sale.event.pk,
        "desk_invoice": sale.invoice.pk,
        "desk_invoice_pdf": sale.invoice.pk,
        "desk_entry": LedgerEntry.objects.order_by("pk")[0].pk,
        "desk_letter": letter,
        "desk_letter_as_sent": letter,
        "desk_letter_paper": letter,
        "desk_act_by_post": sale.customer.pk,
        **_files(sale, paper),
        "desk_batch": batch.pk,
        "desk_batch_pdf": batch.pk,
        "desk_batch_sheet": batch.pk,
        "desk_act_posted": batch.pk,
        "desk_act_unposted": batch.pk,
        "desk_act_take_out": batch.lines.get().pk,
        "desk_act_record_posted": renewal.pk,
        **dict.fromkeys(("desk_closing", "desk_act_ask_reopen", "desk_act_reopen"), closing.pk),
        "desk_period": 202611,
        "desk_act_tick": 202611,
        "desk_act_sign_period": 202611,
        "desk_kept_file": kept.pk,
        **dict.fromkeys(("desk_export", "desk_act_take_export"), "balance-agee"),
        "desk_act_export_profile": AccountantProfile.objects.earliest("pk").pk,
        **dict.fromkeys(("desk_act_make_fec", "desk_act_make_archive"), 2026),
        "desk_mirror_run": mirror.pk,
        "desk_mirror_charges": mirror.pk,
        "desk_payout": payout.pk,
        "desk_movement": moved.pk,
        "desk_discrepancy": differs.pk,
        **dict.fromkeys(
            ("desk_act_take_discrepancy", "desk_act_explain_discrepancy", "desk_act_book_discrepancy"), differs.pk
        ),
        "desk_act_refund": sold,
        "desk_act_give_back": sale.payment.pk,
        "desk_act_take_over": charge.pk,
        "desk_act_look_up": sale.payment.pk,
        "desk_act_resend_invoice": sale.invoice.pk,
        "desk_act_resend_letter": letter,
        "desk_act_retry_letter": letter,
        "desk_act_settle_doubt": letter,
        "desk_act_address": sale.subscription.recipient_id,
        "desk_act_email": sale.customer.pk,
        "desk_declaration": declared.pk,
        "desk_declaration_pdf": declared.pk,
        "desk_act_declaration": declared.pk,
        "desk_act_settle": declared.pk,
        "desk_act_end": sale.subscription.pk,
        "desk_act_pause": sale.subscription.pk,
        **dict.fromkeys(("desk_escrow_night", "desk_act_restored"), escrow_night().pk),
        **dict.fromkeys(("desk_act_take_claim", "desk_act_confirm_address"), sale.subscription.pk),
        **dict.fromkeys(("desk_claim", "desk_act_claim"), claim.pk),
        **dict.fromkeys(("desk_incident", "desk_act_incident"), incident.pk),
        "desk_act_resends": claim.issue_id,
        **dict.fromkeys(("desk_act_replace_sold", "desk_act_refund_sold"), _sold_issue(sale).pk),
        "desk_act_quote": sale.subscription.pk,
        "desk_quote_pdf": make_quote(sale.subscription.pk, actor=job("test"), at=timezone.now()).pk,
        **dict.fromkeys(
            ("desk_price", "desk_price_readers", "desk_act_sign_price", "desk_act_cancel_price"), price_change().pk
        ),
        "desk_act_resume": sale.subscription.pk,
        **dict.fromkeys(("desk_digital_edition", "desk_act_digital"), sale.subscription.magazine_id),
        "desk_act_issue_file": Issue.objects.get(number=25).pk,
        "desk_act_revoke_token": make("essai", actor=job("test"), reason="essai", at=now)[0].pk,
        **dict.fromkeys(
            ("desk_transfer", "desk_act_account", "desk_act_approve", "desk_act_cancel_transfer"), transfer.pk
        ),
        **dict.fromkeys(("desk_act_ask_again", "desk_act_arrived", "desk_act_came_back"), transfer.pk),
        **dict.fromkeys(("desk_transfer_file", "desk_transfer_file_xml", "desk_transfer_file_csv"), file.pk),
        **dict.fromkeys(("desk_act_file_sent", "desk_act_file_discard"), file.pk),
        **dict.fromkeys(("desk_contact", "desk_contact_file"), contact.pk),
        **dict.fromkeys(("desk_act_contact", "desk_act_name", "desk_act_merge"), sale.customer.pk),
        **dict.fromkeys(("desk_act_recipient", "desk_act_payer", "desk_act_forget"), sale.subscription.pk),
        "desk_act_refund_part": sale.subscription.terms.get().pk,
        "desk_act_begin_transfer": refund.pk,
        **dict.fromkeys(("desk_act_receive", "desk_act_remind_invoice", "desk_act_write_off"), sale.invoice.pk),
        "desk_act_cancel_invoiced": sold,
        "desk_act_discount": make_agency().pk,
        **dict.fromkeys(("desk_receipt", "desk_act_receipt_back"), receipt.pk),
        **_cheques(sale.customer.pk),
        **_bank(now),
        **_dispute(offers["fixed"], paper, now),
        **dict.fromkeys(("desk_chorus_deposit", "desk_act_chorus"), deposit.pk),
        "desk_act_reissue": sale.invoice.pk,
        "desk_balance_rows": ("stripe", "not_there"),
        "desk_owed": Issue.objects.get(number=27).pk,
        "desk_month": 202611,
        "desk_act_take": item.pk,
        "desk_act_close": item.pk,
        "desk_act_link": other.pk,
        "desk_act_dismiss": other.pk,
        "desk_act_roles": other.pk,
        "desk_act_reset": other.pk,
        **dict.fromkeys(
            (
                "desk_import",
                "desk_import_rows",
                "desk_import_csv",
                "desk_act_import",
                "desk_act_import_again",
                "desk_act_import_aside",
            ),
            read(written(line()), at=timezone.now(), charge_from=timezone.localdate() + timedelta(days=60)).pk,
        ),
    }
    args = {name: list(key) if isinstance(key, tuple) else [key] for name, key in keys.items()}
    return lambda name: reverse(name, args=args.get(name, []))


def _bank(now: datetime) -> dict[str, int]:
    """A statement of one line, a profile and a rule."""
    line = come_in_full(now)
    profile = CsvProfile.objects.create(
        name="Banque", booked_on="Date", text="Libellé", amount="Montant", actor="x", changed_at=now
    )
    rule = BankRule.objects.create(
        words="FRAIS CARTE",
        side="out",
        most="5.00",
        key="BANK_FEES",
        valid_from=now.date(),
        actor="x",
        reason="x",
        at=now,
    )
    on_line = (
        "desk_bank_line", "desk_act_bank_accept", "desk_act_bank_invoices", "desk_act_bank_book", "desk_act_bank_not_ours",
        "desk_act_bank_undo", "desk_act_bank_payout",
    )  # fmt: skip
    return {
        **dict.fromkeys(on_line, line.pk),
        **dict.fromkeys(("desk_bank_statement", "desk_bank_lines", "desk_bank_file"), line.statement_id),
        "desk_act_bank_profile": profile.pk,
        "desk_act_bank_rule_end": rule.pk,
    }


def _dispute(offer: Offer, paper: Document, now: datetime) -> dict[str, int]:
    """A payment of somebody else that is contested, with a package that waits to be submitted."""
    payment = sell(offer, number=7).payment
    one = apply(replace(says(payment), respond_by=now + timedelta(days=9)), payment_id=payment.pk, actor=BANK, at=now)
    source = keep(b'{"texts": {}}', media_type="application/json", keep_until=date(2032, 1, 1), at=now)
    package = DisputePackage.objects.create(
        dispute=one, number=1, source=source, document=paper, pages=1, actor="staff:1", reason="x", at=now
    )
    pages = (
        "desk_dispute", "desk_dispute_draft", "desk_act_take_dispute", "desk_act_freeze_evidence", "desk_act_submit_evidence",
        "desk_act_accept_dispute",
    )  # fmt: skip
    return {**dict.fromkeys(pages, one.pk), "desk_dispute_package": package.pk}


def come_in_full(now: datetime) -> BankLine:
    """One line that nothing explains."""
    with override_settings(BANK_IBAN=IBAN):
        [only] = come(Said("5.00", "VIREMENT", on=now.date()), at=now, on=now.date())
    return only


def escrow_night() -> Escrow:
    """A night whose file is there."""
    now = timezone.now()
    return Escrow.objects.create(
        night=now.date(), state="done", state_since=now, due_at=now, name="x.p7m", sha256="x", size=1, content_sha256="x",
        lines=0, copies=0, holders=[{"name": "x", "fingerprint": "x", "until": "2030-01-01"}], made_at=now,
    )  # fmt: skip


def _stay(recipient) -> TemporaryAddress:
    on = timezone.localdate()
    facts = {"actor": "x", "reason": "x", "at": timezone.now()}
    return TemporaryAddress.objects.create(
        recipient=recipient, address=recipient.address, from_on=on + timedelta(days=60), to_on=on + timedelta(days=90),
        until=on + timedelta(days=91), **facts,
    )  # fmt: skip


def _files(sale, paper) -> dict[str, int | tuple[int, str]]:
    """A file that was posted, with its paper; one that was handed over, one that was closed, one that waits for a yes."""
    issue, later = Issue.objects.get(number=25), Issue.objects.get(number=26)
    now, today = timezone.now(), timezone.localdate()
    send_out(issue, on=today, at=now)
    posted = MailingRun.objects.get()
    MailingRun.objects.filter(pk=posted.pk).update(statement=paper)
    bare, out = (close(ask(issue.pk, actor=CLERK, at=now).pk, actor=COLLEAGUE, at=now).pk for _twice in range(2))
    hand_over(out, actor=CLERK, at=now)
    left = close(ask(issue.pk, actor=CLERK, at=now).pk, actor=COLLEAGUE, at=now).pk
    hand_over(left, actor=CLERK, at=now)
    count_received(left, copies=0, actor=CLERK, at=now)
    post_run(left, on=today, actor=CLERK, at=now)
    Issue.objects.filter(pk=later.pk).update(cutoff_on=today)
    asked = ask(later.pk, actor=CLERK, at=now).pk
    free = FreeCopy.objects.create(
        magazine=issue.magazine, kind="free", number="99", address=sale.order.delivery, from_number=26, actor="x", reason="x",
        created_at=now,
    )  # fmt: skip
    pages = (
        "desk_run",
        "desk_run_lines",
        "desk_run_file",
        "desk_run_corrections",
        "desk_run_sheet",
        "desk_run_statement",
    )
    return {
        **dict.fromkeys(("desk_issue", "desk_act_ask_run"), later.pk),
        **dict.fromkeys(("desk_act_move_issue", "desk_act_double_issue"), Issue.objects.get(number=28).pk),
        "desk_act_stay": sale.subscription.recipient_id,
        "desk_act_end_stay": _stay(sale.subscription.recipient).pk,
        **dict.fromkeys(pages, posted.pk),
        "desk_run_labels": (posted.pk, "3x7"),
        **dict.fromkeys(
            ("desk_circulation_issue", "desk_circulation_csv", "desk_circulation_pdf", "desk_circulation_lines"),
            issue.pk,
        ),
        "desk_circulation_returns": issue.pk,
        "desk_circulation_rows": (issue.pk, "IND"),
        **dict.fromkeys(("desk_print", "desk_act_keep_advice", "desk_act_note_print"), later.pk),
        "desk_act_close_run": asked,
        "desk_act_drop_run": asked,
        "desk_act_hand_over_run": bare,
        "desk_act_transmit_run": bare,
        "desk_act_count_run": out,
        "desk_act_post_run": out,
        "desk_act_statement": left,
        "desk_act_end_free": free.pk,
    }


def names() -> set[str]:
    return {pattern.name for pattern in [*urls.pages, *urls.acts] if isinstance(pattern, URLPattern)}


def test_every_address_behind_the_door_is_in_the_table_and_asks_for_one_right():
    assert names() == set(OPEN_TO)
    assert {pattern.name for pattern in urls.door} == DOOR
    for pattern in [*urls.pages, *urls.acts]:
        assert isinstance(pattern.callback.right, Right), pattern.name


@pytest.mark.parametrize("role", [F, L, S, A, ""])
def test_each_role_opens_what_is_its_own_and_is_told_what_is_missing_elsewhere(at_desk, world, role):
    colleague: Colleague = at_desk(role)
    for name, roles in OPEN_TO.items():
        answer = colleague.browser.get(world(name))
        if answer.streaming:
            b"".join(answer.streaming_content)  # read to its end, as a browser does: its file is closed
        if role in roles:
            assert answer.status_code in (200, ELSE.get(name, 302 if name == "desk_stripe_event_by_id" else 200)), name
        else:
            assert answer.status_code == 403, (name, answer.status_code)
            missing = str(answer.context["missing"])
            assert missing in text_of(answer), name
            if name.startswith(("desk_item", "desk_act_take", "desk_act_close")) and not role:
                continue  # without any right the first one that is missing is the dashboard's
            assert answer.context["roles"] == [str(ROLE_LABELS[one]) for one in Role if one.value in roles], name


@pytest.mark.parametrize("role", [F, L, S, A])
def test_acts_are_refused_to_those_who_may_not_even_when_posted_straight(at_desk, world, role):
    colleague = at_desk(role)
    for name in (name for name in OPEN_TO if name.startswith("desk_act_") and role not in OPEN_TO[name]):
        assert colleague.browser.post(world(name), {"step": "do", "reason": "sans droit"}).status_code == 403, name


def test_nothing_opens_to_a_stranger_or_a_reader(world, client):
    reader = Customer.objects.create_user("someone@example.fr")
    reader.groups.add(Group.objects.get_or_create(name=A)[0])
    for browser in (client, Client()):
        for name in OPEN_TO:
            answer = browser.get(world(name))
            assert answer.url.startswith("/gestion/connexion/"), name
            assert browser.post(world(name)).status_code == 302, name
        client.force_login(reader, backend="django.contrib.auth.backends.ModelBackend")


def test_pages_that_only_show_take_no_post(at_desk, world):
    colleague = at_desk(A)
    for pattern in urls.pages:
        assert colleague.browser.post(world(pattern.name)).status_code == 405, pattern.name


def test_the_registers_open_to_their_roles(at_desk):
    for role, expected in ((F, 200), (L, 200), (A, 200), (S, 403), ("", 403)):
        answer = at_desk(role).browser.get("/gestion/registres/")
        assert answer.status_code == expected, role
    assert said("see the registers") in text_of(answer)


SEEN_BY_ALL = {"issue", "magazine", "offer", "price", "legaltext", "reminderstep"}


def test_money_registers_are_cut_to_the_rights_on_money(at_desk):
    fulfilment = at_desk(L)
    for model in registers._registry:
        url = reverse(f"registers:{model._meta.app_label}_{model._meta.model_name}_changelist")
        shown = fulfilment.browser.get(url).status_code
        assert shown == (200 if model._meta.model_name in SEEN_BY_ALL else 403), url


def test_ensuring_roles_twice_changes_nothing_and_takes_back_what_is_not_in_the_table(db):
    ensure_roles()
    first = {group.name: sorted(group.permissions.values_list("codename", flat=True)) for group in Group.objects.all()}
    assert first == {role.value: sorted(right.value for right in rights) for role, rights in RIGHTS.items()}
    Group.objects.get(name=S).permissions.add(Permission.objects.get(codename="refund_orders"))
    Permission.objects.create(
        content_type=Permission.objects.get(codename="see_home").content_type, codename="old_right", name="old"
    )
    ensure_roles()
    second = {group.name: sorted(group.permissions.values_list("codename", flat=True)) for group in Group.objects.all()}
    assert second == first
    assert not Permission.objects.filter(codename="old_right").exists()


def test_every_right_has_words_and_a_role():
    assert set(LABELS) == set(Right)
    assert set().union(*RIGHTS.values()) == set(Right)


def test_a_right_taken_away_holds_from_the_next_page(at_desk):
    colleague = at_desk(F)
    assert colleague.see("desk_payments").status_code == 200
    colleague.user.groups.clear()
    assert colleague.see("desk_payments").status_code == 403


def test_a_member_without_a_role_gets_in_and_sees_nothing(at_desk):
    colleague = at_desk("")
    answer = colleague.see("desk_home")
    assert answer.status_code == 403
    assert answer.context["desks"] == []
