"""Under which matter is a letter about a renewal queued, and what became of those queued before?

A matter names the renewal and its R (`renewal_notice:renewal:12:2027-03-15`), so that another R is another letter. One
that has to be written again about the same R, because the first was withdrawn or came back, ends in `#2`, `#3`… as
`notices.recovering.send_again` has it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from subscriptions.models import Notice, Renewal

LEGAL, PRE_DEBIT, CARD, MANUAL = "renewal_notice", "renewal_pre_debit", "renewal_card_wanted", "renewal_manual"
#: Desk items about a renewal whose legal notice did not reach its reader; `renewal:<id>` is their subject.
BOUNCED_KIND = "legal_notice_bounced"
#: So often is one letter about one R written at most; nobody should ever come near it.
MOST = 9
State = Notice.State


def matter(kind: str, renewal: Renewal, *, step: str = "", ordinal: int = 1) -> str:
    """The matter of a letter. `step`: which of several about one R, as « 60 » days before it."""
    parts = [kind, "renewal", str(renewal.pk), renewal.renews_on.isoformat(), *([step] if step else [])]
    return ":".join(parts) + (f"#{ordinal}" if ordinal > 1 else "")


def letters(kind: str, renewals: Sequence[Renewal], *, step: str = "") -> Mapping[int, list[Notice]]:
    """Every letter of a kind about the present R of each renewal, oldest first, by renewal. One query."""
    names = {
        matter(kind, one, step=step, ordinal=ordinal): one.pk for one in renewals for ordinal in range(1, MOST + 1)
    }
    found: dict[int, list[Notice]] = defaultdict(list)
    if names:
        for notice in Notice.objects.filter(matter__in=names).order_by("pk"):
            found[names[notice.matter]].append(notice)
    return found


def standing_letter(sent: Sequence[Notice]) -> Notice | None:
    """The last one that was not withdrawn: the one that the reader has, or is about to have."""
    return next((one for one in reversed(sent) if one.state != State.WITHDRAWN), None)


def told(renewals: Sequence[Renewal]) -> set[int]:
    """Renewals whose R and amount were announced once or are about to be, and so move later only. Two queries at most.

    A letter that came back counts: a person is posting it.
    """
    planned = [one for one in renewals if one.state == Renewal.State.PLANNED]
    reached = {one.pk for one in renewals if one.state == Renewal.State.ANNOUNCED}
    if planned:
        reached |= {key for key, sent in letters(LEGAL, planned).items() if standing_letter(sent)}
        reached |= announced_once(planned)
    return reached


def announced_once(renewals: Sequence[Renewal]) -> set[int]:
    """Plans that went back from an announcement: whatever R they get, they keep it or move later. One query."""
    rows = Renewal.objects.filter(
        pk__in=[one.pk for one in renewals], events__from_state=Renewal.State.ANNOUNCED
    )  # fmt: skip
    return set(rows.values_list("pk", flat=True))
