"""Saved methods: whose they are at Stripe, keeping them, replacing them. No card number ever comes here."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.db import transaction
from django.db.models import Q

from payments import gateway
from payments.actors import Actor
from payments.gateway import MethodSeen
from payments.keys import new_key, new_reference
from payments.models import MethodSetup, PayerAccount, Payment, SavedMethod


class BringsMethod(Protocol):
    @property
    def method(self) -> MethodSeen | None: ...


def payer_account(owner_key: str, *, customer: Any, at: datetime) -> PayerAccount:
    """The payer account of an owner (`order:12`, `customer:5`), made if need be; Stripe is not asked here."""
    PayerAccount.objects.bulk_create(
        [PayerAccount(owner_key=owner_key, customer=customer, idempotency_key=new_key(), created_at=at)],
        ignore_conflicts=True,
    )
    return PayerAccount.objects.get(owner_key=owner_key)


def known_at_stripe(account: PayerAccount, *, email: str, name: str) -> PayerAccount:
    """Make sure that Stripe has a customer for the account. Network; outside a transaction.

    Raises what the gateway raises. Two askers at once make one customer, by the account's own key.
    """
    if account.stripe_customer:
        return account
    seen = gateway.create_customer(reference=account.owner_key, email=email, name=name, key=account.idempotency_key)
    PayerAccount.objects.filter(pk=account.pk, stripe_customer=None).update(stripe_customer=seen.id)
    account.stripe_customer = seen.id  # the account's own key gives every asker the same customer
    return account


def keep_methods(settled: Sequence[tuple[Payment, BringsMethod]], *, at: datetime) -> None:
    """Remember the methods that settled payments left for later; sets `saved_method` in memory, the caller saves.

    One statement whatever the number.
    """
    left = {
        payment.pk: (news.method, payment.payer_account_id)
        for payment, news in settled
        if news.method is not None and payment.save_method and payment.payer_account_id is not None
    }
    if not left:
        return
    saved = {
        row.stripe_method: row for row in _upsert({method.id: (method, of) for method, of in left.values()}, at=at)
    }
    for payment, _news in settled:
        if payment.pk in left:
            payment.saved_method = saved[left[payment.pk][0].id]


def keep(method: MethodSeen, *, payer_account_id: int, at: datetime) -> SavedMethod:
    """The saved method of a Stripe id, made or brought up to date (banks renew cards by themselves)."""
    [saved] = _upsert({method.id: (method, payer_account_id)}, at=at)
    return saved


_TOLD_BY_STRIPE = ("kind", "brand", "last4", "exp_month", "exp_year", "fingerprint")


def _upsert(methods: Mapping[str, tuple[MethodSeen, int]], *, at: datetime) -> list[SavedMethod]:
    """Whose a method is never changes; what Stripe says of it may. A mandate is told with a debit only, and then kept."""
    saved = SavedMethod.objects.bulk_create(
        [
            SavedMethod(
                stripe_method=method.id,
                payer_account_id=payer_account_id,
                kind=method.kind,
                brand=method.brand,
                last4=method.last4,
                exp_month=method.exp_month or None,
                exp_year=method.exp_year or None,
                fingerprint=method.fingerprint,
                mandate=method.mandate,
                mandate_reference=method.mandate_reference,
                created_at=at,
            )
            # In one order for all: two settlings may bring the same cards.
            for _id, (method, payer_account_id) in sorted(methods.items())
        ],
        update_conflicts=True,
        unique_fields=["stripe_method"],
        update_fields=_TOLD_BY_STRIPE,
    )
    for row in saved:
        method, _owner = methods[row.stripe_method]
        if method.mandate:
            told = {"mandate": method.mandate, "mandate_reference": method.mandate_reference}
            SavedMethod.objects.filter(pk=row.pk).update(**told)
    return saved


def bring_up_to_date(stripe_method: str, *, at: datetime) -> bool:
    """Fetch a method that Stripe says has changed. Network. False when it is none of ours."""
    saved = SavedMethod.objects.filter(stripe_method=stripe_method).first()
    if saved is None:
        return False
    keep(gateway.fetch_method(stripe_method), payer_account_id=saved.payer_account_id, at=at)
    return True


def end_mandate(mandate: str, *, of: Collection[str] = (), because: str, at: datetime) -> int:
    """The bank or the payer ended a SEPA mandate: the method is not charged again. Returns how many ended.

    `of`: the methods that Stripe names beside the mandate; a method itself does not name its mandate.
    """
    theirs = Q(mandate=mandate) & ~Q(mandate="") | Q(stripe_method__in=set(of) - {""})
    return SavedMethod.objects.filter(theirs, ended_at=None).update(ended_at=at, ended_because=because)


def wish_other_method(account: PayerAccount, *, subject: str, actor: Actor, minutes: int, at: datetime) -> MethodSetup:
    """A committed row for one wish to leave another card or IBAN; `open_setup_page` then asks Stripe."""
    return MethodSetup.objects.create(
        reference=new_reference("CB"),
        subject=subject,
        payer_account=account,
        idempotency_key=new_key(),
        checkout_expires_at=at + timedelta(minutes=minutes),
        actor=str(actor),
        created_at=at,
        state_since=at,
    )


def open_setup_page(setup: MethodSetup, *, success_url: str, cancel_url: str) -> MethodSetup:
    """Open the hosted page of a set-up. Network; outside a transaction; asking twice opens one page.

    The payer account is known at Stripe by then. Raises what the gateway raises; the wish may simply be repeated.
    """
    if setup.checkout_url:
        return setup
    if not setup.payer_account.stripe_customer or setup.checkout_expires_at is None:
        raise ValueError("the payer must be known at Stripe first")
    seen = gateway.open_setup(
        reference=setup.reference,
        customer=setup.payer_account.stripe_customer,
        success_url=success_url,
        cancel_url=cancel_url,
        expires_at=setup.checkout_expires_at,
        metadata={"subject": setup.subject},
        key=setup.idempotency_key,
    )
    MethodSetup.objects.filter(pk=setup.pk).update(checkout_session=seen.id, checkout_url=seen.url)
    setup.refresh_from_db()
    return setup


def look_up_setup(setup: MethodSetup, *, at: datetime) -> MethodSetup:
    """Ask Stripe what became of a set-up and keep the method it left. Network; safe to repeat."""
    if setup.state != MethodSetup.State.CREATED or not setup.checkout_session:
        return setup
    page = gateway.fetch_checkout(setup.checkout_session)
    if page.status == "expired":
        MethodSetup.objects.filter(pk=setup.pk, state=MethodSetup.State.CREATED).update(
            state=MethodSetup.State.EXPIRED, state_since=at
        )
    elif page.setup_intent:
        intent = gateway.fetch_setup(page.setup_intent)
        if intent.outcome == gateway.Outcome.SUCCEEDED and intent.payment_method:
            method = gateway.fetch_method(intent.payment_method, mandate=intent.mandate)
            with transaction.atomic():
                locked = MethodSetup.objects.select_for_update(no_key=True).get(pk=setup.pk)
                if locked.state == MethodSetup.State.CREATED:
                    locked.saved_method = keep(method, payer_account_id=locked.payer_account_id, at=at)
                    locked.state, locked.state_since = MethodSetup.State.DONE, at
                    locked.save(update_fields=["saved_method", "state", "state_since"])
    setup.refresh_from_db()
    return setup
