"""What was delivered, written, declared and given back: copy by copy, letter by letter."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings

from payments.days import paris_day
from subscriptions.answering.agreement import letter_block
from subscriptions.answering.blocks import Block, Section, pairs, table, text
from subscriptions.answering.case import Case, Copy
from subscriptions.answering.english import amount, day, issue, moment
from subscriptions.answering.letters import Sent
from subscriptions.models import Claim, CopyReturn, Declaration, Entitlement
from subscriptions.texts import online_functions

KINDS = {
    Declaration.Kind.WITHDRAWAL: "Withdrawal from the purchase",
    Declaration.Kind.TERMINATION: "Cancellation of the subscription",
}
RETURNED = {
    CopyReturn.Reason.UNREACHABLE: "no access, or a faulty address",
    CopyReturn.Reason.UNKNOWN: "unknown at this address",
    CopyReturn.Reason.REFUSED: "refused by the addressee",
    CopyReturn.Reason.UNCLAIMED: "announced and not fetched",
}
CLAIMED = {
    Claim.State.RESENT: "sent again",
    Claim.State.EXTENDED: "one more issue given instead",
    Claim.State.CREDITED: "its price given back",
    Claim.State.REFUSED: "not upheld",
}
WAITS = {
    Entitlement.State.OWED: "still to come",
    Entitlement.State.HELD: "on hold while this dispute is open",
    Entitlement.State.ASSIGNED: "in the mailing file, about to be posted",
    Entitlement.State.CREDITED: "its price was given back",
    Entitlement.State.VOID: "will not be sent",
}


def delivered(case: Case) -> Section | None:
    """Each copy that was paid for: in which file it left, when it was posted, whether it came back or was claimed."""
    if not case.copies and not case.earlier:
        return None
    blocks: list[Block] = []
    if case.copies:
        blocks.append(_table(case, case.copies))
    if case.earlier:
        blocks += [text("The year before, under the same agreement:"), _table(case, case.earlier)]
    blocks.append(
        text(
            "Each issue is handed to the postal service with a file that names every copy and its address. The file is closed and "
            "hashed before it is posted; the postal deposit is kept with it. Press mail has no tracking number."
        )
    )
    return Section(
        "delivery",
        "What was delivered",
        "What is listed as posted left on that day for the address on its label; what is not has a day still to come."
        if any(one.posted for one in case.copies)
        else "No issue that this payment pays for has been posted yet; their days are listed.",
        [*blocks, *_labels(case)],
    )


def _table(case: Case, copies: Sequence[Copy]) -> Block:
    head = ["Issue", "Posted on", "Mailing file and line", "Since then"]
    rows = [
        [issue(one.number) if one.number else "not planned yet", _posted(one), _files(one), _since(one)]
        for one in copies
    ]
    return table(head, rows, widths=[2, 3, 5, 5])


def _posted(one: Copy) -> str:
    days = sorted({line.run.posted_on for line in one.posted if line.run.posted_on})
    if days:
        return "\n".join(day(on) for on in days)
    planned = f"planned: {day(one.planned_on)}" if one.planned_on else ""
    return planned or "—"


def _files(one: Copy) -> str:
    said = [
        f"line {line.key}, {line.place} of {line.run.dispatches}, file SHA-256 {line.run.sha256[:16]}…"
        + (f", closed {day(paris_day(line.run.closed_at))}" if line.run.closed_at else "")
        for line in one.lines
    ]
    return "\n".join(said) or "—"


def _since(one: Copy) -> str:
    said = [f"came back on {day(back.on)}: {RETURNED[CopyReturn.Reason(back.reason_code)]}" for back in one.returns]
    said += [
        f"claimed on {day(paris_day(claim.at))}: {CLAIMED.get(Claim.State(claim.state), 'being looked into')}"
        for claim in one.claims
    ]
    said += [f"downloaded on {moment(download.at)}" for download in one.downloads]
    if said:
        return "\n".join(said)
    if one.posted:
        return "not returned, not claimed"
    return WAITS.get(Entitlement.State(one.state), "") if one.entitlement else ""


def _labels(case: Case) -> list[Block]:
    """The addresses on the labels: as the buyer gave it. An address that the recipient of a gift gave is theirs, and not shown."""
    seen: dict[str, list[str]] = {}
    hidden: list[str] = []
    for one in (*case.copies, *case.earlier):
        for line in one.posted:
            own = case.order is not None and line.address_id == case.order.delivery_id
            if case.order is not None and case.order.is_gift and not own:
                hidden.append(issue(one.number))
            else:
                seen.setdefault("\n".join(map(str, line.address.lines)), []).append(issue(one.number))
    rows = [(", ".join(issues), label) for label, issues in seen.items()]
    if hidden:
        rows.append((", ".join(hidden), "an address that the recipient of the gift gave us, which we do not disclose"))
    return [pairs([(f"Label of {numbers}", label) for numbers, label in rows])] if rows else []


def used(case: Case) -> Section | None:
    """Digital issues that were downloaded."""
    downloads = [(one, copy) for copy in (*case.copies, *case.earlier) for one in copy.downloads]
    if not downloads:
        return None
    rows = [[moment(one.at), issue(copy.number), f"file SHA-256 {one.file.sha256[:32]}…"] for one, copy in downloads]
    return Section(
        "downloads",
        "What was downloaded",
        "The customer signed in and downloaded these issues.",
        [table(["When (Paris time)", "Issue", "What"], rows)],
    )


def written(case: Case, letters: Sequence[Sent], *, quoting: Sequence[str]) -> Section | None:
    """Every letter about it; the words of those whose kinds are named, unless they stand elsewhere already."""
    if not letters:
        return None
    rows = []
    for one in letters:
        taken = one.taken
        how = (
            "posted on paper"
            if taken is not None and taken.kind == "posted"
            else f"accepted, id {one.number}"
            if taken
            else ""
        )
        rows.append(
            [moment(taken.at if taken else one.notice.created_at), one.what, ("came back" if one.came_back else how)]
        )
    elsewhere = {proof.notice_proof.notice_id for proof in case.proofs}
    blocks: list[Block] = [table(["When (Paris time)", "What", "How it left"], rows, widths=[3, 5, 5])]
    blocks += [
        letter_block(one)
        for one in letters
        if one.words and one.notice.kind in quoting and one.notice.pk not in elsewhere
    ]
    return Section(
        "letters",
        "What was written to the customer",
        "The customer was written to at the address given with the order. Each letter is kept as it was sent.",
        blocks,
    )


def stopped(case: Case) -> Section:
    """Declarations and money given back, or that there was none; and where a customer stops."""
    site = settings.SITE_URL.partition("//")[2]
    rows = [
        [
            moment(one.received_at),
            f"{KINDS[Declaration.Kind(one.kind)]}, {one.reference}",
            f"takes effect on {day(one.effective_on)}" if one.effective_on else "",
        ]
        for one in case.declarations
    ]
    blocks: list[Block] = []
    if rows:
        blocks.append(table(["Received (Paris time)", "What", "Effect"], rows, widths=[3, 5, 3]))
    else:
        blocks.append(text("We have received no withdrawal and no cancellation from this customer."))
    back = [(one.reference, amount(one.amount), one.refunded_on) for one in case.refunds]
    back += [(one.reference, amount(one.amount), one.sent_on) for one in case.transfers]
    if back:
        blocks.append(
            table(
                ["Given back on", "Reference", "Amount"],
                [[day(on) if on else "", name, sum_] for name, sum_, on in back],
            )
        )
    else:
        blocks.append(text("Nothing was given back for this payment."))
    if online_functions():
        blocks.append(
            text(
                f"Every page of {site} has two links in its foot that need no account: « Résilier votre contrat » (cancel) and "
                "« Renoncer au contrat ici » (withdraw). Whoever follows them is sent a receipt at once."
            )
        )
    return Section(
        "stopping",
        "Cancellations and money given back",
        "What the customer has declared, and what was given back, as of the day of this paper.",
        blocks,
    )
