"""Statements let in: the file, the statements and their lines, in the caller's one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from payments.actors import Actor
from payments.bank.judging import Judged, judge, own_iban
from payments.bank.statements import ReadStatement
from payments.days import paris_day
from payments.desk import put_all_on_desk, record_act
from payments.documents import keep
from payments.invoicing.rendering import keep_until
from payments.keys import new_reference
from payments.models import BankAccount, BankLine, BankStatement, DeskItem
from payments.money import french

#: The kind of matter under which a line waits for its explanation.
UNEXPLAINED = "bank_line"
MEDIA = {"camt.053": "application/xml", "mt940": "text/plain", "csv": "text/csv"}


class CannotLetIn(ValidationError):
    """The file is not let in; the message is a sentence for staff, and nothing was written."""


def refuse_known(body: bytes) -> None:
    """The very same file a second time. One query. Raises CannotLetIn."""
    sha256 = hashlib.sha256(body).hexdigest()
    known = BankStatement.objects.filter(document=sha256).order_by("pk").first()
    if known is not None:
        raise CannotLetIn(
            _("This very file is here already: it was let in as %(reference)s."),
            code="known",
            params={"reference": known.reference},
        )


def write(
    body: bytes,
    found: Sequence[ReadStatement],
    *,
    name: str,
    reading: Mapping[str, Any],
    reason: str,
    actor: Actor,
    at: datetime,
) -> list[BankStatement]:
    """Write a file's statements with their lines, oldest first. In the caller's transaction; locks the account.

    They are judged again under the lock: what another colleague let in meanwhile is known by now. Raises CannotLetIn.
    """
    iban = own_iban()
    BankAccount.objects.bulk_create([BankAccount(iban=iban, created_at=at)], ignore_conflicts=True)
    account = BankAccount.objects.select_for_update(no_key=True).get(iban=iban)
    refuse_known(body)
    judged = judge(found, on=paris_day(at))
    refused = [sentence for one in judged for sentence in one.refused]
    if refused:
        raise CannotLetIn(refused)
    document = keep(body, media_type=MEDIA[found[0].format], keep_until=keep_until(paris_day(at)), at=at)
    made = [
        _statement(
            one, account, place, document=document, name=name, reading=reading, reason=reason, actor=actor, at=at
        )
        for place, one in enumerate(judged, start=1)
    ]
    for statement in made:
        facts = {"sha256": document.sha256, "lines": statement.lines_count, "closing": str(statement.closing)}
        record_act(
            "let a bank statement in",
            subject=f"statement:{statement.pk}",
            actor=actor,
            at=at,
            reason=reason,
            facts=facts,
        )
    return made


def put_unexplained_on_desk(lines: Sequence[BankLine], *, at: datetime) -> None:
    """Lines of which something is unexplained, each a matter with an age and, soon, an owner. One INSERT."""
    sentences = {
        line.subject: f"Relevé du {line.booked_on:%d/%m/%Y} : {french(line.left)} à expliquer."
        for line in lines
        if line.left
    }
    put_all_on_desk(DeskItem.Desk.FINANCE, kind=UNEXPLAINED, sentences=sentences, at=at)


def _statement(one: Judged, account: BankAccount, place: int, **facts: Any) -> BankStatement:
    read, at = one.read, facts["at"]
    assert read.opening is not None and read.closing is not None  # noqa: S101, PT018  # judged
    assert read.opened_on is not None and read.closed_on is not None  # noqa: S101, PT018
    statement = BankStatement.objects.create(
        reference=new_reference("REL"),
        account=account,
        document=facts["document"],
        place=place,
        format=read.format,
        file_name=facts["name"][:120],
        identifier=read.identifier,
        sequence=read.sequence,
        opened_on=read.opened_on,
        closed_on=read.closed_on,
        opening=read.opening,
        closing=read.closing,
        lines_count=len(read.lines),
        reading=dict(facts["reading"]),
        warnings=one.warnings,
        actor=str(facts["actor"]),
        reason=facts["reason"][:300],
        at=at,
    )
    BankLine.objects.bulk_create(
        [
            BankLine(
                account=account,
                statement=statement,
                place=number,
                booked_on=line.booked_on,
                value_on=line.value_on,
                amount=line.amount,
                nth=nth,
                text=line.text,
                counterparty=line.counterparty,
                counterparty_end=line.counterparty_end,
                bank_reference=line.bank_reference,
                end_to_end=line.end_to_end,
                code=line.code,
                reversal=line.reversal,
                batch=line.batch,
                left=line.amount,
            )
            for number, (line, nth) in enumerate(zip(read.lines, one.nths, strict=True), start=1)
        ],
        batch_size=2000,
    )
    return statement
