"""Files at one door only: everywhere else the shop takes none (`FILE_UPLOAD_HANDLERS` is empty)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from io import BytesIO
from tempfile import TemporaryFile
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt, csrf_protect

View = Callable[..., HttpResponse]
#: Bytes of a form around its file.
MARGIN = 65_536


class Capped(FileUploadHandler):
    """Keeps a file in memory up to its limit and one byte: whoever reads it sees that it is too large."""

    def __init__(self, request: HttpRequest, *, limit: int) -> None:
        super().__init__(request)
        self.limit = limit
        self.held = BytesIO()

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.held = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.held.write(raw_data[: max(self.limit + 1 - start, 0)])

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        self.held.seek(0)
        return InMemoryUploadedFile(
            self.held, self.field_name, self.file_name or "", self.content_type or "", file_size, self.charset
        )


class Spooled(FileUploadHandler):
    """Keeps a long file on disk, up to its limit; whoever asks for its size sees that it was longer. Memory stays flat."""

    def __init__(self, request: HttpRequest, *, limit: int) -> None:
        super().__init__(request)
        self.limit = limit
        self.held: Any = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.held = TemporaryFile()  # noqa: SIM115  # closed with the request

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.held.write(raw_data[: max(self.limit + 1 - start, 0)])

    def file_complete(self, file_size: int) -> UploadedFile:
        self.held.seek(0)
        return UploadedFile(self.held, self.file_name or "", self.content_type or "", file_size, self.charset)


def takes_files(limit: int, *, on_disk: bool = False) -> Callable[[View], View]:
    """A view that takes files up to `limit` bytes each, in memory or on disk.

    The token is checked as everywhere, after the limit is in place.
    """

    def around(view: View) -> View:
        guarded = csrf_protect(view)

        @csrf_exempt
        @wraps(view)
        def taking(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            request.upload_handlers = [Spooled(request, limit=limit) if on_disk else Capped(request, limit=limit)]
            return guarded(request, *args, **kwargs)

        return taking

    return around


def takes_long_files(limit: int, *, too_long: View) -> Callable[[View], View]:
    """The same for files that no memory should hold. A request that says itself that it is longer is answered by
    `too_long` before anything of it is read, its token included: nothing is done there.
    """

    def around(view: View) -> View:
        guarded = csrf_protect(view)

        @csrf_exempt
        @wraps(view)
        def taking(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            said = request.META.get("CONTENT_LENGTH") or "0"
            if said.isdecimal() and int(said) > limit + MARGIN:
                return too_long(request, *args, **kwargs)
            request.upload_handlers = [Spooled(request, limit=limit)]
            return guarded(request, *args, **kwargs)

        return taking

    return around
