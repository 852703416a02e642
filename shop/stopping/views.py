"""Form, recap, done: the same three pages for renouncing and for ending, each under its own name and never mixed.

Whether a contract was recognised is shown only to whoever proved that it is theirs (`subscriptions.stopping.finding`);
everybody else reads the general rule, and gets the same acknowledgement.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from payments.actors import reader
from payments.days import paris_day
from shop.account.doors import mine
from shop.checkout.views import see_other
from shop.limits import Limit, client_address, count, limited
from shop.stopping import carrying
from shop.stopping.carrying import Carried
from shop.stopping.forms import DeclarationForm, TerminationForm, WithdrawalForm
from shop.views import too_many
from shop.watch.bell import ring
from subscriptions.dates import LIVING
from subscriptions.models import Declaration
from subscriptions.stopping.declaring import declare, foresee
from subscriptions.stopping.effects import GENERAL
from subscriptions.stopping.following_up import close_page
from subscriptions.stopping.given_up import open_pages
from subscriptions.stopping.saying import Said, token_of

Kind = Declaration.Kind
# Wide enough for a library behind one address; narrow enough that nobody can fill a mailbox or a desk.
BY_ADDRESS = Limit("declare-ip", times=60, seconds=600)
BY_EMAIL = Limit("declare-email", times=10, seconds=3600)
FORMS: dict[str, type[DeclarationForm]] = {Kind.WITHDRAWAL: WithdrawalForm, Kind.TERMINATION: TerminationForm}
NAMES = {Kind.WITHDRAWAL: "withdraw", Kind.TERMINATION: "terminate"}


def pages(kind: str) -> tuple[Callable[..., HttpResponse], Callable[..., HttpResponse]]:
    """The two views of one function: the form with its recap, and the page after it."""

    @never_cache
    @require_http_methods(["GET", "HEAD", "POST"])
    @limited(BY_ADDRESS)
    def declaring(request: HttpRequest) -> HttpResponse:
        return _declaring(request, kind)

    @never_cache
    @require_safe
    def done(request: HttpRequest, token: str) -> HttpResponse:
        declaration = carrying.declared(token, kind=kind)
        if declaration is None:
            raise Http404
        return _drawn(request, "done", kind, declaration=declaration)

    return declaring, done


def _declaring(request: HttpRequest, kind: str) -> HttpResponse:
    """The form; sent, its recap; confirmed, the declaration. « Change » shows the form as it was."""
    at = timezone.now()
    step = request.POST.get("step", "") if request.method == "POST" else ""
    if step in ("confirm", "change"):
        carried = carrying.open_sealed(request.POST.get("carried", ""), kind=kind)
        if carried is not None and step == "confirm":
            return _confirmed(request, carried)
        if carried is not None:
            form = FORMS[kind](initial=asdict(carried.said), on=paris_day(at))
            return _form_page(request, kind, form)
    if step == "recap":
        form = FORMS[kind](request.POST, on=paris_day(at))
        if form.is_valid():
            return _recap(request, form.said())
        return _form_page(request, kind, form)
    return _form_page(request, kind, FORMS[kind](initial=_beforehand(request, kind), on=paris_day(at)))


def _beforehand(request: HttpRequest, kind: str) -> dict[str, Any]:
    """What stands in a fresh form: for whoever is signed in, themself and the subscription they come from."""
    user: Any = request.user
    if not user.is_authenticated:
        return {}
    own = [one for one in mine(request) if one.state in LIVING and one.number]
    asked = request.GET.get("abonnement", "")
    chosen = [one for one in own if one.number == asked] or (own if len(own) == 1 else [])
    return {
        "last_name": user.last_name or user.organisation,
        "first_name": user.first_name,
        "email": user.email or "",
        "contract": chosen[0].number if chosen else "",
    }


def _form_page(request: HttpRequest, kind: str, form: DeclarationForm) -> HttpResponse:
    token = carrying.form_of(request, kind)
    answer = _drawn(request, "form", kind, form=form, token=carrying.sign(token))
    carrying.remember(answer, token, kind=kind, path=reverse(NAMES[Kind(kind)]))
    return answer


def _recap(request: HttpRequest, said: Said, *, changed: bool = False) -> HttpResponse:
    shown = _shown(request, said)
    carried = Carried(said, carrying.form_of(request, said.kind), shown)
    return _drawn(
        request,
        "recap",
        said.kind,
        lines=said.lines(),
        sentence=shown,
        carried=carrying.seal(carried),
        token=carrying.sign(carried.form),
        changed=changed,
        ground=said.ground,
    )


def _shown(request: HttpRequest, said: Said) -> str:
    foreseen = foresee(said, customer=_customer(request), on=paris_day(timezone.now()))
    return foreseen.effect.sentence if foreseen.effect else GENERAL[said.kind]


def _confirmed(request: HttpRequest, carried: Carried) -> HttpResponse:
    """The last click. What would happen has changed since it was shown: it is shown again instead (design, rule 11)."""
    said, kind = carried.said, Kind(carried.said.kind)
    if wait := count(BY_EMAIL, said.email.lower() or client_address(request)):
        return too_many(request, wait=wait)
    made = _already(carried)
    if made is None and _shown(request, said) != carried.shown:
        return _recap(request, said, changed=True)
    at, customer = timezone.now(), _customer(request)
    declaration = made or declare(
        said,
        form=carried.form,
        customer=customer,
        ip=client_address(request) or None,
        shown=carried.shown,
        actor=reader(customer),
        at=at,
    )
    ring("letters")
    for page in open_pages(at=at, limit=5):
        if declaration.order_id and page.subject == f"order:{declaration.order_id}":
            close_page(page, actor=reader(customer), at=at)
    answer = see_other(reverse(f"{NAMES[kind]}_done", args=[carrying.done_token(declaration)]))
    carrying.forget(answer, kind=kind, path=reverse(NAMES[kind]))
    return answer


def _already(carried: Carried) -> Declaration | None:
    """The declaration that this very recap has made: a double click, or a page sent again."""
    token = token_of(carried.form, carried.said)
    return Declaration.objects.filter(form_token=token).first()


def _customer(request: HttpRequest) -> Any:
    return request.user if request.user.is_authenticated else None


def _drawn(request: HttpRequest, step: str, kind: str, **said: Any) -> HttpResponse:
    names = {"kind": kind, "action": reverse(NAMES[Kind(kind)]), "other": reverse(NAMES[_OTHER[Kind(kind)]])}
    return render(request, f"stopping/{step}.html", names | said)


_OTHER = {Kind.WITHDRAWAL: Kind.TERMINATION, Kind.TERMINATION: Kind.WITHDRAWAL}
