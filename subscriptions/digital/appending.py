"""The appendix of a PDF: objects written behind it that replace each page's dictionary by one with a line at its foot.

Imported when a file is put or handed over, and not before: pypdf takes some MiB, which pages at rest do without.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from django.utils.translation import gettext_lazy as _
from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject

from subscriptions.digital.stamping import PLACES, WORDS, Unfit

NAME = "/BoutiqueStamp"
SIZE, GREY, FROM_SIDE, FROM_FOOT = 6.5, 0.4, 18, 8  # points
MOST_PAGES = 2000
#: What reading a file that is not whole, or not as it should be, may end in.
BROKEN = (PyPdfError, KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError)
T = TypeVar("T")


def prepared(path: Path) -> bytes:
    """The appendix of the file at `path`, with places for the number. Raises Unfit."""
    with path.open("rb") as file:
        return _whole(lambda: _Appendix(file, _read(file), path.stat().st_size).written())


def pages_in(path: Path) -> int:
    """How many pages the file at `path` has. Raises Unfit."""
    with path.open("rb") as file:
        return _whole(lambda: len(_read(file).pages))


def stamped_pages(path: Path) -> int:
    """How many pages of the file at `path` bear the stamp. Raises Unfit."""

    def bear() -> int:
        pictures: list[Any] = [page["/Resources"] for page in _read(file).pages]
        return sum(NAME in found["/XObject"] for found in pictures)

    with path.open("rb") as file:
        return _whole(bear)


def _whole(look: Callable[[], T]) -> T:
    try:
        return look()
    except Unfit:
        raise
    except BROKEN as trouble:
        raise unfit() from trouble


def _read(file: BinaryIO) -> PdfReader:
    if file.read(5) != b"%PDF-":
        raise Unfit(_("This is not a PDF file."), code="no_pdf")
    file.seek(0)
    read = PdfReader(file)
    if read.is_encrypted:
        raise Unfit(_("This PDF is protected by a password or by restrictions: save it without."), code="encrypted")
    if not 0 < len(read.pages) <= MOST_PAGES:
        raise unfit()
    return read


def unfit() -> Unfit:
    """A PDF that is broken somewhere."""
    return Unfit(_("This PDF cannot be read to its end: have it made again, and try once more."), code="unreadable")


class _Appendix:
    """Objects written one after the other behind the file, and the table that says where they are."""

    def __init__(self, file: BinaryIO, read: PdfReader, size: int) -> None:
        self.read, self.end, self.out = read, size, BytesIO()
        self.previous = _last_table(file, size)
        file.seek(self.previous)
        self.as_stream = not file.read(16).lstrip().startswith(b"xref")
        size_said: Any = read.trailer["/Size"]
        self.next = int(size_said)
        self.where: dict[int, tuple[int, int]] = {}
        self.places: dict[str, IndirectObject] = {}

    def written(self) -> bytes:
        """The whole appendix."""
        self.out.write(b"\n")
        font, self.stamp = self._new(), self._new()
        self.before = self._add(self._new(), _stream(b"q\n"))
        self._add(font, b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
        for page in self.read.pages:
            self._page(page)
        self._add(self.stamp, _stamp(font))
        self._table()
        return self.out.getvalue()

    def _page(self, page: Any) -> None:
        new = DictionaryObject(dict.items(page))
        own = page.get("/Resources")
        resources = DictionaryObject(dict.items(own.get_object())) if own is not None else DictionaryObject()
        drawn = resources.get("/XObject")
        known = DictionaryObject(dict.items(drawn.get_object())) if drawn is not None else DictionaryObject()
        known[NameObject(NAME)] = self.stamp
        resources[NameObject("/XObject")] = known
        new[NameObject("/Resources")] = resources
        # What the page draws may leave its state changed: it is put back before the stamp is drawn.
        new[NameObject("/Contents")] = ArrayObject([self.before, *_contents(page), self._place(page)])
        written = BytesIO()
        new.write_to_stream(written)
        self._add(page.indirect_reference, written.getvalue())

    def _place(self, page: Any) -> IndirectObject:
        """The drawing of the stamp at the foot of the page as it is looked at; one for all pages of one shape."""
        box, turned = page.cropbox, int(page.get("/Rotate", 0)) % 360
        left, bottom, right, top = (float(edge) for edge in (box.left, box.bottom, box.right, box.top))
        matrix = {
            90: (0, 1, -1, 0, right - FROM_FOOT, bottom + FROM_SIDE),
            180: (-1, 0, 0, -1, right - FROM_SIDE, top - FROM_FOOT),
            270: (0, -1, 1, 0, left + FROM_FOOT, top - FROM_SIDE),
        }.get(turned, (1, 0, 0, 1, left + FROM_SIDE, bottom + FROM_FOOT))
        words = " ".join(f"{value:.2f}".rstrip("0").rstrip(".") for value in matrix)
        if words not in self.places:
            # An artifact: programs that read the page aloud leave it out.
            drawing = f"\nQ\n/Artifact BMC q {words} cm {NAME} Do Q EMC\n"
            self.places[words] = self._add(self._new(), _stream(drawing.encode("ascii")))
        return self.places[words]

    def _new(self) -> IndirectObject:
        self.next += 1
        return IndirectObject(self.next - 1, 0, self.read)

    def _add(self, name: IndirectObject, body: bytes) -> IndirectObject:
        self.where[name.idnum] = (self.end + self.out.tell(), name.generation)
        self.out.write(b"%d %d obj\n" % (name.idnum, name.generation) + body + b"\nendobj\n")
        return name

    def _table(self) -> None:
        """A table of the kind that the file has: a classic one, or a stream."""
        begins, trailer = self.end + self.out.tell(), self._trailer()
        if self.as_stream:
            name = self._new()
            self.where[name.idnum] = (begins, 0)
            rows = b"".join(
                b"\x01" + offset.to_bytes(4, "big") + generation.to_bytes(2, "big")
                for _number, (offset, generation) in sorted(self.where.items())
            )
            index = " ".join(f"{first} {count}" for first, count in _runs(self.where))
            head = b"/Type /XRef /Size %d /W [1 4 2] /Index [%s] %s" % (self.next, index.encode(), trailer)
            self.out.write(b"%d 0 obj\n" % name.idnum + _stream(rows, head) + b"\nendobj\n")
        else:
            self.out.write(b"xref\n0 1\n0000000000 65535 f \n")
            for first, count in _runs(self.where):
                self.out.write(b"%d %d\n" % (first, count))
                self.out.writelines(b"%010d %05d n \n" % self.where[first + place] for place in range(count))
            self.out.write(b"trailer\n<< /Size %d %s >>\n" % (self.next, trailer))
        self.out.write(b"startxref\n%d\n%%%%EOF\n" % begins)

    def _trailer(self) -> bytes:
        out = BytesIO()
        for key in ("/Root", "/Info", "/ID"):
            if key in self.read.trailer:
                out.write(key.encode() + b" ")
                self.read.trailer.raw_get(key).write_to_stream(out)
                out.write(b" ")
        return out.getvalue() + b"/Prev %d" % self.previous


def _stamp(font: IndirectObject) -> bytes:
    words = WORDS.encode("cp1252").replace(b"{number}", PLACES)
    drawing = b"BT %.1f g /F %.1f Tf (%s) Tj ET" % (GREY, SIZE, words)
    head = b"/Type /XObject /Subtype /Form /BBox [0 -3 420 9] /Resources << /Font << /F %d 0 R >> >>" % font.idnum
    return _stream(drawing, head)


def _stream(body: bytes, head: bytes = b"") -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (head, len(body), body)


def _contents(page: Any) -> Sequence[Any]:
    """What a page draws, as it is named in the file: nothing, one stream or several."""
    if "/Contents" not in page:
        return ()
    raw = page.raw_get("/Contents")
    array = raw.get_object()
    return list(array) if isinstance(array, ArrayObject) else [raw]


def _runs(where: dict[int, tuple[int, int]]) -> list[tuple[int, int]]:
    """Numbers that follow one another, as the first and how many."""
    runs = [
        [number for _place, number in group]
        for _key, group in groupby(enumerate(sorted(where)), lambda pair: pair[1] - pair[0])
    ]
    return [(run[0], len(run)) for run in runs]


def _last_table(file: BinaryIO, size: int) -> int:
    """Where the file says that its last table begins."""
    file.seek(max(size - 2048, 0))
    _before, found, after = file.read().rpartition(b"startxref")
    words = after.split()
    if not found or not words or not words[0].isdigit() or int(words[0]) >= size:
        raise unfit()
    return int(words[0])
