"""Disputes: is the money of a payment disputed at the bank? One answer for every floor.

While it is, nothing is given back, charged anew or erased (design, section 6). It is disputed until the bank has decided and
that was carried out (`payments.disputing`), and as long as an item about it is open on finance's desk. The money of a cheque
that bounced is with its bank in the same way, until it is paid again or given up (`payments.cheques`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db import connection
from django.utils.translation import gettext_lazy as _

from payments.models import Payment

#: How the kinds of those items begin: they are the events that Stripe tells of (`payments.webhooks.types`).
KIND = "charge.dispute"
SUBJECT = "payment:"
#: Why nothing is given back now, said to whoever asks for it.
NO_REFUND = _("The bank disputes this payment, or has sent its cheque back: no refund until that has ended.")


# Asked by nearly every sweep, each minute: written out, for to build it anew took longer than to answer it.
UNSETTLED = """
SELECT payment_id FROM payments_dispute
WHERE settled_at IS NULL AND (%(among)s::bigint[] IS NULL OR payment_id = ANY(%(among)s::bigint[]))
UNION
SELECT substr(subject, %(begins)s)::bigint FROM payments_deskitem
WHERE closed_at IS NULL AND kind LIKE %(kind)s AND subject ~ %(subject)s
    AND (%(among)s::bigint[] IS NULL OR subject = ANY(%(subjects)s::text[]))
UNION
SELECT payment_id FROM payments_cheque cheque
WHERE state = 'bounced' AND given_up_at IS NULL AND (%(among)s::bigint[] IS NULL OR payment_id = ANY(%(among)s::bigint[]))
    AND NOT EXISTS (SELECT FROM payments_paidagain again WHERE again.bounced_id = cheque.id)
"""


def disputed_payments(among: Collection[int] | None = None) -> set[int]:
    """Primary keys of the payments (among these, if given) whose charge is disputed and not settled yet. One query."""
    given = {
        "among": None if among is None else list(among),
        "subjects": [] if among is None else [f"{SUBJECT}{key}" for key in among],
        "kind": f"{KIND}%",
        "subject": f"^{SUBJECT}[0-9]+$",
        "begins": len(SUBJECT) + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(UNSETTLED, given)
        return {key for (key,) in cursor.fetchall()}


def is_disputed(payments: Iterable[Payment]) -> bool:
    """Whether one of these payments is disputed. One query; none for no payments."""
    keys = [one.pk for one in payments]
    return bool(keys and disputed_payments(keys))
