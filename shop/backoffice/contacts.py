"""Calls and letters on a reader's page: note one, find one, hand back the file that came with it."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from payments.days import paris_day
from payments.documents import read
from payments.models import Document
from shop.backoffice import words
from shop.backoffice.doors import actor_of, desk, gone, page
from shop.backoffice.happenings import Story
from shop.backoffice.links import link
from shop.backoffice.roles import Right
from shop.backoffice.showing import columns, show
from shop.backoffice.tables import Cell, Detail, Fact, Table
from shop.backoffice.uploads import takes_files
from shop.customers.models import Customer
from shop.templatetags.french import short_day, stamp
from subscriptions.contacts import LARGEST, Attached, attached, note
from subscriptions.models import Contact, Order, Subscription

SHOWN = 20


class ContactForm(forms.Form):
    """What came in, when, how, and about what."""

    channel = forms.ChoiceField(
        label=gettext_lazy("How it came"), choices=list(words.CONTACT_CHANNEL.items()), widget=forms.RadioSelect
    )
    on = forms.DateField(label=gettext_lazy("On"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    said = forms.CharField(
        label=gettext_lazy("What was said or written"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy(
            "The reader may ask to read it. No health, no opinion: only what was asked and answered."
        ),
        error_messages={"required": gettext_lazy("Please say in a few words what it was about.")},
    )
    about = forms.ChoiceField(label=gettext_lazy("About"), required=False)
    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        help_text=gettext_lazy("PDF, JPEG or PNG, 10 MB at most."),
        widget=forms.ClearableFileInput(attrs={"accept": "application/pdf,image/jpeg,image/png"}),
    )

    def __init__(self, data: Any = None, files: Any = None, *, customer: Customer) -> None:
        super().__init__(data, files, initial={"on": paris_day(timezone.now()), "channel": Contact.Channel.PHONE})
        story = Story(customer)
        subscriptions = Subscription.objects.filter(pk__in=[key for key, _recipient in story.subscriptions])
        orders = Order.objects.filter(pk__in=story.orders[:50])
        self.fields["about"].choices = [  # type: ignore[attr-defined]
            ("", _("nothing in particular")),
            *((f"subscription:{one.pk}", _("subscription %(number)s") % {"number": one}) for one in subscriptions),
            *((f"order:{one.pk}", _("order %(reference)s") % {"reference": one.reference}) for one in orders),
        ]

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if on > paris_day(timezone.now()):
            raise ValidationError(_("This day has not come yet."))
        return on

    def clean_file(self) -> Attached | None:
        file = self.cleaned_data["file"]
        return attached(file.name, file.read()) if file else None


@takes_files(LARGEST)
@desk(Right.CONTACTS, methods=("GET", "POST"))
def note_contact(request: HttpRequest, key: int) -> HttpResponse:
    """Note one call or letter. The form's own number makes it one note, however often it is sent."""
    one = get_object_or_404(Customer, pk=key, erased_on=None, merged_into=None)
    form = ContactForm(request.POST or None, request.FILES or None, customer=one)
    token = _token(request.POST.get("form", ""))
    if request.method == "POST" and token is not None and form.is_valid():
        typed = form.cleaned_data
        kind, _colon, number = typed["about"].partition(":")
        made = note(
            one.pk,
            channel=typed["channel"],
            on=typed["on"],
            words=typed["said"],
            subscription=Subscription.objects.filter(pk=number).first() if kind == "subscription" else None,
            order=Order.objects.filter(pk=number).first() if kind == "order" else None,
            file=typed["file"],
            form_token=token,
            actor=actor_of(request),
            at=timezone.now(),
        )
        messages.success(request, _("It is noted."))
        return HttpResponseRedirect(reverse("desk_contact", args=[made.pk]))
    said = {
        "form": form,
        "token": token or uuid.uuid4(),
        "name": one.full_name,
        "back_url": link(request.user, "customer", one.pk),
    }
    return page(request, "backoffice/contact.html", said, status=422 if form.errors else 200)


@desk(Right.CONTACTS)
def contact(request: HttpRequest, key: int) -> HttpResponse:
    """One note."""
    one = get_object_or_404(
        Contact.objects.select_related("customer", "subscription", "order").defer("document__body"), pk=key
    )
    user = request.user
    names = words.names_of_staff([one.actor])
    reader = one.customer.merged_into_id or one.customer_id
    file = Document.objects.filter(pk=one.document_id).values("media_type", "size", "keep_until").first()
    detail = Detail(
        kind=str(words.CONTACT_CHANNEL[one.channel]),
        name=short_day(one.on),
        crumbs=((_("Reader"), link(user, "customer", reader)),),
        facts=[
            Fact(
                _("What was said or written"), "", lines=one.words.splitlines() or [_("blanked: the reader was erased")]
            ),
            Fact(_("Subscription"), str(one.subscription or ""), link(user, "subscription", one.subscription_id)),
            Fact(
                pgettext("desk", "Order"), one.order.reference if one.order else "", link(user, "order", one.order_id)
            ),
            Fact(_("File"), one.file_name, reverse("desk_contact_file", args=[one.pk]) if file else ""),
            Fact(_("Size"), f"{file['size'] // 1024 + 1} Ko" if file else ""),
            Fact(_("Kept until"), short_day(file["keep_until"]) if file else ""),
            Fact(_("Noted by"), words.who(one.actor, names)),
            Fact(_("Noted"), stamp(one.at)),
        ],
    )
    return show(request, detail)


@desk(Right.CONTACTS)
def contact_file(request: HttpRequest, key: int) -> HttpResponse:
    """The file as it came: always to be saved, never to be shown or run here."""
    one = get_object_or_404(Contact, pk=key)
    body = read(one.document_id) if one.document_id else None
    if body is None:
        return gone(request, what=_("this document"))
    answer = HttpResponse(body, content_type="application/octet-stream")
    answer["Content-Disposition"] = content_disposition_header(True, one.file_name) or "attachment"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def contacts_of(user: Any, story: Story, *, query: str) -> Table:
    """The latest notes about a reader, or those in which some words stand. One query beside the names."""
    rows = Contact.objects.filter(customer__in=story.people).select_related("subscription", "order")
    for word in query.split()[:8]:
        rows = rows.filter(words__icontains=word)
    found = list(rows.order_by("-on", "-pk")[:SHOWN])
    names = words.names_of_staff(one.actor for one in found)
    return Table(
        label=_("Calls and letters"),
        title=_("Calls and letters"),
        columns=columns("#" + _("On"), _("How"), _("What"), _("About"), _("File"), _("Who")),
        rows=[
            (
                Cell(short_day(one.on), reverse("desk_contact", args=[one.pk]), num=True),
                Cell(str(words.CONTACT_CHANNEL[one.channel])),
                Cell(one.words[:200]),
                Cell(
                    str(one.subscription or one.order or ""),
                    link(user, "subscription", one.subscription_id) or link(user, "order", one.order_id),
                ),
                Cell(one.file_name, reverse("desk_contact_file", args=[one.pk]) if one.document_id else ""),
                Cell(words.who(one.actor, names)),
            )
            for one in found
        ],
        empty=_("Nothing found.") if query else _("Nobody has called or written."),
    )


def _token(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
