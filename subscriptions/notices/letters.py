"""Every letter we send, in one closed table: when it must be true, what it is written from, what goes with it.

A letter that is not here cannot be queued. Each has its sentences in `templates/letters/<language>/`:
`<kind>.subject.txt`, `<kind>.mjml` and `<kind>.txt`.
"""

from __future__ import annotations

from collections.abc import Mapping

from subscriptions.models import Notice
from subscriptions.notices import purchases
from subscriptions.notices.letter import Letter, OnStall

LEGAL, SERVICE = Notice.Rank.LEGAL, Notice.Rank.SERVICE

LETTERS: Mapping[str, Letter] = {
    # The contract in hand: due by law within minutes, so rather twice than never.
    "order_confirmation": Letter(
        rank=LEGAL,
        facts=frozenset({"order_id", "term_id", "invoice_id"}),
        context=purchases.confirmation,
        on_stall=OnStall.QUEUED,
        to_erased=True,
    ),
}
