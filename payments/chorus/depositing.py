"""The file for the portal: the Factur-X of what is to be deposited, one PDF each, in a ZIP.

Names are short and plain, as the portal wants them: the number of the document. The same documents are the same bytes.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import datetime

from payments.documents import verified
from payments.invoicing.rendering import read_whole, rendering_of
from payments.models import ChorusDeposit

#: The portal takes no larger batch than this in one file.
AT_MOST = 100
_EPOCH = (1980, 1, 1, 0, 0, 0)


def to_deposit() -> list[ChorusDeposit]:
    """What waits for its deposit, the oldest first, as much as one file may hold."""
    waiting = ChorusDeposit.objects.filter(state=ChorusDeposit.State.TO_DEPOSIT).select_related("invoice")
    return list(waiting.order_by("invoice__issued_on", "pk")[:AT_MOST])


def archive(deposits: Sequence[ChorusDeposit], *, at: datetime) -> bytes:
    """The ZIP of their documents; those not set yet are set now. Moves nothing: the portal has to have taken it first."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_STORED) as packed:
        for one in deposits:
            pdf = verified(rendering_of(read_whole(one.invoice_id), at=at).document)
            if pdf is not None:
                packed.writestr(zipfile.ZipInfo(f"{one.invoice.reference}.pdf", _EPOCH), pdf)
    return body.getvalue()
