"""One letter: what became of it, and the very words that left, shown apart from the desks under a policy of their own."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage

from csp.decorators import csp_replace, csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from payments.documents import read
from payments.models import Document
from shop.backoffice import words
from shop.backoffice.doors import desk, gone, page
from shop.backoffice.links import link
from shop.backoffice.money_tables import acts_for
from shop.backoffice.post_pages import pdf
from shop.backoffice.reasons import reason
from shop.backoffice.roles import Right
from shop.backoffice.showing import acts_on, columns, matters_of
from shop.backoffice.tables import Cell, Detail, Fact, Step, Table, Why
from shop.templatetags.french import stamp
from subscriptions.models import Notice

#: Whoever reads these can enter a reader's account: nobody at a desk does.
KEYS_TO_AN_ACCOUNT = frozenset({"sign_in_code", "email_change_confirm_old", "email_change_confirm_new"})
#: The letter as sent, and nothing it names: no script, no form, no picture from elsewhere, and shown inside a desk only.
POLICY: dict[str, object] = {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["'self'", "data:"],
    "frame-ancestors": ["'self'"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "script-src": ["'none'"],
    "font-src": ["'none'"],
    "connect-src": ["'none'"],
    "manifest-src": ["'none'"],
    "sandbox": True,
}


@desk(Right.LETTERS)
@csp_update({"frame-src": ["'self'"]})
def letter(request: HttpRequest, key: int) -> HttpResponse:
    """One letter."""
    one = get_object_or_404(Notice.objects.select_related("customer"), pk=key)
    user, said = request.user, words.said(words.LETTER, one.state)
    proofs = list(one.proofs.all())
    steps = [
        Step(one.created_at, words.said(words.LETTER, "queued")["word"], words.WAIT, _("with the fact that it tells"))
    ]
    steps += [
        Step(
            proof.at,
            words.said(words.PROOF, proof.kind)["word"],
            words.said(words.PROOF, proof.kind)["tone"],
            _("the mail server") if one.channel == Notice.Channel.EMAIL else _("the post"),
            why=" ".join(filter(None, (reason(proof.detail), proof.provider_id))),
        )
        for proof in proofs
    ]
    if not proofs or one.state not in (Notice.State.SENT, Notice.State.DELIVERED):
        steps.append(Step(one.state_since, said["word"], said["tone"], _("the post office"), why=reason(one.failure)))
    message = None if one.kind in KEYS_TO_AN_ACCOUNT else _message(one)
    again = (Right.RESEND, _("Send it again"), "desk_act_resend_letter", one.pk)
    failed = one.state in (Notice.State.FAILED, Notice.State.BOUNCED)
    if failed:
        again = (Right.RESEND, _("Try it again"), "desk_act_retry_letter", one.pk)
    acts = acts_for(user, again) if may_go_again(one) else []
    if one.state == Notice.State.DOUBTFUL:
        acts = acts_for(user, (Right.RESEND, _("Settle the doubt"), "desk_act_settle_doubt", one.pk))
    line = one.batch_lines.select_related("batch").exclude(outcome="taken_out").first()
    printed = reverse("desk_letter_paper", args=[one.pk]) if one.channel == Notice.Channel.PAPER and line else ""
    detail = Detail(
        kind=_("Letter"),
        name=_("“%(kind)s”") % {"kind": words.letter_kind(one.kind)},
        crumbs=((_("Letters"), reverse("desk_letters")),),
        facts=[
            Fact(_("Status"), said["word"], "#pourquoi", chip=said["tone"]),
            Fact(_("To"), one.to_name, link(user, "customer", one.customer_id)),
            Fact(_("Way"), words.CHANNEL[one.channel]),
            Fact(_("E-mail"), one.to_email),
            Fact(_("As printed"), _("PDF") if printed else "", printed),
            Fact(
                _("Batch"), line.batch.reference if line else "", link(user, "batch", line.batch_id if line else None)
            ),
            Fact(_("Subject"), message["Subject"] if message else ""),
            Fact(_("What happened"), reason(one.failure)),
            Fact(_("Due"), stamp(one.due_at)),
            Fact(_("Tries"), one.attempts),
            Fact(_("Rank"), {"legal": _("legal"), "service": _("service"), "courtesy": _("courtesy")}[one.rank]),
            Fact(_("Matter"), one.matter, mono=True),
            Fact(_("Hash"), one.document_id or "", mono=True),
        ],
        whys=[Why(_("Why it stands where it stands"), steps)],
        tables=[_attached(message), matters_of(user, [f"notice:{one.pk}"]), acts_on(user, [f"notice:{one.pk}"])],
        acts=acts,
    )
    shown = {
        "detail": detail,
        "as_sent": reverse("desk_letter_as_sent", args=[one.pk]) if message else "",
        "hidden": one.kind in KEYS_TO_AN_ACCOUNT,
        "unsent": one.document_id is None,
    }
    return page(request, "backoffice/letter.html", shown)


@desk(Right.LETTERS)
@csp_replace(POLICY)
@xframe_options_sameorigin
def as_sent(request: HttpRequest, key: int) -> HttpResponse:
    """The body of the letter as it left, alone."""
    one = get_object_or_404(Notice, pk=key)
    message = None if one.kind in KEYS_TO_AN_ACCOUNT else _message(one)
    body = message.get_body(preferencelist=("html", "plain")) if message else None
    if body is None:
        return gone(request, what=_("the words of this letter"))
    kind = "text/html" if body.get_content_type() == "text/html" else "text/plain"
    return HttpResponse(body.get_content(), content_type=f"{kind}; charset=utf-8")


@desk(Right.LETTERS)
def on_paper(request: HttpRequest, key: int) -> HttpResponse:
    """The letter as it was printed, with what it enclosed."""
    one = get_object_or_404(Notice, pk=key, channel=Notice.Channel.PAPER)
    return pdf(request, read(one.document_id) if one.document_id else None, f"lettre-{one.pk}.pdf")


def may_go_again(one: Notice) -> bool:
    """Whether a person may send this letter again: never one that opens an account, nor one still on its way."""
    finished = (Notice.State.SENT, Notice.State.DELIVERED, Notice.State.FAILED, Notice.State.BOUNCED)
    return one.kind not in KEYS_TO_AN_ACCOUNT and one.state in finished


def _message(one: Notice) -> EmailMessage | None:
    """The message as stored; None if it never left, or its body is past its keeping."""
    held = (
        Document.objects.filter(pk=one.document_id, media_type="message/rfc822").exists() if one.document_id else False
    )
    body = read(one.document_id) if held and one.document_id else None
    if body is None:
        return None
    found = email.message_from_bytes(body, policy=email.policy.default)
    return found if isinstance(found, EmailMessage) else None


def _attached(message: EmailMessage | None) -> Table:
    files = list(message.iter_attachments()) if message else []
    return Table(
        label=_("Attached"),
        title=_("Attached"),
        columns=columns(_("File"), _("Type"), "#" + _("Bytes")),
        rows=[
            (
                Cell(part.get_filename() or ""),
                Cell(part.get_content_type(), mono=True),
                Cell(len(part.get_payload(decode=True) or b""), num=True),
            )
            for part in files
        ],
        empty=_("Nothing was attached."),
    )
