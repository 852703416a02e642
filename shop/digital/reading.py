"""Reading an issue on a screen: the text and the box once, then a link that holds for a quarter of an hour.

Nothing of it is there while the magazine has no digital edition, nor for a reader without a right: the same 404 as for a page
that never was.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from payments.actors import reader
from payments.days import paris_day
from shop.account.doors import one_of_mine, page, room
from shop.checkout.views import see_other
from shop.limits import Limit, count
from shop.templatetags.french import issue_number
from shop.views import too_many
from shop.watch.bell import ring
from subscriptions.digital.consenting import WORDS, NothingToRead, agree
from subscriptions.digital.downloading import VALID_FOR, BadLink, LinkOver, hand_over, link_token, read_token
from subscriptions.digital.files import FileLost
from subscriptions.digital.rights import Readable, readable
from subscriptions.models import Subscription
from subscriptions.notices.french import month

CONSENTS = Limit("digital-consent", times=30, seconds=3600)
#: Enough for a family of devices and a bad line; too few to fill a disk with.
DOWNLOADS = Limit("digital-download", times=20, seconds=3600)
FORGED = Limit("digital-forged", times=30, seconds=600)


class AgreeForm(forms.Form):
    """One box, never ticked beforehand (C. conso L121-17)."""

    use_required_attribute = False
    agreed = forms.BooleanField(
        label=WORDS,
        error_messages={
            "required": gettext_lazy(
                "Please tick the box if you agree. If not, nothing changes: your copies come on paper."
            )
        },
    )


@room("GET", "POST", limit=CONSENTS)
def issue(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """One issue: what is agreed to before, or the link to the file."""
    subscription, at = one_of_mine(request, pk), timezone.now()
    user: Any = request.user
    found = readable([subscription], reader_id=user.pk, on=paris_day(at)).get((pk, number))
    if found is None:
        raise Http404
    if found.agreed is not None:
        return _shown(request, subscription, found)
    form = AgreeForm(request.POST if request.method == "POST" else None, auto_id="id_%s")
    if request.method == "POST" and form.is_valid():
        shown = request.POST.get("text", "")
        try:
            agree(
                pk,
                number,
                user,
                text_id=int(shown) if shown.isdecimal() else 0,
                actor=reader(user),
                on=paris_day(at),
                at=at,
            )
        except NothingToRead as trouble:
            form.add_error("agreed", trouble)
        else:
            ring("letters")
            messages.success(request, _("Your consent is kept. A letter confirms it."))
            return see_other(reverse("account_digital", args=[pk, number]))
    return _shown(request, subscription, found, form=form)


@room("GET")
def download(request: HttpRequest, token: str) -> Any:
    """The file itself, stamped; 404 for a link that is forged or another reader's, 410 for one that is over."""
    user: Any = request.user
    at = timezone.now()
    try:
        copy = read_token(token, reader_id=user.pk, at=at)
        if wait := count(DOWNLOADS, str(user.pk)):
            return too_many(request, wait=wait)
        if request.method == "HEAD":  # asked for by programs that look before they load: nothing is handed over
            return HttpResponse(content_type="application/pdf")
        handed = hand_over(copy, reader_id=user.pk, at=at)
    except LinkOver:
        return page(request, "digital/over.html", "subscription", status=410)
    except BadLink:
        if wait := count(FORGED, str(user.pk)):
            return too_many(request, wait=wait)
        raise Http404 from None
    except FileLost:
        return page(request, "digital/over.html", "subscription", status=503, lost=True)
    answer = StreamingHttpResponse(handed.pieces(), content_type="application/pdf")
    answer["Content-Length"] = str(handed.length)
    answer["Content-Disposition"] = content_disposition_header(True, handed.name) or "attachment"
    return answer


def _shown(
    request: HttpRequest, subscription: Subscription, found: Readable, *, form: AgreeForm | None = None
) -> HttpResponse:
    user: Any = request.user
    link = ""
    if form is None:
        link = reverse("account_download", args=[link_token(found, reader_id=user.pk, at=timezone.now())])
    return page(
        request,
        "digital/issue.html",
        "subscription",
        title=subscription.magazine.title,
        number=issue_number(found.issue.number),
        month=month(found.issue.cover_month, found.issue.cover_year),
        headline=found.issue.headline,
        pages=found.file.pages,
        megabytes=max(round(found.file.size / 1_000_000), 1),
        subscriber_number=subscription.number or "",
        minutes=int(VALID_FOR.total_seconds() // 60),
        link=link,
        form=form,
        text=found.rule.text,
        agreed_on=paris_day(found.agreed.at) if found.agreed else None,
        action=reverse("account_digital", args=[subscription.pk, found.issue.number]),
        back_url=reverse("account_home"),
    )
