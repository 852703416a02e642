"""How each thing that can happen to a reader is told on their time line, and to whom it is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from payments.models import Act, DisputeEvent, Invoice, Payment, PaymentEvent, RefundEvent, StripeEvent
from shop.backoffice import words
from shop.backoffice.links import link, url_of
from shop.backoffice.losses_of import claim_step, doubt_step
from shop.backoffice.reasons import contested, reason
from shop.backoffice.roles import Right, may
from shop.backoffice.timeline import Happening, Source
from shop.customers.models import Customer, EmailChange
from shop.templatetags.french import euros, issue_number, short_day
from subscriptions.models import (
    AddressChange,
    AddressDoubtEvent,
    ClaimEvent,
    Consent,
    Contact,
    Declaration,
    DeclarationEvent,
    EntitlementMovement,
    GiftEvent,
    Notice,
    Order,
    OrderEvent,
    PauseEvent,
    RenewalChoice,
    RenewalEvent,
    SubscriptionEvent,
)
from subscriptions.whose import of_people

Tell = Callable[[Any], Happening]
READER = "reader:"


class Story:
    """The keys of everything that belongs to one reader, read once: orders, payments, refunds, subscriptions."""

    def __init__(self, customer: Customer) -> None:
        self.customer = customer
        #: The reader's own key, and those of records merged into this one: evidence keeps the number it was written with.
        self.people = [customer.pk, *Customer.objects.filter(merged_into=customer).values_list("pk", flat=True)]
        self.orders = list(Order.objects.filter(customer=customer).order_by("-pk").values_list("pk", flat=True)[:500])
        payments = list(
            # Their own, and those of their orders: an anonymous buyer pays before they are known.
            Payment.objects.filter(Q(customer__in=self.people) | Q(subject__in=[f"order:{key}" for key in self.orders]))
            .order_by("-pk")
            .values_list("pk", "checkout_session", "stripe_intent", "stripe_charge")[:500]
        )
        self.payments = [row[0] for row in payments]
        self.objects = [name for row in payments for name in row[1:] if name]
        self.subscriptions = list(of_people([customer.pk]).values_list("pk", "recipient_id"))

        self.declarations = list(
            Declaration.objects.filter(
                Q(customer__in=self.people)
                | Q(order__in=self.orders)
                | Q(subscription__in=[key for key, _recipient in self.subscriptions])
            ).values_list("pk", flat=True)[:500]
        )

    @property
    def subjects(self) -> list[str]:
        """Everything an act may name."""
        return [
            *(f"customer:{key}" for key in self.people),
            *(f"declaration:{key}" for key in self.declarations),
            *(f"order:{key}" for key in self.orders),
            *(f"payment:{key}" for key in self.payments),
            *(f"subscription:{key}" for key, _recipient in self.subscriptions),
            *(f"recipient:{recipient}" for _key, recipient in self.subscriptions),
        ]


def sources(user: Any, story: Story) -> list[Source]:
    """The sources this person may see; their order settles which of two things of one instant stands above."""
    subscriptions = [key for key, _recipient in story.subscriptions]
    recipients = [recipient for _key, recipient in story.subscriptions]
    found = [
        Source(Act.objects.filter(subject__in=story.subjects), "at", act(user)),
        Source(
            AddressChange.objects.filter(recipient__in=recipients).select_related("new", "first_issue"), "at", moved
        ),
        Source(EmailChange.objects.filter(customer__in=story.people), "created_at", email_change),
        Source(SubscriptionEvent.objects.filter(subscription__in=subscriptions), "at", subscription_step(user)),
        Source(RenewalEvent.objects.filter(renewal__subscription__in=subscriptions), "at", renewal_step(user)),
        Source(
            EntitlementMovement.objects.filter(entitlement__term__subscription__in=subscriptions).select_related(
                "entitlement__term", "issue"
            ),
            "at",
            movement(user),
        ),
    ]
    steps = DeclarationEvent.objects.filter(declaration__in=story.declarations).select_related("declaration")
    found.append(Source(steps, "at", declaration_step(user)))
    found.append(Source(RenewalChoice.objects.filter(subscription__in=subscriptions), "at", renewal_choice(user)))
    pauses = PauseEvent.objects.filter(pause__term__subscription__in=subscriptions)
    found.append(Source(pauses.select_related("pause__issue", "pause__term"), "at", pause_step(user)))
    claims = ClaimEvent.objects.filter(claim__subscription__in=subscriptions).select_related("claim__issue")
    found.append(Source(claims, "at", claim_step(user)))
    doubts = AddressDoubtEvent.objects.filter(doubt__subscription__in=subscriptions).select_related("doubt")
    found.append(Source(doubts, "at", doubt_step(user)))
    gifts = GiftEvent.objects.filter(gift__subscription__in=subscriptions).select_related("gift")
    found.append(Source(gifts, "at", gift_step(user)))
    if may(user, Right.CONTACTS):
        found.append(Source(Contact.objects.filter(customer__in=story.people), "at", contact(user)))
    if may(user, Right.LETTERS):
        found.append(Source(Notice.objects.filter(customer__in=story.people), "created_at", letter(user)))
    if may(user, Right.INVOICES):
        found.append(Source(Invoice.objects.filter(customer__in=story.people), "created_at", invoice(user)))
    if may(user, Right.REFUNDS):
        steps = RefundEvent.objects.filter(refund__payment__in=story.payments).select_related("refund")
        found.append(Source(steps, "at", refund_step(user)))
    if may(user, Right.ORDERS):
        found.append(
            Source(OrderEvent.objects.filter(order__in=story.orders).select_related("order"), "at", order_step(user))
        )
        found.append(Source(Consent.objects.filter(order__in=story.orders), "at", consent))
    if may(user, Right.PAYMENTS):
        steps = PaymentEvent.objects.filter(payment__in=story.payments).select_related("payment")
        found.append(Source(steps, "at", payment_step(user)))
        disputed = DisputeEvent.objects.filter(dispute__payment__in=story.payments)
        found.append(Source(disputed.select_related("dispute__payment"), "at", dispute_step(user)))
    if may(user, Right.EVENTS):
        found.append(Source(StripeEvent.objects.filter(object_id__in=story.objects), "received_at", stripe_event(user)))
    return found


def act(user: Any) -> Tell:
    return lambda row: Happening(
        row.at, "person", "", words.verb(row.verb), row.actor, why=reason(row.reason), url=url_of(user, row.subject)
    )


def moved(row: AddressChange) -> Happening:
    """A change of address, and which issue it reaches."""
    reaches = issue_number(row.first_issue.printed) if row.first_issue else _("the next issue planned")
    what = _("Address changed, from %(issue)s on") % {"issue": reaches}
    return Happening(row.at, "home", "", what, row.actor, detail="\n".join(row.new.lines), why=reason(row.reason))


def email_change(row: EmailChange) -> Happening:
    """A wish to change one's e-mail, and what became of it."""
    what, tone = _("E-mail change begun"), words.WAIT
    if row.done_at:
        what, tone = _("E-mail changed"), words.GOOD
    elif row.abandoned_at:
        what, tone = _("E-mail change abandoned"), words.NONE
    return Happening(row.created_at, "letter", tone, what, row.actor, detail=row.new_email, why=reason(row.reason))


