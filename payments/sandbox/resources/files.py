"""Files: evidence that answers a dispute (https://docs.stripe.com/file-upload): PDF, JPEG or PNG, 5 MB, kept nine months.

What is kept of a file is what it was, not its bytes: name, size, hash and pages.
"""

import hashlib
import io
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from stripe._file_service import FileService

from payments.sandbox.calls import Call, Route
from payments.sandbox.clock import DAY
from payments.sandbox.errors import invalid, malformed
from payments.sandbox.listing import page
from payments.sandbox.store import Obj

PURPOSE = "dispute_evidence"
LARGEST = 5 * 1024 * 1024
KEPT_DAYS = 270
KINDS = ((b"%PDF-", "pdf"), (b"\x89PNG\r\n", "png"), (b"\xff\xd8\xff", "jpg"))


def create(call: Call) -> Obj:
    """Take a file in. Raises 400 for another purpose, another kind of file, or one that is too large."""
    purpose, _hash = call.params["purpose"], call.params["file"]
    if call.upload is None:
        raise malformed("Invalid file: it must be sent as multipart/form-data.", param="file")
    if purpose != PURPOSE:
        raise invalid(f"The stand-in takes files of purpose {PURPOSE} only.", param="purpose")
    body = call.upload.body
    kind = next((kind for begins, kind in KINDS if body.startswith(begins)), None)
    if kind is None:
        raise invalid("The file must be a PDF, JPEG or PNG.", param="file")
    if len(body) > LARGEST:
        raise invalid(f"The file is larger than {LARGEST} bytes.", param="file")
    made = call.world.new(
        "file", "file_1", 23, expires_at=call.world.clock.now() + KEPT_DAYS * DAY, filename=call.upload.name,
        purpose=purpose, size=len(body), type=kind, title=None, _sha256=hashlib.sha256(body).hexdigest(),
        _pages=_pages(body) if kind == "pdf" else 1,
    )  # fmt: skip
    links = {"object": "list", "data": [], "has_more": False, "url": f"/v1/file_links?file={made['id']}"}
    return call.world.change(made, links=links, url=f"{call.origin}/v1/files/{made['id']}/contents")


def listed(call: Call) -> Obj:
    """Files, newest first, by purpose."""
    purpose = call.params.get("purpose")
    found = call.world.store.newest("file")
    return page(call.path, found, call.params, only=lambda one: purpose in (None, one["purpose"]))


def retrieve(call: Call) -> Obj:
    """One file."""
    return call.world.need("file", call.ids[0])


def _pages(body: bytes) -> int:
    try:
        return len(PdfReader(io.BytesIO(body)).pages)
    except (PyPdfError, ValueError, KeyError):
        raise invalid("The file cannot be read as a PDF.", param="file") from None


ROUTES: tuple[Any, ...] = (
    Route(FileService, "create", create),
    Route(FileService, "list", listed),
    Route(FileService, "retrieve", retrieve),
)
