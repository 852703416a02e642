"""Pages of the money: payment, refund, invoice, ledger entry. Read-only, all of them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from payments.documents import read
from payments.models import (
    BalanceMovement,
    Invoice,
    InvoiceRendering,
    LedgerEntry,
    Payment,
    Refund,
    Reissue,
    StripeEvent,
    Transfer,
)
from payments.offline_kinds import is_offline
from payments.territories import VatZone
from shop.backoffice import institution_pages, words
from shop.backoffice.bank_tables import lines_of
from shop.backoffice.doors import desk, gone
from shop.backoffice.links import link, url_of
from shop.backoffice.money_tables import acts_for, entries_table, events_table, movements_table, name_of, refunds_table
from shop.backoffice.reasons import contested, reason
from shop.backoffice.roles import Right
from shop.backoffice.showing import acts_on, columns, matters_of, show, why
from shop.backoffice.tables import Cell, Detail, Fact, Table
from shop.templatetags.french import euros, percent, short_day, stamp


@desk(Right.PAYMENTS)
def payment(request: HttpRequest, key: int) -> HttpResponse:
    """One payment, with every step and every event of Stripe's that spoke of it."""
    one = get_object_or_404(Payment.objects.select_related("customer", "payer_account", "saved_method"), pk=key)
    user = request.user
    said, effect = words.said(words.PAYMENT, one.state), words.said(words.EFFECT, one.effect)
    refunds = list(one.refunds.select_related("credit_note").order_by("pk"))
    movements = list(BalanceMovement.objects.filter(payment=one).select_related("payout").order_by("pk"))
    disputes = list(one.disputes.prefetch_related("events").order_by("pk"))
    cheques = list(one.cheques.select_related("paid_again").order_by("pk"))
    ids = [one.checkout_session, one.stripe_intent, one.stripe_charge, *(row.stripe_refund for row in refunds)]
    ids += [row.stripe_dispute for row in disputes]
    sources = [
        f"payment:{one.pk}",
        f"surplus:{one.pk}",
        *(f"refund:{row.pk}" for row in refunds),
        *(f"fee:{row.pk}" for row in movements),
        *(f"{kind}:{row.pk}" for row in disputes for kind in ("dispute", "dispute_returned", "dispute_lost")),
    ]
    sources += [f"cheque_bounced:{row.pk}" for row in cheques]
    sources += [f"paid_again:{row.paid_again.pk}" for row in cheques if hasattr(row, "paid_again")]
    sources += [f"invoice:{row}" for row in Invoice.objects.filter(payment=one).values_list("pk", flat=True)]
    subjects = [f"payment:{one.pk}", *(f"refund:{row.pk}" for row in refunds), *(row.subject for row in cheques)]
    detail = Detail(
        kind=_("Payment"),
        name=one.reference,
        crumbs=((_("Payments"), reverse("desk_payments")),),
        facts=[
            Fact(_("Status"), said["word"], "#pourquoi", chip=said["tone"]),
            Fact(_("Amount"), euros(one.amount)),
            Fact(_("Pays for"), words.subject(one.subject), url_of(user, one.subject)),
            Fact(_("Reader"), name_of(one.customer), link(user, "customer", one.customer_id)),
            Fact(_("Effect"), effect["word"], chip=effect["tone"]),
            Fact(_("Method"), words.means(one.saved_method) or words.METHOD.get(one.method_kind, one.method_kind)),
            *(Fact(_("Cheque"), row.reference, link(user, "cheque", row.pk)) for row in cheques),
            *lines_of(user, f"payment:{one.pk}"),
            Fact(_("Refusal"), one.decline_code, mono=True),
            Fact(_("Received on"), short_day(one.received_on)),
            Fact(_("Created"), stamp(one.created_at)),
            Fact(_("Stripe asked last"), stamp(one.looked_up_at)),
            Fact(_("Payment page"), one.checkout_session, mono=True),
            Fact(_("Payment intent"), one.stripe_intent, mono=True),
            Fact(_("Charge"), one.stripe_charge, mono=True),
            *(
                Fact(_("Dispute"), _("no. %(key)s") % {"key": row.pk}, link(user, "dispute", row.pk))
                for row in disputes
            ),
        ],
        whys=[
            why(user, one.events.all(), words.PAYMENT),
            *(
                why(
                    user,
                    row.events.all(),
                    words.DISPUTE,
                    title=_("What became of the dispute of %(amount)s") % {"amount": euros(row.amount)},
                    anchor=f"contestation-{row.pk}",
                    say=contested,
                )
                for row in disputes
            ),
        ],
        tables=[
            refunds_table(user, refunds),
            events_table(user, StripeEvent.objects.filter(object_id__in=[name for name in ids if name])),
            entries_table(user, LedgerEntry.objects.filter(source__in=sources)),
            movements_table(user, movements),
            matters_of(user, subjects),
            acts_on(user, subjects),
        ],
        acts=()
        if is_offline(one)
        else acts_for(user, (Right.LOOK_UP, _("Ask Stripe again"), "desk_act_look_up", one.pk)),
    )
    return show(request, detail)


