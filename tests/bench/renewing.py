"""Readers whose renewal is due, by the thousand, and tills that answer at once or after a while, inside this process."""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import stripe

WORKERS = 2
R = date(2027, 11, 23)


class InstantTill(stripe.HTTPClient):
    """Says yes to every charge, after `SECONDS`; keeps the instants at which it was asked."""

    name = "instant"
    SECONDS = 0.0
    asked: list[float] = []  # of this process, on purpose

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_: Any
    ) -> tuple[str, int, Mapping[str, str]]:
        self.asked.append(time.time())
        if self.SECONDS:
            time.sleep(self.SECONDS)
        form = parse_qs(post_data if isinstance(post_data, str) else (post_data or b"").decode())
        reference = form["metadata[reference]"][0]
        now = int(time.time())
        body = {
            "id": f"pi_{reference}", "object": "payment_intent", "status": "succeeded", "amount": int(form["amount"][0]),
            "amount_received": int(form["amount"][0]), "currency": "eur", "customer": form["customer"][0],
            "payment_method": {"id": form["payment_method"][0], "object": "payment_method", "type": "card"},
            "latest_charge": {"id": f"ch_{reference}", "object": "charge", "created": now}, "metadata": {"reference": reference},
            "created": now, "livemode": False, "payment_method_types": ["card"], "last_payment_error": None,
        }  # fmt: skip
        return json.dumps(body), 200, {"Request-Id": "req_bench"}

    def close(self) -> None:
        """Nothing to close."""


class SlowTill(InstantTill):
    """The same after 400 ms, as Stripe takes."""

    SECONDS = 0.4


@dataclass(frozen=True)
class Worker:
    """What one worker did: how many charged, from when to when, and when it asked."""

    charged: int
    begun: float
    ended: float
    asked: list[float]


