"""The letters of a case: which were written about it, how each left, and the words of those that a bank wants to read."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage

from payments.documents import read
from payments.models import Document
from subscriptions.answering.case import Case, by_key
from subscriptions.answering.english import without_keys
from subscriptions.models import Notice, NoticeProof

#: What each letter is, to somebody who does not read French; the rest are told by their subject alone.
KINDS = {
    "order_confirmation": "Confirmation of the order, with the contract and the invoice attached",
    "single_confirmation": "Confirmation of the order, with the contract and the invoice attached",
    "single_sent": "The order has been posted",
    "renewal_notice": "Legal notice: the subscription is about to renew, and how to refuse",
    "renewal_pre_debit": "Notice of the debit to come: amount, date, card, how to stop",
    "renewal_paid": "Receipt of the renewal, with the invoice attached",
    "refund_sent": "Money given back",
    "withdrawal_acknowledged": "Receipt of a withdrawal",
    "termination_acknowledged": "Receipt of a cancellation",
    "declaration_applied": "What was done about a withdrawal or cancellation",
    "claim_resent": "A copy is sent again",
    "claim_extended": "One more issue instead of a lost one",
    "claim_refused": "A claim was refused",
    "price_change": "The price changes",
}
#: Whose words are quoted, the most telling first: where there is no room, the last are left out.
QUOTED = (
    "renewal_notice",
    "renewal_pre_debit",
    "order_confirmation",
    "single_confirmation",
    "renewal_paid",
    "single_sent",
)
#: They say nothing of the matter, or open an account.
NEVER = frozenset({"sign_in_code", "email_change_confirm_old", "email_change_confirm_new", "dispute_lost"})
LEFT = (Notice.State.SENT, Notice.State.DELIVERED, Notice.State.BOUNCED)
TAKEN = ("accepted", "posted")
_FRAME = re.compile(r"[\u2500-\u257f]+|^-{8,}$")


@dataclass(frozen=True, slots=True)
class Sent:
    """One letter that left: what took it, and its words where they are quoted."""

    notice: Notice
    proofs: Sequence[NoticeProof]
    subject: str = ""
    words: str = ""

    @property
    def what(self) -> str:
        """What it is, in English; its own subject where we have no words for it."""
        return KINDS.get(self.notice.kind, self.subject or self.notice.kind)

    @property
    def taken(self) -> NoticeProof | None:
        """That the mail provider, or the post, took it."""
        undone = {proof.undoes_id for proof in self.proofs}
        return next((one for one in self.proofs if one.kind in TAKEN and one.pk not in undone), None)

    @property
    def number(self) -> str:
        """The id under which it was taken; "" on paper."""
        return id_of(self.taken) if self.taken is not None else ""

    @property
    def came_back(self) -> bool:
        """Whether it is known not to have arrived."""
        return self.notice.state == Notice.State.BOUNCED or any(one.kind == "bounced" for one in self.proofs)


def id_of(proof: NoticeProof) -> str:
    """What the mail provider calls the letter, without what stands around it."""
    return proof.provider_id.strip("<>").partition("@")[0]


def letters_of(case: Case) -> list[Sent]:
    """The letters about this case that left, oldest first; the words of those that may be quoted. Four queries at most, and
    one for each that is quoted."""
    keys = by_key(case)
    before = {proof.notice_proof.notice_id for proof in case.proofs}
    mine = (
        Notice.objects.filter(customer=case.payment.customer_id) if case.payment.customer_id else Notice.objects.none()
    )
    # What names the matter is read here: a reader has some tens of letters, found by their index.
    about = {
        one.pk
        for one in mine.exclude(kind__in=NEVER).only("pk", "kind", "facts")
        if any(one.facts.get(name) in found for name, found in keys.items())
    }
    found = (
        Notice.objects.filter(pk__in=about | before, state__in=LEFT)
        .prefetch_related("proofs")
        .order_by("created_at", "pk")
    )
    return [_sent(one) for one in found]


def _sent(notice: Notice) -> Sent:
    message = _message(notice)
    if message is None:
        return Sent(notice, list(notice.proofs.all()))
    body = message.get_body(preferencelist=("plain",)) if notice.kind in QUOTED else None
    words = quoted(str(body.get_content())) if body is not None else ""
    return Sent(notice, list(notice.proofs.all()), str(message["Subject"] or "").strip(), words)


def quoted(text: str) -> str:
    """The words of a letter for paper: frames drawn with signs become emphasis by a line of their own, links are cut."""
    lines = [_FRAME.sub("", line).strip() for line in without_keys(text).splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _message(notice: Notice) -> EmailMessage | None:
    """The letter as it left; None on paper, or where its body is past its keeping."""
    if (
        notice.document_id is None
        or not Document.objects.filter(pk=notice.document_id, media_type="message/rfc822").exists()
    ):
        return None
    body = read(notice.document_id)
    found = email.message_from_bytes(body, policy=email.policy.default) if body is not None else None
    return found if isinstance(found, EmailMessage) else None
