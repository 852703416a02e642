"""A file of returns at the desk: read, shown line by line, and let in whole by a second click, or not at all."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from payments import documents
from payments.days import paris_day
from payments.desk import record_act
from shop.backoffice import words
from shop.backoffice.doors import actor_of, desk, page
from shop.backoffice.roles import Right
from shop.backoffice.showing import columns
from shop.backoffice.tables import Cell, Table
from shop.backoffice.uploads import takes_files
from shop.watch.bell import ring
from subscriptions.losses.return_file import LARGEST, Line, Unreadable, Verdict, read
from subscriptions.losses.returning import write_down
from subscriptions.models import CopyReturn

View = Callable[..., HttpResponse]
_SALT = "shop.backoffice.return_file"
KEPT = timedelta(days=90)
#: What a form is beside its file.
AROUND = 64 * 1024
SHOWN = 200


class FileForm(forms.Form):
    """The file of the post, or of the mailing house."""

    file = forms.FileField(
        label=gettext_lazy("File of returns"),
        help_text=gettext_lazy("CSV with the columns cle_unique, motif and date; 8 MB at most."),
        error_messages={"required": gettext_lazy("Please choose a file.")},
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv,text/plain"}),
    )


def refused_early(view: View) -> View:
    """What is far too large is refused by its own word, before a byte of it is read."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > LARGEST + AROUND:
            return HttpResponse(
                _("This file is too large: 8 MB at most."), status=413, content_type="text/plain; charset=utf-8"
            )
        return view(request, *args, **kwargs)

    return guarded


@refused_early
@takes_files(LARGEST)
@desk(Right.STOCK, methods=("GET", "POST"))
def return_file(request: HttpRequest) -> HttpResponse:
    """The form; sent, every line with its verdict; let in by the second step, all good lines in one transaction."""
    if request.method == "POST" and request.POST.get("step") == "let_in":
        return _let_in(request)
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method != "POST" or not form.is_valid():
        return _drawn(request, form)
    at = timezone.now()
    body = form.cleaned_data["file"].read()
    try:
        lines = read(body, on=paris_day(at))
    except Unreadable as trouble:
        sentence = str(words.FILE_TROUBLE[trouble.trouble])
        if trouble.columns:
            sentence += " " + _("Its first line: %(columns)s.") % {"columns": ", ".join(trouble.columns)[:200]}
        form.add_error("file", sentence)
        return _drawn(request, form)
    kept = documents.keep(body, media_type="text/csv", keep_until=paris_day(at) + KEPT, at=at)
    return _drawn(request, form, lines=lines, seal=signing.dumps([kept.sha256, request.user.pk], salt=_SALT))


def _let_in(request: HttpRequest) -> HttpResponse:
    try:
        sha256, who = signing.loads(request.POST.get("seal", ""), salt=_SALT, max_age=3600)
    except (signing.BadSignature, ValueError):
        sha256, who = "", None
    body = documents.read(sha256) if who == request.user.pk else None
    if body is None:
        messages.error(request, _("Choose the file once more: this page was open for too long."))
        return HttpResponseRedirect(reverse("desk_act_return_file"))
    at = timezone.now()
    # Judged again: what came in meanwhile is known by now.
    rows = [line.returned for line in read(body, on=paris_day(at)) if line.returned is not None]
    made = write_down(rows, source=CopyReturn.Source.FILE, actor=actor_of(request), at=at)
    if made:
        record_act(
            "let a file of returns in", subject="returns:file", actor=actor_of(request), at=at,
            facts={"sha256": hashlib.sha256(body).hexdigest(), "lines": made},
        )  # fmt: skip
        ring("lost-copies")
    said = ngettext("%(count)d return was written down.", "%(count)d returns were written down.", made)
    messages.success(request, said % {"count": made})
    return HttpResponseRedirect(reverse("desk_copy_returns"))


def _drawn(request: HttpRequest, form: FileForm, *, lines: Sequence[Line] = (), seal: str = "") -> HttpResponse:
    counts = Counter(line.verdict for line in lines)
    said = {
        "form": form,
        "seal": seal,
        "good": counts[Verdict.GOOD],
        "tables": [_counted(counts), _wrong(lines)] if lines else [],
        "read": bool(seal),
        "back_url": reverse("desk_copy_returns"),
    }
    return page(request, "backoffice/return_file.html", said, status=422 if form.errors else 200)


def _counted(counts: Counter[Verdict]) -> Table:
    return Table(
        label=_("Lines of the file"),
        title=_("Lines of the file"),
        columns=columns(_("What they are"), "#" + _("Lines")),
        rows=[
            (Cell(words.LINE_VERDICT[verdict]), Cell(counts[verdict], num=True))
            for verdict in Verdict
            if counts[verdict]
        ],
        total=[Cell(_("Total")), Cell(sum(counts.values()), num=True)],
    )


def _wrong(lines: Sequence[Line]) -> Table:
    wrong = [line for line in lines if line.verdict != Verdict.GOOD]
    return Table(
        label=_("Lines that stay outside"),
        title=_("Lines that stay outside"),
        columns=columns("#" + _("Line"), _("Key"), _("Reason"), _("Date"), _("Why")),
        rows=[
            (
                Cell(line.number, num=True),
                Cell(line.key, mono=True),
                Cell(line.reason),
                Cell(line.day),
                Cell(words.LINE_VERDICT[line.verdict]),
            )
            for line in wrong[:SHOWN]
        ],
        empty=_("Every line can be let in."),
    )
