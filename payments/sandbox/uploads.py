"""A request that carries a file, taken apart: what any other request would have typed, and the file.

Stripe's clients choose another boundary each time they ask, so the bytes of two requests are never the same: a request is
known again, under its idempotency key, by its parameters and the hash of its file.
"""

import hashlib
from email import policy
from email.parser import BytesParser
from urllib.parse import urlencode

from payments.sandbox.wire import Upload

MULTIPART = "multipart/form-data"


def taken_apart(content_type: str, raw: bytes) -> tuple[str, Upload | None]:
    """The parameters as a form, and the file of a multipart body; a body that is none has neither."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    message = BytesParser(policy=policy.HTTP).parsebytes(head + raw)
    typed: list[tuple[str, str]] = []
    upload = None
    for part in message.iter_parts() if message.is_multipart() else ():
        name = str(part.get_param("name", header="content-disposition") or "")
        body = part.get_payload(decode=True)
        body = body if isinstance(body, bytes) else b""
        if (filename := part.get_filename()) is not None:
            upload = Upload(filename, body)
            typed.append((name, hashlib.sha256(body).hexdigest()))
        else:
            typed.append((name, body.decode("utf-8", "replace")))
    return urlencode(typed), upload
