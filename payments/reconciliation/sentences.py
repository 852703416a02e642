"""What each kind of discrepancy is, in a French sentence; one closed table, beside how it may end by itself."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from payments.ledger.posting import ZERO
from payments.models import Discrepancy
from payments.money import NBSP, french

Kind = Discrepancy.Kind
SENTENCES: Mapping[str, str] = {
    Kind.MISSING_LINE: "Les livres tiennent {of} pour encaissé ({in_books}), et Stripe n’en montre aucun mouvement.",
    Kind.MISSING_REFUND: "Les livres tiennent {of} pour remboursé ({in_books}), et Stripe n’en montre aucun mouvement.",
    Kind.UNKNOWN_CHARGE: "Stripe a encaissé {at_stripe} au nom de la boutique ({line}), et les livres ne le connaissent pas.",
    Kind.UNKNOWN_REFUND: "Stripe a remboursé {size} au nom de la boutique ({line}), et les livres ne le connaissent pas.",
    Kind.UNKNOWN_DISPUTE: "Une banque a mouvementé {at_stripe} pour une contestation ({line}) que les livres ne connaissent pas.",
    Kind.DOUBLED: "Stripe montre {at_stripe} une seconde fois ({line}) pour un paiement déjà encaissé.",
    Kind.OTHER_AMOUNT: "Stripe montre {at_stripe} ({line}), les livres {in_books}.",
    Kind.OTHER_CURRENCY: "Stripe montre {at_stripe} ({line}) pour un mouvement de la boutique, dans une autre monnaie que l’euro.",
    Kind.UNKNOWN_TYPE: "Stripe montre {at_stripe} sous un type que la boutique ne connaît pas : « {kind} » ({line}).",
    Kind.CHANGED: "Stripe montre maintenant {at_stripe} net pour {line}, et montrait {in_books} quand il a été comptabilisé.",
    Kind.FOREIGN: "Ce virement contient {at_stripe} d’un autre produit du compte Stripe.",
    Kind.REMAINDER: "Ce virement est de {at_stripe}, et ses mouvements font {in_books}.",
    Kind.FAILED: "Ce virement de {at_stripe} n’est pas arrivé à la banque : « {code} ».",
    Kind.UNBOOKED: "Ce mouvement de {at_stripe} ({line}) avait été imputé à la main ; la boutique l’a reconnu depuis, et a repris cette imputation.",
    Kind.FAILED_AFTER_PAID: "Ce virement de {at_stripe} est revenu de la banque après avoir été donné pour payé : « {code} ».",
}
#: What ends by itself once it is no longer found; everything else waits for finance.
MATCHED_LATER = frozenset(
    {Kind.MISSING_LINE, Kind.MISSING_REFUND, Kind.UNKNOWN_CHARGE, Kind.UNKNOWN_REFUND, Kind.UNKNOWN_DISPUTE}
)
GONE_LATER = frozenset(
    {Kind.DOUBLED, Kind.OTHER_AMOUNT, Kind.OTHER_CURRENCY, Kind.UNKNOWN_TYPE, Kind.REMAINDER, Kind.FOREIGN}
)


def sentence(one: Discrepancy) -> str:
    """The discrepancy in words; what it is about stands beside it, with its link."""
    line, payout = one.movement, one.payout
    kind, _colon, key = one.subject.partition(":")
    of = {"payment": "le paiement", "refund": "le remboursement"}.get(kind, kind)
    return (
        SENTENCES[one.kind]
        .format(
            at_stripe=_french(one.at_stripe, currency_of(one)),
            size=_french(abs(one.at_stripe or ZERO), currency_of(one)),
            in_books=_french(one.in_books, "eur" if one.kind == Kind.OTHER_CURRENCY else currency_of(one)),
            line=line.stripe_id if line else "",
            kind=line.kind if line else "",
            code=(payout.failure_code if payout else "") or "sans motif",
            of=f"{of} n°{NBSP}{key}",
        )
        .replace(" :", f"{NBSP}:")
        .replace(" ;", f"{NBSP};")
        .replace("« ", f"«{NBSP}")
        .replace(" »", f"{NBSP}»")
    )


def currency_of(one: Discrepancy) -> str:
    """In which currency Stripe's amount of it is."""
    return one.movement.currency if one.movement else one.payout.currency if one.payout else "eur"


def _french(amount: Decimal | None, currency: str) -> str:
    if amount is None:
        return ""
    said = french(amount).replace("-", "−")
    return said if currency == "eur" else f"{said.removesuffix('€')}{currency.upper()}"
