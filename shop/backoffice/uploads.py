"""Files at one door only: everywhere else the shop takes none (`FILE_UPLOAD_HANDLERS` is empty)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt, csrf_protect

View = Callable[..., HttpResponse]


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


class CappedOnDisk(TemporaryFileUploadHandler):
    """The same for large files, which never lie in memory whole."""

    def __init__(self, request: HttpRequest, *, limit: int) -> None:
        super().__init__(request)
        self.limit = limit

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.file.write(raw_data[: max(self.limit + 1 - start, 0)])


def takes_files(limit: int, *, on_disk: bool = False) -> Callable[[View], View]:
    """A view that takes files up to `limit` bytes each, in memory or on disk.

    The token is checked as everywhere, after the limit is in place.
    """

    def around(view: View) -> View:
        guarded = csrf_protect(view)

        @csrf_exempt
        @wraps(view)
        def taking(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            request.upload_handlers = [CappedOnDisk(request, limit=limit) if on_disk else Capped(request, limit=limit)]
            return guarded(request, *args, **kwargs)

        return taking

    return around
