"""A statement's file at the desk: read, shown with what would become of its lines, and let in whole by a second click."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from payments import documents
from payments.bank.payouts import looks_like_payout
from payments.bank.reading import too_large
from payments.bank.statements import LARGEST
from payments.days import paris_day
from payments.models import BankLine, CsvProfile
from payments.money import parse_french
from shop.backoffice import bank_words, words
from shop.backoffice.acting import ReasonForm
from shop.backoffice.bank_tables import money, names_of
from shop.backoffice.doors import actor_of, desk, page
from shop.backoffice.roles import Right
from shop.backoffice.showing import columns
from shop.backoffice.tables import Cell, Table
from shop.backoffice.uploads import takes_long_files
from shop.templatetags.french import short_day
from shop.watch.bell import ring
from subscriptions.bank.taking_in import Foreseen, Typed, foresee, let_in

_SALT = "shop.backoffice.bank_file"
#: A file that was only looked at is forgotten soon; wrapped, it is another document than the one that is let in.
LOOKED_AT = timedelta(days=1)
SHOWN = 200


class FileForm(ReasonForm):
    """The bank's file, and what it does not say."""

    file = forms.FileField(
        label=gettext_lazy("Statement"),
        help_text=gettext_lazy(
            "camt.053 (XML), MT940 or CSV as the bank’s page gives it, 20 MB at most. See docs/bank.md."
        ),
        error_messages={"required": gettext_lazy("Please choose a file.")},
        widget=forms.ClearableFileInput(attrs={"accept": ".xml,.sta,.940,.mt940,.txt,.csv"}),
    )
    profile = forms.ModelChoiceField(
        label=gettext_lazy("Profile of the CSV"),
        queryset=CsvProfile.objects.none(),
        required=False,
        empty_label=pgettext("profile", "none: it is camt.053 or MT940"),
    )
    opening = forms.CharField(
        label=gettext_lazy("First balance"),
        max_length=20,
        required=False,
        help_text=gettext_lazy("Only if the file does not give it: as the bank’s page shows it."),
    )
    closing = forms.CharField(label=gettext_lazy("Last balance"), max_length=20, required=False)
    field_order = ["file", "profile", "opening", "closing", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["profile"].queryset = CsvProfile.objects.order_by("name")  # type: ignore[attr-defined]

    def clean_opening(self) -> Any:
        """Euros as they are written in French."""
        return self._balance("opening")

    def clean_closing(self) -> Any:
        """Euros as they are written in French."""
        return self._balance("closing")

    def _balance(self, name: str) -> Any:
        typed = self.cleaned_data[name].strip()
        return parse_french(typed).amount if typed else None


def _too_long(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    said = {"form": FileForm(), "back_url": reverse("desk_bank"), "sentences": too_large().messages}
    return page(request, "backoffice/bank_file.html", said, status=413)


@takes_long_files(LARGEST, too_long=desk(Right.BANK, methods=("GET", "POST"))(_too_long))
@desk(Right.BANK, methods=("GET", "POST"))
def bank_file(request: HttpRequest) -> HttpResponse:
    """The form; sent, what is in the file and what would become of it; let in by the second step, in one transaction."""
    if request.method == "POST" and request.POST.get("step") == "let_in":
        return _let_in(request)
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method != "POST" or not form.is_valid():
        return _drawn(request, form)
    at, typed = timezone.now(), form.cleaned_data
    body = typed["file"].read()
    beside = Typed(typed["profile"], typed["opening"], typed["closing"])
    try:
        seen = foresee(body, beside, on=paris_day(at))
    except ValidationError as trouble:
        form.add_error("file", trouble)
        return _drawn(request, form)
    seal = ""
    if not seen.refused:
        # Its instant in front: looked at again once the purge has emptied it, it is another document.
        kept = documents.keep(
            f"{at.isoformat()}\n".encode() + zlib.compress(body),
            media_type="application/zlib",
            keep_until=paris_day(at) + LOOKED_AT,
            at=at,
        )
        facts = [
            kept.sha256, request.user.pk, typed["profile"].pk if typed["profile"] else None,
            *(str(one) if one is not None else "" for one in (typed["opening"], typed["closing"])),
            typed["file"].name, typed["reason"], seen.seal,
        ]  # fmt: skip
        seal = signing.dumps(facts, salt=_SALT)
    return _drawn(request, form, seen=seen, seal=seal)


def _let_in(request: HttpRequest) -> HttpResponse:
    here = HttpResponseRedirect(reverse("desk_act_bank_file"))
    try:
        sha256, who, profile, opening, closing, name, reason, shown = signing.loads(
            request.POST.get("seal", ""), salt=_SALT, max_age=3600
        )
    except (signing.BadSignature, ValueError):
        sha256, who, profile, opening, closing, name, reason, shown = "", None, None, "", "", "", "", ""
    wrapped = documents.read(sha256) if who == request.user.pk else None
    if wrapped is None:
        messages.error(request, _("Choose the file once more: this page was open for too long."))
        return here
    beside = Typed(
        CsvProfile.objects.filter(pk=profile).first() if profile else None,
        parse_french(opening).amount if opening else None,
        parse_french(closing).amount if closing else None,
    )
    try:
        made = let_in(
            zlib.decompress(wrapped.partition(b"\n")[2]),
            beside,
            name=name,
            reason=reason,
            actor=actor_of(request),
            at=timezone.now(),
            seal=shown,
        )
    except ValidationError as trouble:
        for sentence in trouble.messages:
            messages.error(request, sentence)
        return here
    ring("letters")
    lines = BankLine.objects.filter(statement__in=made)
    rest = lines.exclude(left=0).count()
    messages.success(
        request,
        ngettext("The statement is let in.", "%(count)s statements are let in.", len(made)) % {"count": len(made)}
        + " "
        + ngettext("%(count)s line waits for its explanation.", "%(count)s lines wait for their explanation.", rest)
        % {"count": rest},
    )
    return HttpResponseRedirect(
        reverse("desk_bank_statement", args=[made[0].pk]) if len(made) == 1 else reverse("desk_bank")
    )


def _drawn(request: HttpRequest, form: FileForm, *, seen: Foreseen | None = None, seal: str = "") -> HttpResponse:
    said = {
        "form": form,
        "seal": seal,
        "refused": seen.refused if seen else (),
        "warnings": [sentence for one in seen.judged for sentence in one.warnings] if seen else (),
        "tables": [_statements(seen), *([_becomes(seen), _lines(seen)] if seal else [])] if seen else [],
        "read": seen is not None,
        "back_url": reverse("desk_bank"),
    }
    status = 422 if form.errors or (seen is not None and seen.refused) else 200
    return page(request, "backoffice/bank_file.html", said, status=status)


def _statements(seen: Foreseen) -> Table:
    return Table(
        label=_("What is in the file"),
        title=_("What is in the file"),
        columns=columns(
            _("Format"), _("Number"), "#" + pgettext("statement", "Days"), "#" + _("Lines"), "#" + _("First balance"),
            "#" + _("Moved"), "#" + _("Last balance"), _("Verdict"),
        ),
        rows=[
            (
                Cell(one.read.format),
                Cell(f"{one.read.identifier} {one.read.sequence}".strip(), mono=True),
                Cell(f"{short_day(one.read.opened_on)} – {short_day(one.read.closed_on)}", num=True),
                Cell(len(one.read.lines), num=True),
                Cell(money(one.read.opening) if one.read.opening is not None else "", num=True),
                Cell(money(one.read.moved), num=True),
                Cell(money(one.read.closing) if one.read.closing is not None else "", num=True),
                Cell(_("refused"), chip=words.BAD)
                if one.refused
                else Cell(_("to be known"), chip=words.WAIT)
                if one.warnings
                else Cell(_("good"), chip=words.GOOD),
            )
            for one in seen.judged
        ],
    )  # fmt: skip


def _verdict(seen: Foreseen, place: int) -> str:
    line, found = seen.lines[place], seen.proposals.get(place, [])
    if looks_like_payout(line) and not found:
        return "payout"
    if not line.amount or (found and found[0].automatic):
        return "alone"
    return "proposed" if found else "nothing"


def _becomes(seen: Foreseen) -> Table:
    """How many lines need nobody, and how many a person."""
    sentences = {
        "alone": _("explained by themselves"),
        "proposed": _("with proposals, for a person"),
        "payout": _("look like a payout of Stripe’s, and wait for it"),
        "nothing": _("to be explained by a person"),
    }
    many = Counter(_verdict(seen, place) for place in range(len(seen.lines)))
    return Table(
        label=_("What would become of its lines"),
        title=_("What would become of its lines"),
        columns=columns(_("Lines"), "#" + _("How many")),
        rows=[(Cell(sentence), Cell(many[name], num=True)) for name, sentence in sentences.items()],
        total=(Cell(_("In all")), Cell(len(seen.lines), num=True)),
    )


def _lines(seen: Foreseen) -> Table:
    places: Sequence[int] = range(min(len(seen.lines), SHOWN))
    best = {place: seen.proposals[place][0] for place in places if seen.proposals.get(place)}
    named = names_of(list(best.values()))
    title = _("Lines") if len(seen.lines) <= SHOWN else _("The first %(count)s lines") % {"count": SHOWN}

    def row(place: int) -> Sequence[Cell]:
        line, one = seen.lines[place], best.get(place)
        verdict = _verdict(seen, place)
        tone = {"alone": words.GOOD, "proposed": words.WAIT, "payout": words.WAIT, "nothing": words.BAD}[verdict]
        said = {
            "alone": _("by itself"), "proposed": _("proposed"), "payout": _("payout"), "nothing": _("to be explained"),
        }[verdict]  # fmt: skip
        return (
            Cell(short_day(line.booked_on), num=True),
            Cell(money(line.amount), num=True),
            Cell(line.counterparty),
            Cell(" ".join(line.text.split())[:90]),
            Cell(said, chip=tone),
            Cell(f"{bank_words.WHAT[one.what]} : {named[one.name]}".replace(" :", "\u00a0:") if one else ""),
            Cell(" ".join(bank_words.why(one.because)) if one else ""),
        )

    return Table(
        label=title,
        title=title,
        columns=columns(
            "#" + pgettext("bank line", "Booked"), "#" + _("Amount"), _("From or to"), _("Label"), _("Verdict"), _("What"), _("Why")
        ),
        rows=[row(place) for place in places],
        empty=_("Nothing moved."),
    )  # fmt: skip
