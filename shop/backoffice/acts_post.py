"""Acts about letters on paper: make a batch, mark it as posted, take that back, take one letter out; a letter posted by hand."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from payments.actors import Actor
from payments.days import paris_day
from shop.backoffice import words
from shop.backoffice.acting import Done, Impossible, Preview, ReasonForm, TwoSteps
from shop.backoffice.roles import Right
from shop.backoffice.tables import Fact
from shop.templatetags.french import short_day
from shop.watch.bell import ring
from subscriptions.calendar import legal_notice_window
from subscriptions.models import Notice, PostBatch, PostBatchLetter, Renewal
from subscriptions.paper import batching
from subscriptions.paper.waiting import deadline, waiting
from subscriptions.renewals.matters import LEGAL, letters, standing_letter
from subscriptions.renewals.proving import BEFORE_THE_CHARGE, record_posted

Outcome = PostBatchLetter.Outcome


class BatchForm(forms.Form):
    """How many letters."""

    most = forms.IntegerField(
        label=gettext_lazy("Letters, at most"),
        min_value=1,
        max_value=batching.MOST,
        initial=batching.MOST,
        help_text=gettext_lazy("The most urgent first."),
    )


class MakeBatch(TwoSteps):
    """The letters that wait, set, numbered and put into one file."""

    name = "make_batch"
    right = Right.POST
    title = gettext_lazy("Make a batch")
    button = gettext_lazy("Make it")
    form_class = BatchForm
    made: PostBatch | None = None

    def load(self, request: HttpRequest, key: int) -> Any:
        if not waiting(at=timezone.now()).exists():
            raise Impossible(_("No letter waits to be posted."))
        return "waiting"

    def form(self, subject: Any, data: Any) -> forms.Form:
        return BatchForm(data, initial={"most": batching.MOST})

    def preview(self, subject: Any, form: Any) -> Preview:
        rows = list(waiting(at=timezone.now())[: form.cleaned_data["most"]])
        until = [found.last for one in rows if (found := deadline(one))]
        return Preview(
            facts=[
                Fact(_("Letters"), len(rows)),
                Fact(_("First"), words.letter_kind(rows[0].kind) if rows else ""),
                Fact(_("Earliest last day"), short_day(min(until)) if until else ""),
            ],
            warning=_("What was printed is kept as it is. A letter that is no longer true is withdrawn meanwhile."),
        )

    def do(self, subject: Any, form: Any, *, actor: Actor, at: datetime) -> Done:
        self.made = batching.make_batch(actor=actor, at=at, limit=form.cleaned_data["most"])
        if self.made is None:
            raise Impossible(_("None of the letters that wait can be printed: see the desks."))
        return Done(_("Batch %(reference)s is ready to be printed.") % {"reference": self.made.reference})

    def back(self, subject: Any) -> str:
        return reverse("desk_batch", args=[self.made.pk]) if self.made else reverse("desk_post")

    def about(self, subject: Any) -> str:
        return str(_("Letters to post"))


class PostedForm(ReasonForm):
    """On which day; and the number of each registered letter, where there is one."""

    posted_on = forms.DateField(
        label=gettext_lazy("Posted on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    field_order = ["posted_on", "reason"]

    def __init__(self, data: Any = None, *, lines: Any = (), on: date) -> None:
        super().__init__(data, initial={"posted_on": on, "reason": _("taken to the letter box")})
        for line in lines:
            self.fields[f"registered_{line.notice_id}"] = forms.CharField(
                label=_("No. %(place)s, %(name)s: number of the registered letter")
                % {"place": line.place, "name": line.notice.to_name},
                required=False,
                max_length=40,
            )

    def registered(self) -> dict[int, str]:
        """The numbers typed, by letter."""
        typed = {name: value for name, value in self.cleaned_data.items() if name.startswith("registered_") and value}
        return {int(name.removeprefix("registered_")): value for name, value in typed.items()}


def _left(batch: PostBatch) -> list[PostBatchLetter]:
    """What of a batch is still to be posted, in its order."""
    return list(batch.lines.filter(outcome=Outcome.TO_POST).select_related("notice"))


class MarkPosted(TwoSteps):
    """What is left in a batch was posted on a day."""

    name = "posted"
    right = Right.POST
    title = gettext_lazy("Mark a batch as posted")
    button = gettext_lazy("It is posted")

    def load(self, request: HttpRequest, key: int) -> PostBatch | None:
        one = PostBatch.objects.filter(pk=key).first()
        if one is not None and not _left(one):
            raise Impossible(_("Nothing of this batch waits to be posted any more."))
        return one

    def form(self, subject: PostBatch, data: Any) -> forms.Form:
        legal = [line for line in _left(subject) if line.notice.rank == Notice.Rank.LEGAL]
        return PostedForm(data, lines=legal, on=paris_day(timezone.now()))

    def preview(self, subject: PostBatch, form: Any) -> Preview:
        left, on = _left(subject), form.cleaned_data["posted_on"]
        if on > paris_day(timezone.now()):
            raise Impossible(_("Nothing is posted in the future."))
        late = [line for line in left if (until := deadline(line.notice)) and on > until.last]
        untrue = [line for line in left if batching.untrue_because(line.notice, at=timezone.now())]
        return Preview(
            facts=[
                Fact(_("Batch"), subject.reference),
                Fact(_("Letters"), len(left)),
                Fact(_("Posted on"), short_day(on)),
                Fact(_("Registered"), len(form.registered()) or ""),
                Fact(_("After their last day"), ", ".join(line.notice.to_name for line in late)),
                Fact(_("No longer true"), ", ".join(line.notice.to_name for line in untrue)),
            ],
            warning=_(
                "From tomorrow on this is the proof on which charges rest. Until midnight it can be taken back. What was "
                "posted after its last day proves nothing, and nothing is charged on its account."
            ),
        )

    def do(self, subject: PostBatch, form: Any, *, actor: Actor, at: datetime) -> Done:
        count = batching.mark_posted(
            subject,
            posted_on=form.cleaned_data["posted_on"],
            actor=actor,
            reason=form.cleaned_data["reason"],
            at=at,
            registered=form.registered(),
        )
        return Done(_letters(count) % {"count": count, "day": short_day(form.cleaned_data["posted_on"])})

    def back(self, subject: PostBatch) -> str:
        return reverse("desk_batch", args=[subject.pk])


def _letters(count: int) -> str:
    return ngettext("%(count)d letter was posted on %(day)s.", "%(count)d letters were posted on %(day)s.", count)


class TakePostingBack(TwoSteps):
    """A posting that was written down by mistake today."""

    name = "unposted"
    right = Right.POST
    title = gettext_lazy("Take a posting back")
    button = gettext_lazy("Take it back")

    def load(self, request: HttpRequest, key: int) -> PostBatch | None:
        return PostBatch.objects.filter(pk=key).first()

    def preview(self, subject: PostBatch, form: Any) -> Preview:
        return Preview(
            [Fact(_("Batch"), subject.reference)],
            _("Only what was marked today. The letters are to be posted again; what was written down stays beside it."),
        )

    def do(self, subject: PostBatch, form: Any, *, actor: Actor, at: datetime) -> Done:
        count = batching.undo_posting(subject, actor=actor, reason=form.cleaned_data["reason"], at=at)
        said = ngettext("%(count)d letter is to be posted again.", "%(count)d letters are to be posted again.", count)
        return Done(said % {"count": count})

    def back(self, subject: PostBatch) -> str:
        return reverse("desk_batch", args=[subject.pk])


class TakeOut(TwoSteps):
    """One letter does not leave with its batch."""

    name = "take_out"
    right = Right.POST
    title = gettext_lazy("Take a letter out of its batch")
    button = gettext_lazy("Take it out")

    def load(self, request: HttpRequest, key: int) -> PostBatchLetter | None:
        one = PostBatchLetter.objects.select_related("batch", "notice").filter(pk=key).first()
        if one is not None and one.outcome != Outcome.TO_POST:
            raise Impossible(_("This letter is not to be posted with this batch any more."))
        return one

    def preview(self, subject: PostBatchLetter, form: Any) -> Preview:
        untrue = batching.untrue_because(subject.notice, at=timezone.now())
        then = _("It is withdrawn: it is no longer true.") if untrue else _("It waits again, and is written anew.")
        return Preview(
            [
                Fact(_("Batch"), subject.batch.reference),
                Fact(_("Letter"), words.letter_kind(subject.notice.kind)),
                Fact(_("To"), subject.notice.to_name),
                Fact(_("What follows"), then),
            ],
            _("Take its sheets out of the pile, and cross its line out on the sheet."),
        )

    def do(self, subject: PostBatchLetter, form: Any, *, actor: Actor, at: datetime) -> Done:
        again = batching.take_out(subject, actor=actor, reason=form.cleaned_data["reason"], at=at)
        return Done(_("The letter waits again.") if again else _("The letter is withdrawn."))

    def back(self, subject: PostBatchLetter) -> str:
        return reverse("desk_batch", args=[subject.batch_id])

    def about(self, subject: PostBatchLetter) -> str:
        return f"{subject.batch.reference}, {subject.place}"


class RecordPosted(TwoSteps):
    """The legal notice of a renewal that somebody printed and posted by hand."""

    name = "record_posted"
    right = Right.POST
    title = gettext_lazy("Record a legal notice posted by hand")
    button = gettext_lazy("Record it")

    def load(self, request: HttpRequest, key: int) -> Renewal | None:
        one = Renewal.objects.select_related("subscription").filter(pk=key).first()
        if one is None:
            return None
        letter = standing_letter(letters(LEGAL, [one]).get(one.pk, ()))
        if one.state not in BEFORE_THE_CHARGE or letter is None:
            raise Impossible(_("This renewal waits for no letter."))
        if letter.state == Notice.State.PRINTING:
            raise Impossible(_("This letter lies in a batch: mark the batch as posted, or take the letter out."))
        return one

    def form(self, subject: Renewal, data: Any) -> forms.Form:
        form = PostedForm(data, on=paris_day(timezone.now()))
        form.initial["reason"] = ""
        return form

    def preview(self, subject: Renewal, form: Any) -> Preview:
        on, window = form.cleaned_data["posted_on"], legal_notice_window(subject.renews_on)
        if on > paris_day(timezone.now()):
            raise Impossible(_("Nothing is posted in the future."))
        inside = window.opens_on <= on <= window.closes_on
        then = _("The notice is proved.") if inside else _("The day lies outside the window: nothing is proved.")
        return Preview(
            [
                Fact(_("Subscription"), str(subject.subscription)),
                Fact(_("Renews on"), short_day(subject.renews_on)),
                Fact(_("Window"), f"{short_day(window.opens_on)} – {short_day(window.closes_on)}"),
                Fact(_("Posted on"), short_day(on)),
                Fact(_("What follows"), then),
            ],
            _("This cannot be taken back: the charge will rest on it."),
        )

    def do(self, subject: Renewal, form: Any, *, actor: Actor, at: datetime) -> Done:
        on, why = form.cleaned_data["posted_on"], form.cleaned_data["reason"]
        try:
            proof = record_posted(subject, posted_on=on, actor=actor, reason=why, at=at)
        except ValueError as trouble:
            raise ValidationError(_("This renewal waits for no letter any more. Look at it again.")) from trouble
        ring("renewal-proofs")
        if proof is None:
            return Done(_("Written down. Outside its window it proves nothing: nothing is charged."), doubt=True)
        return Done(_("Written down: the notice is proved."))

    def back(self, subject: Renewal) -> str:
        return reverse("desk_renewal", args=[subject.pk])

    def about(self, subject: Renewal) -> str:
        return f"{subject.subscription}, {short_day(subject.renews_on)}"
