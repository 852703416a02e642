"""The slip on paper: set once, kept under its hash, the same bytes whenever it is wanted (law.md 2.3)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from django.conf import settings

from payments.documents import keep, read
from payments.french_days import french_day
from payments.iban import in_fours
from payments.invoicing.issuing import seller
from payments.models import DepositSlip, Document
from payments.money import eur, french
from payments.typesetting import typeset

TEMPLATE = Path(__file__).parent / "typst" / "slip.typ"


def slip_pdf(slip: DepositSlip, *, at: datetime) -> bytes | None:
    """The PDF of a slip, made now if there is none yet; None if it was purged. Call it outside a transaction: setting is slow."""
    if slip.document_id is None:
        body = typeset(TEMPLATE, facts_of(slip), on=slip.deposited_on)
        # Ten years from the closing of the year, as every voucher (C. com. L123-22).
        document = keep(body, media_type="application/pdf", keep_until=date(slip.deposited_on.year + 12, 1, 1), at=at)
        DepositSlip.objects.filter(pk=slip.pk, document=None).update(document=document)
        slip.refresh_from_db(fields=["document"])
    kept: Document | None = slip.document
    return read(kept.sha256) if kept is not None else None


def facts_of(slip: DepositSlip) -> dict[str, object]:
    """What stands on it: as it was frozen."""
    house = seller()
    day = french_day(slip.deposited_on)
    return {
        "title": f"Remise de chèques {slip.reference}",
        "author": house["name"],
        "on": [slip.deposited_on.year, slip.deposited_on.month, slip.deposited_on.day],
        "foot": [f"{house['name']}, {house['legal_form']}, SIREN {house['siren']}", f"Empreinte : {slip.hash}"],
        "day": day,
        "house": [house["name"], *house["address"]],
        "iban": in_fours(settings.BANK_IBAN) if settings.BANK_IBAN else "",
        "rows": [
            [
                str(place),
                one["number"],
                one["bank"],
                one["drawer"],
                one["reference"],
                french(eur(Decimal(one["amount"]))),
            ]
            for place, one in enumerate(slip.lines, start=1)
        ],
        "count": f"{slip.count} chèque{'s' if slip.count > 1 else ''}",
        "total": french(slip.total),
    }