def subscription_step(user: Any) -> Tell:
    def tell(row: SubscriptionEvent) -> Happening:
        said = words.said(words.SUBSCRIPTION, row.to_state)
        what = _("Subscription: %(state)s") % {"state": said["word"]}
        url = link(user, "subscription", row.subscription_id) + "#pourquoi"
        return Happening(row.at, "file", said["tone"], what, row.actor, why=reason(row.reason), url=url)

    return tell


def renewal_step(user: Any) -> Tell:
    def tell(row: RenewalEvent) -> Happening:
        said = words.said(words.NEXT_TERM, row.to_state)
        what = _("Renewal of %(day)s: %(state)s") % {"day": short_day(row.renews_on), "state": said["word"]}
        url = link(user, "renewal", row.renewal_id)
        return Happening(row.at, "clock", said["tone"], what, row.actor, why=reason(row.reason), url=url)

    return tell


def movement(user: Any) -> Tell:
    def tell(row: EntitlementMovement) -> Happening:
        said = words.said(words.MOVEMENT, row.kind)
        number = words.issue_of(row.issue, row.entitlement.state)
        what = _("Copy %(rank)s (%(issue)s): %(state)s") % {
            "rank": row.entitlement.rank,
            "issue": number,
            "state": said["word"],
        }
        url = link(user, "subscription", row.entitlement.term.subscription_id) + "#exemplaires"
        return Happening(row.at, "file", said["tone"], what, row.actor, why=reason(row.reason), url=url)

    return tell


def declaration_step(user: Any) -> Tell:
    def tell(row: DeclarationEvent) -> Happening:
        said = words.said(words.DECLARATION, row.to_state)
        one = row.declaration
        what = _("%(kind)s %(reference)s: %(state)s") % {
            "kind": str(words.DECLARATION_KIND[one.kind]).capitalize(),
            "reference": one.reference,
            "state": said["word"],
        }
        url = link(user, "declaration", one.pk)
        return Happening(row.at, "stop", said["tone"], what, row.actor, why=reason(row.reason), url=url)

    return tell


def gift_step(user: Any) -> Tell:
    def tell(row: GiftEvent) -> Happening:
        said = words.said(words.GIFT, row.to_state)
        what = _("Gift to %(name)s: %(state)s") % {"name": row.gift.recipient_name, "state": said["word"]}
        url = link(user, "subscription", row.gift.subscription_id) + "#cadeau"
        return Happening(row.at, "letter", said["tone"], what, row.actor, why=reason(row.reason), url=url)

    return tell


