"""A key that finance gives another account takes along what stands on the old one: else both stay open for ever (law.md 6.2).

What clears an entry, and what takes it back, is booked on the account that its key means on its own day. So the first night on
which a key means another account moves what is left on the old one, by customer; what is booked late on the old one, because its
day lies before the change, is moved by the night after. Accounts of costs, sales, output VAT and our bank keep what they hold.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from payments.actors import Actor
from payments.ledger.posting import ZERO, EntryDraft, Line, post
from payments.models import LedgerEntry

#: Keys of accounts on which something waits until something else clears it.
CLEARED = (
    "AR", "CHEQUES", "DEFERRED", "DISPUTES", "FOREIGN", "FOREIGN_MONEY", "PSP", "RESERVE", "SURPLUS", "TAKEN_OVER", "TRANSIT",
    "UNEXPLAINED", "VAT_PENDING",
)  # fmt: skip
# An account that some key still means is left alone, and so is one of two keys that went different ways: nobody knows whose it is.
LEFT = """
WITH meant AS (
    SELECT DISTINCT ON (key) key, account_id FROM payments_accountmap WHERE valid_from <= %(on)s ORDER BY key, valid_from DESC
), gone AS (
    SELECT past.account_id AS account, min(meant.account_id) AS target
    FROM payments_accountmap past JOIN meant USING (key)
    WHERE key = ANY(%(keys)s) AND past.valid_from <= %(on)s AND past.account_id NOT IN (SELECT account_id FROM meant)
    GROUP BY 1 HAVING count(DISTINCT meant.account_id) = 1
)
SELECT gone.account, gone.target, line.party, sum(line.debit - line.credit) FROM gone
JOIN payments_ledgerline line ON line.account_id = gone.account
GROUP BY 1, 2, 3 HAVING sum(line.debit - line.credit) <> 0 ORDER BY 1, 2, 3
"""


@transaction.atomic
def carry_over(*, on: date, actor: Actor, at: datetime) -> int:
    """Move what stands on accounts that their keys mean no more to those that they mean on day `on`; returns how many entries.

    Safe to repeat: an account that was emptied is left alone.
    """
    wanted: dict[str, Any] = {"on": on, "keys": list(CLEARED)}
    with connection.cursor() as cursor:
        cursor.execute(LEFT, wanted)
        found = cursor.fetchall()
    moved: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for account, target, party, balance in found:
        debit, credit = max(balance, ZERO), max(-balance, ZERO)
        moved[account, target] += [
            Line("", debit=credit, credit=debit, party=party, account=account),
            Line("", debit=debit, credit=credit, party=party, account=target),
        ]
    drafts = [_draft(account, tuple(lines), on=on, at=at) for (account, _target), lines in moved.items()]
    return post(drafts, actor=actor, at=at)


def _draft(account: str, lines: tuple[Line, ...], *, on: date, at: datetime) -> EntryDraft:
    return EntryDraft(
        journal=LedgerEntry.Journal.MISC,
        source=f"carried_over:{account}:{at:%Y%m%dT%H%M%S}",
        booked_on=on,
        piece_ref=f"REPRISE-{account}",
        piece_date=on,
        label=f"Solde du compte {account}, repris par un autre compte",
        lines=lines,
    )
