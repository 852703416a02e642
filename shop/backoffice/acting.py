"""Acts of the staff, always in two steps: type what is to be done and why, see what will happen, say yes.

What was shown is sealed with the yes: if the facts have changed meanwhile, the second step is shown again instead of
being done (design, rule 11). A yes sent twice is one act: the seal carries a number that is used once, and the acts that
move money are guarded by the database besides.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core import signing
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import Actor
from shop.backoffice.doors import View, actor_of, desk, page
from shop.backoffice.roles import Right
from shop.backoffice.tables import Fact, Table

SEAL_FOR = 3600
_SALT = "shop.backoffice.acting"


class ReasonForm(forms.Form):
    """What every act wants: a reason that a colleague will understand next year."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        min_length=5,
        max_length=200,
        help_text=gettext_lazy("Kept for good beside your name. No health, no opinion: only what was asked and why."),
        error_messages={
            "required": gettext_lazy("Please say why: a colleague will want to know."),
            "min_length": gettext_lazy("Please say it in a few words more."),
        },
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


@dataclass(frozen=True, slots=True)
class Preview:
    """What the second step shows: the facts, what cannot be undone, a label, all of it sealed; and tables, whose hash
    is one of the facts where they matter."""

    facts: Sequence[Fact]
    warning: Any = ""
    label: Sequence[str] = field(default_factory=tuple)
    tables: Sequence[Table] = ()


class Impossible(ValidationError):
    """The act cannot be done to this thing now; the message is a sentence for staff."""


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, in a sentence, and where to go on. `doubt`: not all of it is certain yet."""

    sentence: Any
    doubt: bool = False


class TwoSteps:
    """One kind of act. A class says what it is; `view` makes the page of it."""

    name: ClassVar[str]
    right: ClassVar[Right]
    title: ClassVar[Any]
    button: ClassVar[Any]
    form_class: ClassVar[type[forms.Form]] = ReasonForm

    def load(self, request: HttpRequest, key: int) -> Any:
        """The thing acted upon; None if there is none. Raises Impossible if nothing can be done to it."""
        raise NotImplementedError

    def form(self, subject: Any, data: Any) -> forms.Form:
        """The form of the first step."""
        return self.form_class(data)

    def preview(self, subject: Any, form: Any) -> Preview:
        """What will happen. Raises Impossible."""
        raise NotImplementedError

    def do(self, subject: Any, form: Any, *, actor: Actor, at: datetime) -> Done:
        """Do it. Raises ValidationError with a sentence if it cannot be done after all."""
        raise NotImplementedError

    def back(self, subject: Any) -> str:
        """The page of the thing."""
        raise NotImplementedError

    def about(self, subject: Any) -> str:
        """The thing in words."""
        return str(subject)

    @classmethod
    def view(cls) -> View:
        """The guarded page of this act, at one address."""

        def answer(request: HttpRequest, key: int = 0) -> HttpResponse:
            return cls()._answer(request, key)

        return desk(cls.right, methods=("GET", "POST"))(answer)

    def _answer(self, request: HttpRequest, key: int) -> HttpResponse:
        try:
            subject = self.load(request, key)
        except Impossible as trouble:
            return self._refused(request, trouble)
        if subject is None:
            raise Http404
        step = request.POST.get("step", "")
        form = self.form(subject, request.POST if request.method == "POST" else None)
        if request.method != "POST" or step == "back" or not form.is_valid():
            return self._first(request, subject, form)
        seal = self._seal_of(request, key)
        if step == "do" and seal is not None and cache.get(_mark(seal)):
            return self._once_only(request, subject)
        try:
            preview = self.preview(subject, form)
        except ValidationError as trouble:
            form.add_error(None, trouble)
            return self._first(request, subject, form)
        shown = _fingerprint(preview, form.cleaned_data)
        if step != "do" or seal is None or seal["shown"] != shown:
            changed = step == "do"
            return self._second(request, subject, form, preview, self._seal(request, key, shown), changed=changed)
        return self._do(request, subject, form, _mark(seal))

    def _once_only(self, request: HttpRequest, subject: Any) -> HttpResponse:
        messages.info(request, _("This was already asked for: it is done once only."))
        return HttpResponseRedirect(self.back(subject))

    def _do(self, request: HttpRequest, subject: Any, form: Any, mark: str) -> HttpResponse:
        if not cache.add(mark, 1, timeout=SEAL_FOR):
            return self._once_only(request, subject)
        try:
            done = self.do(subject, form, actor=actor_of(request), at=timezone.now())
        except ValidationError as trouble:
            cache.delete(mark)
            form.add_error(None, trouble)
            return self._first(request, subject, form)
        except Exception:
            cache.delete(mark)
            raise
        messages.add_message(request, messages.WARNING if done.doubt else messages.SUCCESS, str(done.sentence))
        return HttpResponseRedirect(self.back(subject))

    def _first(self, request: HttpRequest, subject: Any, form: forms.Form) -> HttpResponse:
        return page(
            request, "backoffice/act.html", self._said(subject) | {"form": form}, status=422 if form.errors else 200
        )

    def _second(
        self, request: HttpRequest, subject: Any, form: forms.Form, preview: Preview, seal: str, *, changed: bool
    ) -> HttpResponse:
        kept = [(name, value) for name in form.fields for value in request.POST.getlist(form.add_prefix(name))]
        said = {"form": form, "preview": preview, "seal": seal, "kept": kept, "changed": changed}
        return page(request, "backoffice/act_confirm.html", self._said(subject) | said)

    def _refused(self, request: HttpRequest, trouble: Impossible) -> HttpResponse:
        said = {"act": self, "sentences": trouble.messages}
        return page(request, "backoffice/act_impossible.html", said, status=409)

    def _said(self, subject: Any) -> dict[str, Any]:
        return {"act": self, "about": self.about(subject), "back_url": self.back(subject)}

    def _seal(self, request: HttpRequest, key: int, shown: str) -> str:
        facts = {
            "act": self.name,
            "key": key,
            "who": request.user.pk,
            "shown": shown,
            "number": secrets.token_urlsafe(12),
        }
        return signing.dumps(facts, salt=_SALT)

    def _seal_of(self, request: HttpRequest, key: int) -> Mapping[str, Any] | None:
        try:
            facts: Mapping[str, Any] = signing.loads(request.POST.get("seal", ""), salt=_SALT, max_age=SEAL_FOR)
        except signing.BadSignature:
            return None
        ours = (facts.get("act"), facts.get("key"), facts.get("who")) == (self.name, key, request.user.pk)
        return facts if ours else None


def _mark(seal: Mapping[str, Any]) -> str:
    """The key under which one yes is remembered."""
    return f"desk-act:{seal['number']}"


def _fingerprint(preview: Preview, typed: Mapping[str, Any]) -> str:
    """Of everything shown and typed."""
    facts = [[str(fact.label), str(fact.value), list(map(str, fact.lines))] for fact in preview.facts]
    whole = [facts, str(preview.warning), list(preview.label), {name: str(value) for name, value in typed.items()}]
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
