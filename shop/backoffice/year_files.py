"""Files of a large year that were asked for: where each stands, and the file once it is ready."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from payments.models import FileRequest
from shop.backoffice import words
from shop.backoffice.showing import columns
from shop.backoffice.tables import Cell, Table
from shop.templatetags.french import stamp

SHOWN = 20


def requests_table() -> Table:
    """The large files that were asked for, the newest first. Three queries."""
    rows = list(FileRequest.objects.select_related("file").order_by("-pk")[:SHOWN])
    names = words.names_of_staff(one.actor for one in rows)
    return Table(
        label=_("Files of a year, asked for"),
        title=_("Files of a year, asked for"),
        anchor="demandes",
        columns=columns(_("File"), "#" + _("Asked for"), _("By"), _("Status"), "#" + _("Since"), _("What happened")),
        rows=[
            (
                Cell(
                    one.file.name if one.file else f"{words.said(words.YEAR_FILE, one.kind)['word']} {one.year}",
                    reverse("desk_kept_file", args=[one.file_id]) if one.file_id else "",
                    mono=one.file is not None,
                ),
                Cell(stamp(one.asked_at), num=True),
                Cell(words.who(one.actor, names)),
                Cell(
                    words.said(words.FILE_REQUEST, one.state)["word"],
                    chip=words.said(words.FILE_REQUEST, one.state)["tone"],
                ),
                Cell(stamp(one.state_since), num=True),
                Cell(one.refusal),
            )
            for one in rows
        ],
        empty=_("Nobody has asked for a large file yet."),
    )
