"""What an accountant's profile may say, and the file that it makes of rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from payments.exports import alphabet  # noqa: F401 – knows the nearest letters, as the error handler « fec »
from payments.exports.cells import cell
from payments.exports.journals import ACCOUNTS, AMOUNTS, FIELDS
from payments.exports.offered import Column, Kind
from payments.exports.sheets import Written, quoted, spooled
from payments.models import AccountantProfile

SEPARATORS = (";", ",", "\t", "|")
ENCODINGS = ("utf-8-sig", "utf-8", "cp1252", "iso8859-15")
DATE_FORMATS = ("%d/%m/%Y", "%d%m%Y", "%d%m%y", "%Y%m%d", "%Y-%m-%d", "%d/%m/%y")
MOST_COLUMNS = 40


def columns_of(text: str) -> list[dict[str, Any]]:
    """Columns as finance types them, one a line: field; head; longest text. Raises ValidationError with the line that is wrong."""
    found: list[dict[str, Any]] = []
    for place, line in enumerate(filter(None, map(str.strip, text.splitlines())), start=1):
        field, head, most = (*(part.strip() for part in line.split(";")), "", "")[:3]
        if field not in FIELDS or line.count(";") > 2 or (most and not most.isdecimal()):
            raise ValidationError(
                _("Line %(place)s is not « field; head; longest text »: %(line)s") % {"place": place, "line": line}
            )
        found.append({"field": field, "head": head, "most": int(most) if most else 0})
    return found


def typed(columns: Sequence[Mapping[str, Any]]) -> str:
    """The same as text again."""
    lines = ("; ".join([one["field"], one["head"], *([str(one["most"])] if one["most"] else [])]) for one in columns)
    return "\n".join(line.removesuffix("; ") for line in lines)


def refuse_unreadable(profile: AccountantProfile) -> None:
    """Raises ValidationError if its files could not be taken in: no day, no account, no amount; or one sign for two things."""
    fields = {one["field"] for one in profile.columns}
    if not profile.columns or len(profile.columns) > MOST_COLUMNS:
        raise ValidationError(_("Between 1 and %(most)s columns.") % {"most": MOST_COLUMNS})
    if "date" not in fields:
        raise ValidationError(_("A column has to be the date (date)."))
    if not fields & set(ACCOUNTS):
        raise ValidationError(_("A column has to be the account (account, or account_or_party)."))
    if not any(fields >= set(one) for one in AMOUNTS):
        raise ValidationError(_("Columns have to be the amount: debit and credit, amount and side, or signed."))
    if profile.separator == profile.decimal:
        raise ValidationError(_("The separator cannot be the decimal mark too."))


def as_import_file(profile: AccountantProfile, columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> Written:
    """The rows as the software of the accountant reads them. Nothing stands below them: it would be taken in as well."""
    count = 0
    longest = [one["most"] for one in profile.columns]

    def line(values: Iterable[Any]) -> bytes:
        cells = (
            _cell(value, profile, column, most)
            for value, column, most in zip(values, columns, longest, strict=True)
        )  # fmt: skip
        return (profile.separator.join(cells) + "\r\n").encode(profile.encoding.removesuffix("-sig"), errors="fec")

    def pieces() -> Iterator[bytes]:
        nonlocal count
        if profile.encoding == "utf-8-sig":
            yield b"\xef\xbb\xbf"
        if profile.head_line:
            heads = (quoted(one.head, profile.separator) for one in columns)
            yield (profile.separator.join(heads) + "\r\n").encode(profile.encoding.removesuffix("-sig"), errors="fec")
        for row in rows:
            count += 1
            yield line(row)

    file, sha256, size = spooled(pieces())
    return Written(file, sha256, size, count)


def _cell(value: Any, profile: AccountantProfile, column: Column, most: int) -> str:
    if column.kind != Kind.TEXT:
        return cell(value, days=profile.date_format, mark=profile.decimal)
    # Labels of a line each: what ends a line for one reader ends it for none.
    text = " ".join(str(value or "").split())
    text = cell(text[:most] if most else text)
    if profile.quoted and text:
        return '"' + text.replace('"', '""') + '"'
    return quoted(text, profile.separator)
