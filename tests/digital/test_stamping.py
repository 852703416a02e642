"""The number at the foot of each page: of both kinds of PDF, turned pages too; the file itself is left byte for byte."""

from __future__ import annotations

import tracemalloc
from io import BytesIO
from itertools import pairwise

import pytest
from pypdf import PdfReader, PdfWriter

from subscriptions.digital.appending import NAME
from subscriptions.digital.stamping import CHUNK, PLACES, Unfit, appendix, pages_of, stamped
from tests.digital.people import pdf, pdf_of_streams

LINE = "Exemplaire numérique réservé à l’usage personnel de l’abonné n°\u00a0"


def stamped_bytes(path, number):
    return b"".join(stamped(path, appendix(path, number)))


@pytest.fixture
def lying(tmp_path):
    def lie(body):
        path = tmp_path / "issue.pdf"
        path.write_bytes(body)
        return path

    return lie


@pytest.mark.parametrize(("body", "pages"), [(pdf(3), 3), (pdf_of_streams(), 1)], ids=["classic", "streams"])
def test_each_page_says_whose_it_is(lying, body, pages):
    path = lying(body)
    assert pages_of(path) == pages
    read = PdfReader(BytesIO(stamped_bytes(path, "00000042")), strict=True)
    assert len(read.pages) == pages
    for place, page in enumerate(read.pages, start=1):
        text = page.extract_text()
        assert f"Le dossier {place}" in text
        assert f"{LINE}00000042" in text


def test_the_file_comes_first_byte_for_byte_and_two_readers_differ_in_their_number_alone(lying):
    body = pdf(2)
    path = lying(body)
    one, other = stamped_bytes(path, "00000042"), stamped_bytes(path, "0000001234")
    assert one.startswith(body)
    assert other.startswith(body)
    assert len(one) == len(other)
    differ = [place for place, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1]]
    assert 0 < len(differ) <= len(PLACES)
    assert differ[-1] - differ[0] < len(PLACES)
    assert PLACES not in one


def test_the_stamp_is_at_the_foot_however_the_page_is_turned(lying):
    writer = PdfWriter()
    for turned in (0, 90, 180, 270):
        writer.add_blank_page(400, 600).rotate(turned)
    out = BytesIO()
    writer.write(out)
    read = PdfReader(BytesIO(stamped_bytes(lying(out.getvalue()), "00000042")))
    drawn = [page.get_contents().get_data().decode() for page in read.pages]
    assert [one[one.index("q ", 3) :].split(" cm")[0] for one in drawn] == [
        "q 1 0 0 1 18 8", "q 0 1 -1 0 392 18", "q -1 0 0 -1 382 592", "q 0 -1 1 0 8 582",
    ]  # fmt: skip


def test_what_a_page_shares_with_others_is_left_as_it_was(lying):
    path = lying(pdf_of_streams())
    read = PdfReader(BytesIO(stamped_bytes(path, "00000042")))
    assert NAME in read.pages[0]["/Resources"]["/XObject"]
    assert "/F1" in read.pages[0]["/Resources"]["/Font"]
    assert "/XObject" not in read.get_object(2)["/Resources"]


def test_a_stamped_file_may_be_stamped_again(lying, tmp_path):
    path = lying(pdf(1))
    again = tmp_path / "again.pdf"
    again.write_bytes(stamped_bytes(path, "00000042"))
    assert pages_of(again) == 1
    assert f"{LINE}00000043" in PdfReader(BytesIO(stamped_bytes(again, "00000043"))).pages[0].extract_text()


def encrypted():
    writer = PdfWriter(clone_from=BytesIO(pdf(1)))
    writer.encrypt("secret")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "not a PDF"),
        (b"PK\x03\x04 a sheet", "not a PDF"),
        (b"\xef\xbb\xbf" + pdf(1), "not a PDF"),
        (b"%PDF-1.4\n" + b"x" * 5000, "cannot be read"),
        (pdf(2)[:-600], "cannot be read"),
        (pdf(1).replace(b"startxref", b"startyref"), "cannot be read"),
        (pdf(1).replace(b"/Pages 2 0 R", b"/Pages 9 0 R"), "cannot be read"),
        (encrypted(), "password"),
    ],
    ids=["empty", "a sheet", "a mark before", "rubbish", "cut off", "no table", "no pages", "encrypted"],
)
def test_what_is_no_pdf_that_can_be_stamped_is_refused(lying, body, why):
    path = lying(body)
    with pytest.raises(Unfit, match=why):
        pages_of(path)
    assert [one.name for one in path.parent.iterdir() if one.suffix == ".trial"] == []


def test_a_number_that_is_too_long_is_a_mistake_of_ours(lying):
    with pytest.raises(ValueError, match="more than 10"):
        appendix(lying(pdf(1)), "0" * 11)


def test_a_file_of_twenty_megabytes_never_lies_in_memory(lying):
    pages_of(lying(pdf(1)))  # what is imported and kept once is no part of it
    path = lying(pdf(8, picture=20_000_000))
    tracemalloc.start()
    assert pages_of(path) == 8
    assert sum(map(len, stamped(path, appendix(path, "00000042")))) > 20_000_000
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000


def test_the_bytes_are_handed_on_in_pieces(lying):
    path = lying(pdf(1, words="x" * 200_000))
    pieces = list(stamped(path, appendix(path, "1")))
    assert len(pieces) > 3
    assert all(len(piece) <= CHUNK for piece in pieces)
    assert all(len(piece) == CHUNK for piece, _after in pairwise(pieces[:-2]))
