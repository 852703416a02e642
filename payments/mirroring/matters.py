"""Differences on the desk of finance: opened when a run finds one, closed when a run sees it put right.

What a person has closed with a reason is explained, and is not put on the desk again by the next night.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from django.db.models import F

from payments.actors import Actor
from payments.desk import put_all_on_desk, take_all_off_desk
from payments.models import DeskItem, MirrorCharge, MirrorDifference, MirrorRun
from payments.money import french

Kind = MirrorDifference.Kind
PREFIX = "mirror_"
#: The kinds of desk items that are differences of the mirror; what it has mended by itself is none.
MATTERS = tuple(f"{PREFIX}{kind}" for kind in Kind.values if kind != Kind.MENDED)
SENTENCES = {
    Kind.UNKNOWN: "Stripe a encaissé {at_stripe} ({charge}) au nom de la boutique, et les livres ne connaissent pas ce "
    "paiement : à retrouver, ou à rendre depuis Stripe.",
    Kind.UNSETTLED: "Stripe a encaissé {at_stripe} ({charge}) pour {payment}, que les livres ne tiennent pas pour payé.",
    Kind.SECOND: "Stripe a encaissé {at_stripe} une seconde fois ({charge}) pour {payment}, déjà payé : à rendre.",
    Kind.MISSING: "Les livres tiennent {payment} pour payé ({in_books}), et Stripe n’a pas cet encaissement.",
    Kind.AMOUNT: "Stripe a encaissé {at_stripe} pour {payment}, les livres {in_books}.",
    Kind.CURRENCY: "Stripe a encaissé {payment} dans une autre monnaie que l’euro.",
    Kind.REFUNDED: "Stripe a remboursé {at_stripe} sur {payment}, les livres {in_books}.",
}

#: The same for the audit, as a colleague of technique reads it.
FINDINGS = {
    Kind.UNKNOWN: "Stripe has taken money that the books do not know",
    Kind.UNSETTLED: "Stripe has taken its money, and it is not paid",
    Kind.SECOND: "Stripe has taken money for it a second time",
    Kind.MISSING: "received in the books, and not at Stripe",
    Kind.AMOUNT: "of another amount at Stripe",
    Kind.CURRENCY: "of another currency at Stripe",
    Kind.REFUNDED: "another sum of it was given back at Stripe",
}


def put(differences: Sequence[MirrorDifference], *, at: datetime) -> None:
    """Put differences on the desk, but for those that are there or that a person has explained. A query, an INSERT per kind."""
    open_to_find = [one for one in differences if one.kind != Kind.MENDED]
    if not open_to_find:
        return
    explained = set(
        DeskItem.objects.filter(
            kind__in=MATTERS, subject__in=[one.subject for one in open_to_find], closed_by__startswith="staff:"
        ).values_list("kind", "subject")
    )
    by_kind: dict[str, dict[str, str]] = defaultdict(dict)
    for one in open_to_find:
        kind = f"{PREFIX}{one.kind}"
        if (kind, one.subject) not in explained:
            by_kind[kind][one.subject] = _sentence(one)
    for kind, sentences in sorted(by_kind.items()):
        put_all_on_desk(DeskItem.Desk.FINANCE, kind=kind, sentences=sentences, at=at)


def open_matters() -> Iterator[tuple[str, str]]:
    """(subject, finding) of what differs and nobody has explained. One query."""
    items = DeskItem.objects.filter(kind__in=MATTERS, closed_at=None).order_by("pk").values_list("kind", "subject")
    for kind, subject in items.iterator(2000):
        yield subject, FINDINGS[Kind(kind.removeprefix(PREFIX))]


def close_settled(run: MirrorRun, *, actor: Actor, at: datetime) -> int:
    """Take off the desk what this run covered and did not find any more; returns how many."""
    items = DeskItem.objects.filter(kind__in=MATTERS, closed_at=None).values_list("kind", "subject")
    found = set(run.found.values_list("kind", "subject"))
    gone: dict[str, list[str]] = defaultdict(list)
    for kind, subject in items:
        if (kind.removeprefix(PREFIX), subject) not in found:
            gone[kind].append(subject)
    covered = _covered(run, {subject for subjects in gone.values() for subject in subjects})
    return sum(
        take_all_off_desk(
            kind=kind,
            subjects=[subject for subject in subjects if subject in covered],
            because="the mirror does not find it any more",
            actor=actor,
            at=at,
        )
        for kind, subjects in sorted(gone.items())
    )


def _covered(run: MirrorRun, subjects: set[str]) -> set[str]:
    """Those of these subjects whose charge this run has seen."""
    charges = [one.removeprefix("charge:") for one in subjects if one.startswith("charge:")]
    payments = [int(one.removeprefix("payment:")) for one in subjects if one.startswith("payment:")]
    seen = MirrorCharge.objects.filter(last_run=run)
    return {
        f"charge:{one}" for one in seen.filter(stripe_charge__in=charges).values_list("stripe_charge", flat=True)
    } | {
        f"payment:{key}"
        for key in seen.filter(payment__in=payments, stripe_charge=F("payment__stripe_charge")).values_list(
            "payment", flat=True
        )
    }


def _sentence(one: MirrorDifference) -> str:
    return SENTENCES[Kind(one.kind)].format(
        at_stripe=_french(one.at_stripe),
        in_books=_french(one.in_books),
        charge=one.stripe_charge,
        payment=one.payment.reference if one.payment else "",
    )


def _french(amount: Decimal | None) -> str:
    return "" if amount is None else french(amount)
