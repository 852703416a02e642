"""The forms of the two functions: what the law lists (C. conso D215-2, D221-5), and nothing else is compulsory."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from shop.checkout.lines import Line, Lines
from subscriptions.models import Declaration
from subscriptions.stopping.saying import Said

Kind, Ground = Declaration.Kind, Declaration.Ground


class DeclarationForm(forms.Form):
    """What both have in common: who, and which contract."""

    use_required_attribute = False
    kind: ClassVar[str]

    last_name = Line(
        label=_("Last name"),
        max_length=120,
        error_messages={"required": _("Please enter your last name.")},
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
    )
    first_name = Line(
        label=_("First name"),
        max_length=60,
        error_messages={"required": _("Please enter your first name.")},
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    contract = Line(
        label=_("Your contract"),
        max_length=200,
        help_text=_(
            "The number of the order or of the subscriber, as in our letters and on the label. Without it: the title, "
            "and about when you ordered."
        ),
        error_messages={"required": _("Please say which contract it is: a number, or the title and a date.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    email = forms.EmailField(
        label=_("E-mail address for the acknowledgement"),
        max_length=254,
        help_text=_("With the address we know for this contract, it takes effect at once."),
        error_messages={
            "required": _("Please enter an e-mail address: the acknowledgement goes there."),
            "invalid": _("This is not a whole e-mail address: it looks like name@example.fr."),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def __init__(self, data: Any = None, *, initial: Any = None, on: date) -> None:
        """`on`: today in Paris; an end that is wished for lies on it or after."""
        super().__init__(data, initial=initial, auto_id="id_%s")
        self.on = on

    def said(self) -> Said:
        """What was declared. Call it once the form is valid."""
        known = {name: self.cleaned_data[name] for name in self.fields}
        return Said(kind=self.kind, **known)


class WithdrawalForm(DeclarationForm):
    """« Renoncer au contrat ici » (C. conso L221-21, D221-5)."""

    kind = Kind.WITHDRAWAL
    scope = Line(
        label=_("Part of the contract, if it is not the whole"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    words = Lines(
        label=_("Anything you wish to add"),
        max_length=1000,
        required=False,
        help_text=_("You owe us no reason."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class TerminationForm(DeclarationForm):
    """« Résilier votre contrat » (C. conso L215-1-1, D215-2)."""

    kind = Kind.TERMINATION
    postal_address = Lines(
        label=_("Or postal address for the acknowledgement"),
        max_length=400,
        required=False,
        help_text=_("If you would rather have it by post."),
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "street-address"}),
    )
    wished_on = forms.DateField(
        label=_("Wished end"),
        required=False,
        help_text=_("Left empty: as soon as possible. The next page says from when it holds."),
        error_messages={"invalid": _("This is not a date: it looks like 31/12/2026.")},
        input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    ground = forms.ChoiceField(
        label=_("Legitimate ground, if there is one"),
        required=False,
        choices=[
            ("", _("None: at the end of the paid period")),
            (Ground.DEATH, _("Death of the subscriber")),
            (Ground.MOVED, _("Moved where you do not deliver")),
            (Ground.ILLNESS, _("Long illness")),
            (Ground.LATE_NOTICE, _("Renewed without the notice that the law prescribes")),
            (Ground.OTHER, _("Another legitimate ground")),
        ],
        widget=forms.RadioSelect,
    )
    words = Lines(
        label=_("In a few words"),
        max_length=1000,
        required=False,
        help_text=_("No health details: a short word is enough."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    field_order = [
        "last_name",
        "first_name",
        "contract",
        "email",
        "postal_address",
        "wished_on",
        "ground",
        "words",
    ]

    def __init__(self, data: Any = None, *, initial: Any = None, on: date) -> None:
        super().__init__(data, initial=initial, on=on)
        self.fields["last_name"].label = _("Last name, or name of the organisation")
        self.fields["last_name"].error_messages["required"] = _("Please enter your name, or the organisation’s.")
        self.fields["first_name"].required = False
        self.fields["email"].required = False

    def clean_wished_on(self) -> date | None:
        wished: date | None = self.cleaned_data["wished_on"]
        if wished is not None and wished < self.on:
            raise ValidationError(_("This day is over: choose today or a later one, or leave it empty."))
        return wished

    def clean(self) -> dict[str, Any]:
        """An e-mail or a postal address: the law leaves the choice."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not cleaned.get("email") and not cleaned.get("postal_address") and not self.has_error("email"):
            self.add_error("email", _("Please give an e-mail or a postal address: the acknowledgement goes there."))
        return cleaned