def renewal_choice(user: Any) -> Tell:
    def tell(row: RenewalChoice) -> Happening:
        what = _("Automatic renewal turned on again") if row.automatic else _("Automatic renewal turned off")
        url = link(user, "subscription", row.subscription_id)
        return Happening(row.at, "pause", "", what, row.actor, why=reason(row.reason), url=url)

    return tell


def pause_step(user: Any) -> Tell:
    def tell(row: PauseEvent) -> Happening:
        said = words.said(words.PAUSE, row.to_state)
        what = _("%(issue)s: %(state)s") % {"issue": issue_number(row.pause.issue.printed), "state": said["word"]}
        url = link(user, "subscription", row.pause.term.subscription_id) + "#exemplaires"
        return Happening(row.at, "pause", said["tone"], what, row.actor, why=reason(row.reason), url=url)

    return tell


def letter(user: Any) -> Tell:
    def tell(row: Notice) -> Happening:
        said = words.said(words.LETTER, row.state)
        what = _("Letter “%(kind)s”: %(state)s") % {"kind": words.letter_kind(row.kind), "state": said["word"]}
        return Happening(
            row.created_at,
            "letter",
            said["tone"],
            what,
            "job:letters",
            detail=row.to_email,
            why=reason(row.failure),
            url=link(user, "notice", row.pk),
        )

    return tell


def contact(user: Any) -> Tell:
    def tell(row: Contact) -> Happening:
        what = _("%(channel)s of %(day)s") % {
            "channel": str(words.CONTACT_CHANNEL[row.channel]).capitalize(),
            "day": short_day(row.on),
        }
        return Happening(
            row.at,
            "person",
            "",
            what,
            row.actor,
            detail=row.file_name,
            why=row.words[:200],
            url=link(user, "contact", row.pk),
        )

    return tell


def invoice(user: Any) -> Tell:
    def tell(row: Invoice) -> Happening:
        credit = row.kind == Invoice.Kind.CREDIT_NOTE
        what = _("Credit note %(number)s issued") if credit else _("Invoice %(number)s issued")
        detail = euros(-row.total_ttc if credit else row.total_ttc)
        return Happening(
            row.created_at,
            "file",
            "",
            what % {"number": row.reference},
            row.actor,
            detail,
            reason(row.reason),
            link(user, "invoice", row.pk),
        )

    return tell


def order_step(user: Any) -> Tell:
    def tell(row: OrderEvent) -> Happening:
        said = words.said(words.ORDER, row.to_state)
        what = _("Order %(reference)s: %(state)s") % {"reference": row.order.reference, "state": said["word"]}
        url = link(user, "order", row.order_id) + "#pourquoi"
        return Happening(
            row.at, "card", said["tone"], what, row.actor, euros(row.order.amount), reason(row.reason), url
        )

    return tell


def consent(row: Consent) -> Happening:
    """A yes or a no, with the words it was given to."""
    said = _("Said yes to: %(matter)s") if row.given else _("Said no to: %(matter)s")
    what = said % {"matter": words.CONSENT.get(row.matter, row.matter)}
    return Happening(row.at, "check", "", what, READER, detail=row.words)


def payment_step(user: Any) -> Tell:
    def tell(row: PaymentEvent) -> Happening:
        said = words.said(words.PAYMENT, row.to_state)
        what = _("Payment %(reference)s: %(state)s") % {"reference": row.payment.reference, "state": said["word"]}
        url = link(user, "payment", row.payment_id) + "#pourquoi"
        return Happening(
            row.at, "card", said["tone"], what, row.actor, euros(row.payment.amount), reason(row.reason), url
        )

    return tell


def refund_step(user: Any) -> Tell:
    def tell(row: RefundEvent) -> Happening:
        said = words.said(words.REFUND, row.to_state)
        what = _("Refund %(reference)s: %(state)s") % {"reference": row.refund.reference, "state": said["word"]}
        url = link(user, "refund", row.refund_id) + "#pourquoi"
        return Happening(
            row.at, "arrow", said["tone"], what, row.actor, euros(row.refund.amount), reason(row.reason), url
        )

    return tell


def dispute_step(user: Any) -> Tell:
    def tell(row: DisputeEvent) -> Happening:
        one, said = row.dispute, words.said(words.DISPUTE, row.to_state)
        what = _("Dispute of payment %(reference)s: %(state)s")
        what = what % {"reference": one.payment.reference, "state": said["word"]}
        url = link(user, "payment", one.payment_id) + f"#contestation-{one.pk}"
        return Happening(row.at, "bank", said["tone"], what, row.actor, euros(one.amount), contested(row.reason), url)

    return tell


def stripe_event(user: Any) -> Tell:
    def tell(row: StripeEvent) -> Happening:
        said = words.said(words.EVENT, row.state)
        what = _("Stripe event %(type)s: %(state)s") % {"type": row.type, "state": said["word"]}
        return Happening(
            row.received_at,
            "bank",
            said["tone"],
            what,
            f"stripe:{row.event_id}",
            why=reason(row.reason),
            url=link(user, "event", row.pk),
        )

    return tell