def readers(count: int, *, prefix: str = "r") -> None:
    """So many readers of the automatic offer, with term 1, a card, and a renewal that is due on R, all in bulk."""
    from django.contrib.auth import get_user_model
    from django.db import transaction
    from django.utils import timezone

    from payments.models import PayerAccount, SavedMethod
    from subscriptions.calendar import legal_notice_window
    from subscriptions.models import (
        Disclosure,
        Entitlement,
        EntitlementMovement,
        Issue,
        Notice,
        NoticeProof,
        Offer,
        Order,
        PostalAddress,
        Price,
        Recipient,
        Renewal,
        RenewalProof,
        Subscription,
        Term,
    )

    at = timezone.now()
    offer = Offer.objects.filter(renewal="automatic").order_by("pk")[0]
    price = Price.objects.filter(offer=offer, delivery_zone="FR").order_by("-valid_from")[0]
    issues = list(Issue.objects.filter(magazine=offer.magazine).order_by("number"))
    first = next(issue for issue in issues if issue.posted_on is None)
    owed = [issue for issue in issues if issue.number >= first.number][: offer.copies]
    window = legal_notice_window(R)

    def many(model: Any, rows: list[Any]) -> list[Any]:
        return list(model.objects.bulk_create(rows, batch_size=2000))

    with transaction.atomic():
        disclosure = Disclosure.objects.get_or_create(sha256="0" * 64, defaults={"facts": {}, "created_at": at})[0]
        customers = many(
            get_user_model(),
            [
                get_user_model()(
                    email=f"{prefix}{n}@example.fr", password="!", first_name="Camille", last_name=f"Lenoir {n}",
                    created_at=at,
                )
                for n in range(count)
            ],
        )  # fmt: skip
        addresses = many(
            PostalAddress,
            [
                PostalAddress(
                    typed={}, lines=["MME CAMILLE LENOIR", "3 RUE DE LA PAIX", "69001 LYON", "FRANCE"], country="FR",
                    postcode="69001", town="LYON", delivery_zone="FR", vat_zone="FR_METRO", created_at=at,
                )
                for _n in range(count)
            ],
        )  # fmt: skip
        recipients = many(
            Recipient,
            [
                Recipient(customer=who, name=who.full_name, address=where)
                for who, where in zip(customers, addresses, strict=True)
            ],
        )
        accounts = many(
            PayerAccount,
            [
                PayerAccount(
                    owner_key=f"{prefix}:{n}", customer=who, stripe_customer=f"cus_{prefix}{n}",
                    idempotency_key=f"{prefix}{n}", created_at=at,
                )
                for n, who in enumerate(customers)
            ],
        )  # fmt: skip
        methods = many(
            SavedMethod,
            [
                SavedMethod(
                    payer_account=account, stripe_method=f"pm_{account.owner_key}", kind="card", brand="visa", last4="4242",
                    exp_month=12, exp_year=2040, created_at=at,
                )
                for account in accounts
            ],
        )  # fmt: skip
        orders = many(
            Order,
            [
                Order(
                    reference=f"CMD-{prefix}-{n}", form_token=f"00000000-0000-4000-8000-{hash((prefix, n)) % 16**12:012x}",
                    content_sha256="1" * 64, state="paid", state_since=at, placed_at=at, offer=offer, price=price,
                    amount=price.amount, vat_zone="FR_METRO", vat_rate=Decimal("2.10"), first_issue=owed[0],
                    disclosure=disclosure, customer=who, email=who.email, first_name=who.first_name, last_name=who.last_name,
                    delivery=where, typed={},
                )
                for n, (who, where) in enumerate(zip(customers, addresses, strict=True))
            ],
        )  # fmt: skip
        subscriptions = many(
            Subscription,
            [
                Subscription(
                    number=f"{prefix}{n}", magazine=offer.magazine, payer=who, holder=who, recipient=recipient,
                    renewal="automatic", offer=offer, saved_method=method, state="active", state_since=at, created_at=at,
                )
                for n, (who, recipient, method) in enumerate(zip(customers, recipients, methods, strict=True))
            ],
        )  # fmt: skip
        terms = many(
            Term,
            [
                Term(
                    subscription=one, number=1, order=order, starts_on=R.replace(year=2026), ends_on=R - timedelta(days=1),
                    copies=offer.copies, amount=price.amount, amount_ht=Decimal("27.03"), vat_zone="FR_METRO",
                    vat_rate=Decimal("2.10"), created_at=at,
                )
                for one, order in zip(subscriptions, orders, strict=True)
            ],
        )  # fmt: skip
        copies = many(
            Entitlement,
            [
                Entitlement(term=term, rank=rank, issue=issue, value_ht=Decimal("6.76"), state="served")
                for term in terms
                for rank, issue in enumerate(owed, start=1)
            ],
        )
        many(
            EntitlementMovement,
            [EntitlementMovement(entitlement=copy, kind="grant", actor="x", on=R, at=at) for copy in copies],
        )
        renewals = many(
            Renewal,
            [
                Renewal(
                    subscription=one, number=2, renews_on=R, state="due", state_since=at, price=price, amount=price.amount,
                    created_at=at,
                )
                for one in subscriptions
            ],
        )  # fmt: skip
        told = {
            "legal": (window.target_on, window.opens_on, window.closes_on),
            "pre_debit": (R - timedelta(days=14), R - timedelta(days=30), R - timedelta(days=7)),
        }
        for kind, (sent_on, opens, closes) in told.items():
            notices = many(
                Notice,
                [
                    Notice(
                        kind=kind, matter=f"{kind}:renewal:{plan.pk}", rank="legal", to_email="x@example.fr", due_at=at,
                        created_at=at, state="sent", state_since=at,
                    )
                    for plan in renewals
                ],
            )  # fmt: skip
            proofs = many(NoticeProof, [NoticeProof(notice=notice, kind="accepted", at=at) for notice in notices])
            many(
                RenewalProof,
                [
                    RenewalProof(
                        renewal=plan, renews_on=R, kind=kind, sent_on=sent_on, window_opens=opens, window_closes=closes,
                        notice_proof=proof, at=at,
                    )
                    for plan, proof in zip(renewals, proofs, strict=True)
                ],
            )  # fmt: skip


def work(allowance: Callable[[], Any], *, till: str, threads: int, seconds: float = 1e9) -> list[Worker]:
    """Two workers, each a process of its own, charge whatever is due for so long."""
    from django.db import connections

    connections.close_all()
    fork = multiprocessing.get_context("fork")
    pipes = [fork.Pipe(duplex=False) for _worker in range(WORKERS)]
    processes = [
        fork.Process(target=_work, args=(out, allowance, till, threads, seconds)) for _into, out in pipes
    ]  # fmt: skip
    for process in processes:
        process.start()
    done = [into.recv() for into, _out in pipes]
    for process in processes:
        process.join()
    return done


def _work(out: Any, allowance: Callable[[], Any], till: str, threads: int, seconds: float) -> None:
    from django.conf import settings

    from payments.actors import job
    from payments.days import PARIS
    from subscriptions.renewals.charging import charge_due

    settings.STRIPE_HTTP_CLIENT = f"tests.bench.renewing.{till}"
    start, ten = time.monotonic(), datetime(R.year, R.month, R.day, 10, tzinfo=PARIS)
    begun = time.time()
    done = charge_due(
        at=ten,
        now=lambda: ten + timedelta(seconds=time.monotonic() - start),
        allowance=allowance(),
        actor=job("renewal-charge"),
        go_on=lambda: time.monotonic() - start < seconds,
        threads=threads,
    )
    out.send(Worker(done.charged, begun, time.time(), InstantTill.asked))


def fullest_second(instants: list[float]) -> int:
    """The most that lie in any one second, wherever it begins; for sorted instants."""
    most = first = 0
    for last, instant in enumerate(instants):
        while instants[first] <= instant - 1:
            first += 1
        most = max(most, last - first + 1)
    return most
