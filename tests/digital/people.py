"""The digital edition as stories need it: turned on by finance, with a PDF for an issue that is posted; readers of it."""

from __future__ import annotations

import zlib
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

from django.utils import timezone

from payments.actors import staff
from shop.customers.models import Customer
from subscriptions.digital.consenting import agree
from subscriptions.digital.files import put
from subscriptions.digital.switching import change
from subscriptions.models import DigitalConsent, DigitalRule, Entitlement, Issue, IssueFile, Magazine, Subscription

#: The first issue that a reader of 23 November 2026 receives is out; noon in Paris.
OUT = datetime(2026, 12, 16, 11, 0, tzinfo=UTC)
POSTED = date(2026, 12, 15)


def somebody() -> Any:
    """Who acts at the desks."""
    return staff(Customer(pk=7))


def turned(*, on: bool = True, at: datetime | None = None, **changes: Any) -> DigitalRule:
    """What finance sets: a fifth of the price, at the rate of the printed issue."""
    facts: dict[str, Any] = {
        "share": Decimal("20.00"), "rate": "press", "decided_by": "Direction financière", "decided_on": date(2026, 11, 20),
        "with_text": True,
    }  # fmt: skip
    return change(
        Magazine.objects.get().pk, on=on, actor=somebody(), reason="Décidé en comité.", at=at or timezone.now(), **(facts | changes)
    )  # fmt: skip


def post(number: int = 25, on: date = POSTED) -> Issue:
    """An issue that has left, as far as its own row says."""
    Issue.objects.filter(number=number).update(state=Issue.State.POSTED, posted_on=on)
    return Issue.objects.get(number=number)


def pdf(pages: int = 3, *, words: str = "Le dossier", picture: int = 0) -> bytes:
    """A PDF of the classic kind, made by hand: one font, one stream a page; and a picture of so many bytes on each."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>"]
    kids = " ".join(f"{4 + 2 * place} 0 R" for place in range(pages))
    objects.append(f"<< /Type /Pages /Kids [{kids}] /Count {pages} /MediaBox [0 0 595 842] >>".encode())
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    for place in range(pages):
        shown = b"/XObject << /Im1 %d 0 R >> " % (4 + 2 * pages) if picture else b""
        drawing = f"BT /F1 24 Tf 72 700 Td ({words} {place + 1}) Tj ET".encode()
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /Resources << %s/Font << /F1 3 0 R >> >> /Contents %d 0 R >>"
            % (shown, 5 + 2 * place)
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing))
    if picture:
        head = b"/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8"
        objects.append(b"<< %s /Length %d >>\nstream\n%s\nendstream" % (head, picture, b"x" * picture))
    out, where = BytesIO(), []
    out.write(b"%PDF-1.4\n")
    for number, body in enumerate(objects, start=1):
        where.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    begins = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % offset for offset in where)
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, begins))
    return out.getvalue()


def pdf_of_streams() -> bytes:
    """A PDF of the other kind: its objects lie in an object stream, its table is a stream (PDF 1.5)."""
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 300 400] /Resources << /Font << /F1 4 0 R >> >> >>",
        3: b"<< /Type /Page /Parent 2 0 R /Contents [5 0 R] >>",
        4: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    }
    heads, bodies = [], b""
    for number, body in objects.items():
        heads.append(f"{number} {len(bodies)}")
        bodies += body + b" "
    first = " ".join(heads).encode() + b" "
    packed = zlib.compress(first + bodies)
    drawing = b"BT /F1 24 Tf 20 300 Td (Le dossier 1) Tj ET"
    out = BytesIO()
    out.write(b"%PDF-1.5\n")
    where = {5: out.tell()}
    out.write(b"5 0 obj\n<< /Length %d >>\nstream\n%s\nendstream\nendobj\n" % (len(drawing), drawing))
    where[6] = out.tell()
    head = b"/Type /ObjStm /N 4 /First %d /Filter /FlateDecode /Length %d" % (len(first), len(packed))
    out.write(b"6 0 obj\n<< %s >>\nstream\n%s\nendstream\nendobj\n" % (head, packed))
    begins = where[7] = out.tell()
    rows = b"\x00\x00\x00\xff" + b"".join(b"\x02" + (6).to_bytes(2, "big") + bytes([place]) for place in range(4))
    rows += b"".join(b"\x01" + where[number].to_bytes(2, "big") + b"\x00" for number in (5, 6, 7))
    head = b"/Type /XRef /Size 8 /W [1 2 1] /Root 1 0 R /Length %d" % len(rows)
    out.write(b"7 0 obj\n<< %s >>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % (head, rows, begins))
    return out.getvalue()


def file_of(number: int = 25, body: bytes | None = None, **changes: Any) -> IssueFile:
    """The PDF of an issue, as the desk puts it."""
    facts: dict[str, Any] = {"name": f"actuia-{number}.pdf", "available_from": None, "reason": "Le numéro complet."}
    issue = Issue.objects.get(number=number)
    given = facts | changes
    return put(issue.pk, BytesIO(body or pdf()), actor=somebody(), at=given.pop("at", timezone.now()), **given)


def yes(subscription: Subscription, customer: Customer, *, number: int = 25, at: datetime = OUT) -> DigitalConsent:
    """A reader agrees, to what holds now."""
    text = DigitalRule.objects.latest("pk").text_id
    return agree(
        subscription.pk, number, customer, text_id=text or 0, actor=somebody(), on=at.date(), at=at
    )  # fmt: skip


def copy_of(subscription: Subscription, number: int = 25) -> Entitlement:
    """The copy of an issue."""
    return Entitlement.objects.get(term__subscription=subscription, issue__number=number)