@desk(Right.REFUNDS)
def refund(request: HttpRequest, key: int) -> HttpResponse:
    """One refund, from the wish to the bank's word."""
    one = get_object_or_404(Refund.objects.select_related("payment__customer", "credit_note"), pk=key)
    user, said = request.user, words.said(words.REFUND, one.state)
    names = words.names_of_staff([one.actor])
    note = one.credit_note
    transfers = list(one.transfers.exclude(state=Transfer.State.CANCELLED).order_by("pk"))
    detail = Detail(
        kind=_("Refund"),
        name=one.reference,
        crumbs=((_("Refunds"), reverse("desk_refunds")),),
        facts=[
            Fact(_("Status"), said["word"], "#pourquoi", chip=said["tone"]),
            Fact(_("Amount"), euros(one.amount)),
            Fact(_("Reason"), reason(one.reason)),
            Fact(_("Asked for by"), words.who(one.actor, names)),
            Fact(_("Payment"), one.payment.reference, link(user, "payment", one.payment_id)),
            Fact(_("Credit note"), note.reference if note else "", link(user, "invoice", one.credit_note_id)),
            Fact(_("Reader"), name_of(one.payment.customer), link(user, "customer", one.payment.customer_id)),
            Fact(_("Failure"), one.failure),
            *(Fact(_("Goes by transfer"), row.reference, link(user, "transfer", row.pk)) for row in transfers),
            Fact(_("Given back on"), short_day(one.refunded_on)),
            Fact(_("Refund at Stripe"), one.stripe_refund, mono=True),
        ],
        whys=[why(user, one.events.all(), words.REFUND)],
        tables=[
            events_table(user, StripeEvent.objects.filter(object_id__in=[one.stripe_refund or ""])),
            entries_table(user, LedgerEntry.objects.filter(source__in=[f"refund:{one.pk}", f"refund_failed:{one.pk}"])),
            matters_of(user, [f"refund:{one.pk}", *(f"transfer:{row.pk}" for row in transfers)]),
            acts_on(user, [f"refund:{one.pk}"]),
        ],
        acts=acts_for(user, (Right.TRANSFERS, _("Give it back by transfer"), "desk_act_begin_transfer", one.pk))
        if one.state == Refund.State.FAILED and not transfers
        else (),
    )
    return show(request, detail)


@desk(Right.INVOICES)
def invoice(request: HttpRequest, key: int) -> HttpResponse:
    """One invoice or credit note, as issued."""
    one = get_object_or_404(Invoice.objects.select_related("original", "payment", "rendering"), pk=key)
    user = request.user
    names = words.names_of_staff([one.actor])
    original = one.original
    notes = list(one.credit_notes.order_by("pk"))
    rendered = getattr(one, "rendering", None)
    anew = Invoice.objects.filter(reissue_of__original=one).first()
    before = Reissue.objects.select_related("original").filter(invoice=one).first()
    lines = [
        (
            Cell(line.name),
            Cell(line.quantity, num=True),
            Cell(percent(line.rate), num=True),
            Cell(euros(line.ht), num=True),
            Cell(euros(line.vat), num=True),
            Cell(euros(line.ttc), num=True),
        )
        for line in one.lines.all()
    ]
    total = [Cell(_("Total"))] + [Cell("")] * 2
    total += [Cell(euros(amount), num=True) for amount in (one.total_ht, one.total_vat, one.total_ttc)]
    pdf = reverse("desk_invoice_pdf", args=[one.pk]) if rendered else ""
    to_be_paid = one.kind == Invoice.Kind.INVOICE and one.payment_id is None and anew is None
    owed, received = institution_pages.money_of(user, one) if to_be_paid else ([], [])
    detail = Detail(
        kind=words.said(words.INVOICE, one.kind)["word"],
        name=one.reference,
        crumbs=((_("Invoices"), reverse("desk_invoices")),),
        facts=[
            Fact(_("Document"), _("PDF") if rendered else _("not set yet"), pdf),
            Fact(_("Issued"), short_day(one.issued_on)),
            *owed,
            Fact(_("Buyer"), one.buyer_name, link(user, "customer", one.customer_id), lines=one.buyer_address),
            Fact(_("Delivered to"), "", lines=one.delivery_address),
            Fact(_("SIREN"), one.buyer_siren or one.buyer_siret),
            Fact(_("VAT number"), one.buyer_vat_number),
            Fact(_("Engagement"), one.engagement_number),
            Fact(_("VAT zone"), VatZone(one.vat_zone).label),
            Fact(_("Mention"), one.legal_mention),
            Fact(_("About"), words.subject(one.subject), url_of(user, one.subject)),
            Fact(_("Payment"), one.payment.reference if one.payment else "", link(user, "payment", one.payment_id)),
            Fact(_("Corrects"), original.reference if original else "", link(user, "invoice", one.original_id)),
            *(Fact(_("Credit note"), note.reference, link(user, "invoice", note.pk)) for note in notes),
            Fact(_("Replaced by"), anew.reference if anew else "", link(user, "invoice", anew.pk if anew else None)),
            Fact(
                _("Replaces"),
                before.original.reference if before else "",
                link(user, "invoice", before.original_id if before else None),
            ),
            Fact(_("Reason"), reason(one.reason)),
            Fact(_("Issued by"), words.who(one.actor, names)),
            Fact(_("Hash"), one.hash, mono=True),
        ],
        tables=[
            Table(
                label=_("Lines"),
                title=_("Lines"),
                columns=columns(
                    _("What"),
                    "#" + _("Quantity"),
                    "#" + _("Rate"),
                    "#" + _("Excl. VAT"),
                    "#" + _("VAT"),
                    "#" + _("Incl. VAT"),
                ),
                rows=lines,
                total=total,
            ),
            *received,
            entries_table(user, LedgerEntry.objects.filter(source=f"invoice:{one.pk}")),
            acts_on(user, [f"invoice:{one.pk}"]),
        ],
        acts=[
            *acts_for(user, (Right.RESEND, _("Send it again"), "desk_act_resend_invoice", one.pk)),
            *(
                acts_for(
                    user,
                    (Right.RECEIPTS, _("Note a transfer received"), "desk_act_receive", one.pk),
                    (Right.RECEIPTS, _("Remind of this invoice"), "desk_act_remind_invoice", one.pk),
                    (Right.RECEIPTS, _("Write this invoice off"), "desk_act_write_off", one.pk),
                )
                if to_be_paid
                else []
            ),
            *(
                acts_for(user, (Right.REISSUE, _("Make it out anew to a firm"), "desk_act_reissue", one.pk))
                if not (original or notes or anew)
                else []
            ),
        ],
    )
    return show(request, detail)


@desk(Right.INVOICES)
def invoice_pdf(request: HttpRequest, key: int) -> HttpResponse:
    """The PDF as it was set, once and for all."""
    one = InvoiceRendering.objects.select_related("invoice").filter(invoice=key).first()
    body = read(one.document_id) if one else None
    if one is None or body is None:
        return gone(request, what=_("this document"))
    answer = HttpResponse(body, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{one.invoice.reference}.pdf"'
    return answer


@desk(Right.LEDGER)
def entry(request: HttpRequest, key: int) -> HttpResponse:
    """One ledger entry with its lines."""
    one = get_object_or_404(LedgerEntry, pk=key)
    user = request.user
    names = words.names_of_staff([one.actor])
    lines = list(one.lines.select_related("account").order_by("pk"))
    rows = [
        (
            Cell(line.account_id, mono=True),
            Cell(line.account.label),
            Cell(line.party, mono=True),
            Cell(euros(line.debit) if line.debit else "", num=True),
            Cell(euros(line.credit) if line.credit else "", num=True),
        )
        for line in lines
    ]
    total = [Cell(_("Total")), Cell(""), Cell("")]
    total += [Cell(euros(sum(getattr(line, side) for line in lines)), num=True) for side in ("debit", "credit")]
    detail = Detail(
        kind=_("Ledger entry"),
        name=f"{one.journal} {one.piece_ref}",
        crumbs=((_("Ledger"), reverse("desk_entries")),),
        facts=[
            Fact(_("Label"), one.label),
            Fact(_("Journal"), one.get_journal_display()),
            Fact(_("Booked"), short_day(one.booked_on)),
            Fact(_("Piece"), f"{one.piece_ref}, {short_day(one.piece_date)}"),
            Fact(_("Source"), words.subject(one.source), url_of(user, one.source)),
            Fact(_("Written by"), words.who(one.actor, names)),
        ],
        tables=[
            Table(
                label=_("Lines"),
                title=_("Lines"),
                columns=columns(_("Account"), _("Label"), _("Party"), "#" + _("Debit"), "#" + _("Credit")),
                rows=rows,
                total=total,
            )
        ],
    )
    return show(request, detail)
