"""Meters: how near the limits of the press we are, each a figure, a limit and one sentence (law.md 1.1, 7.3, 8.1).

Pure. The limits are those of a rule (`CirculationRule`), and never stand here. The sentences are in French: the page and the
desk of finance print the same ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
from enum import StrEnum
from itertools import pairwise

from payments.french_days import french_day
from payments.money import NBSP, french
from subscriptions.calendar import add_months

TENTH = Decimal("0.1")


class Verdict(StrEnum):
    """Where a figure stands beside its limit; `ask`: only a person can say what it means."""

    WELL = "well"
    NEAR = "near"
    CROSSED = "crossed"
    ASK = "ask"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Meter:
    """One figure beside one limit. `matter` names it for as long as it is watched; `left`: how far it is from the limit, less
    than 0 beyond it. `name` and `sentence` are in French."""

    matter: str
    name: str
    verdict: Verdict
    value: str
    limit: str
    left: str
    sentence: str


def tenths(number: Decimal) -> str:
    """« 48,2 »; a space parts the thousands."""
    return f"{number.quantize(TENTH, ROUND_HALF_UP):,}".replace(",", NBSP).replace(".", ",").replace("-", "−")


def percent(number: Decimal) -> str:
    """« 48,2 % »."""
    return f"{tenths(number)}{NBSP}%"


def limit_of(number: Decimal) -> str:
    """A limit as it was entered: « 50 % », « 2,5 % »."""
    return f"{number.normalize():f}".replace(".", ",") + f"{NBSP}%"


def count(number: int) -> str:
    """« 1 204 »."""
    return f"{number:,}".replace(",", NBSP)


def at_least(share: Decimal, limit: Decimal, *, warn: Decimal) -> Verdict:
    """A share that must not fall below a limit. It is judged by what it is, not by what is printed."""
    if share < limit:
        return Verdict.CROSSED
    return Verdict.NEAR if share < limit + warn else Verdict.WELL


def _printed(share: Decimal, limit: Decimal) -> Decimal:
    """A share to one decimal that does not round onto the limit: 49,96 % of a limit of 50 is printed 49,9."""
    rounded = share.quantize(TENTH, ROUND_HALF_UP)
    if rounded != limit or share == limit:
        return rounded
    return share.quantize(TENTH, ROUND_DOWN if share < limit else ROUND_UP)


def paid_share(*, paid: int, posted: int, limit: Decimal, warn: Decimal, issues: str) -> Meter:
    """Of the copies posted with these issues, how many are paid. `issues`: « n° 22 à 25 »."""
    name = "Part des exemplaires payés"
    if not posted:
        return _unknown("paid_share", name, limit_of(limit), "Aucun numéro compté sur douze mois : rien à mesurer.")
    share = Decimal(paid) * 100 / posted
    printed = _printed(share, limit)
    return Meter(
        "paid_share", name, at_least(share, limit, warn=warn), percent(printed), f"au moins {limit_of(limit)}",
        _points(printed - limit),
        f"{percent(printed)} des exemplaires diffusés sont payés ({count(paid)} sur {count(posted)}, {issues}) ; "
        f"le repère est d’au moins {limit_of(limit)} : {_distance(printed - limit)}.",
    )  # fmt: skip


def bulk_share(*, bulk: int, paid: int, limit: Decimal, issues: str) -> Meter:
    """Of the paid copies, how many were bought in number."""
    name = "Part des ventes en nombre"
    if not paid:
        return _unknown("bulk_share", name, limit_of(limit), "Aucun exemplaire payé sur douze mois : rien à mesurer.")
    share = Decimal(bulk) * 100 / paid
    printed = _printed(share, limit)
    # Nothing here knows who is related to the publisher: whoever buys in number is looked at by a person.
    verdict = Verdict.WELL if share <= limit else Verdict.ASK
    return Meter(
        "bulk_share", name, verdict, percent(printed), f"au plus {limit_of(limit)}", _points(limit - printed),
        f"{percent(printed)} des exemplaires payés le sont en nombre ({count(bulk)} sur {count(paid)}, {issues}). La limite de "
        f"{limit_of(limit)} vaut pour les acheteurs liés à l’éditeur"
        + (" : elle ne peut pas être franchie." if share <= limit else " : s’il y en a parmi eux, comptez leurs exemplaires."),
    )  # fmt: skip


def price_ratio(
    matter: str, what: str, *, paid: Decimal, reference: Decimal, limit: Decimal, warn: Decimal, copies: int | None = None
) -> Meter:  # fmt: skip
    """What is asked for a copy beside the reference price. `what`: the offer and its code; `copies`: sold so far."""
    share = paid * 100 / reference
    printed = _printed(share, limit)
    verdict = at_least(share, limit, warn=warn)
    end = {
        Verdict.CROSSED: "ces exemplaires ne comptent pas comme payés",
        Verdict.NEAR: "une remise de plus les ferait sortir des exemplaires payés",
    }.get(verdict, "ils comptent comme payés")
    sold = "" if copies is None else f" (vendus sur douze mois : {count(copies)})"
    return Meter(
        matter, what, verdict, percent(printed), f"au moins {limit_of(limit)}", _points(printed - limit),
        f"{what} : {french(paid)} l’exemplaire pour un prix de référence de {french(reference)}, soit {percent(printed)}{sold} ; "
        f"la limite est de {limit_of(limit)} : {_distance(printed - limit)}, {end}.",
    )  # fmt: skip


def coupled(what: str, *, kept: Decimal, limit: Decimal, warn: Decimal) -> Meter:
    """What the printed magazine keeps of the reference price where something else is sold with it."""
    printed = _printed(kept, limit)
    return Meter(
        "coupled", what, at_least(kept, limit, warn=warn), percent(printed), f"au moins {limit_of(limit)}",
        _points(printed - limit),
        f"{what} : l’imprimé garde {percent(printed)} du prix de référence ; une vente couplée doit en garder au moins "
        f"{limit_of(limit)} : {_distance(printed - limit)}.",
    )  # fmt: skip


def low_share(*, low: int, sold: int, limit: Decimal, issues: str) -> Meter:
    """How many of the copies sold went for less than the limit: not paid ones, whatever they brought in. No limit of its own."""
    name = "Vendus sous le seuil"
    if not sold:
        return _unknown("low_share", name, "", "Aucun exemplaire vendu sur douze mois : rien à mesurer.")
    share = Decimal(low) * 100 / sold
    return Meter(
        "low_share", name, Verdict.ASK if low else Verdict.WELL, percent(share), "", "",
        f"Vendus à moins de {limit_of(limit)} du prix de référence : {count(low)} sur {count(sold)} ({percent(share)}, {issues})"
        + (" ; comptés hors diffusion payée." if low else "."),
    )  # fmt: skip


def rhythm(
    posted: Sequence[date], coming: Sequence[date], *, most_months: int, least: int, on: date
) -> Sequence[Meter]:
    """The gaps between issues, and how many a year: a double issue is one. `posted`, `coming`: days, in order."""
    days = [*posted, *coming]
    year = [day for day in days if add_months(on, -12) < day <= on]
    wide = [
        (one, other)
        for one, other in pairwise(days)
        if other > add_months(one, most_months) and other > add_months(on, -12)
    ]
    past = [pair for pair in wide if pair[1] <= on]
    verdict = Verdict.WELL if not wide else Verdict.NEAR if len(wide) == 1 else Verdict.CROSSED
    gap = (
        f"Jamais plus de {most_months} mois entre deux numéros sur douze mois, ni dans le calendrier à venir."
        if not wide
        else f"Plus de {most_months} mois entre le {french_day(wide[0][0])} et le {french_day(wide[0][1])}"
        + (
            " : c’est toléré une fois par an."
            if len(wide) == 1
            else f", et {len(wide)} fois en tout : une seule est tolérée."
        )
    )
    expected = [day for day in days if on < day <= add_months(on, 12)]
    known = len(posted) > 0 and posted[0] <= add_months(on, -12)
    few = min(len(expected), len(year) if known else len(expected))
    return (
        Meter("gap", "Écart entre deux numéros", verdict, f"{len(past)} sur douze mois", "une fois par an", "", gap),
        Meter(
            "issues", "Numéros par an", Verdict.WELL if few >= least else Verdict.CROSSED,
            f"{len(year)} parus, {len(expected)} à paraître", f"au moins {least}", str(few - least).replace("-", "−"),
            f"Parus sur douze mois : {len(year)} ; prévus dans les douze mois : {len(expected)} ; il en faut {least} par an"
            + (", un numéro double compte pour un." if few >= least else " : le calendrier n’y suffit pas."),
        ),
    )  # fmt: skip


def registration(number: str, *, until: date, warn_days: int, on: date) -> Meter:
    """How long the registration with the CPPAP still holds: no press rate, and no press post, after it."""
    left = (until - on).days
    verdict = Verdict.CROSSED if left < 0 else Verdict.NEAR if left <= warn_days else Verdict.WELL
    asked = " : le renouvellement se demande deux mois avant sa fin" if verdict == Verdict.NEAR else ""
    if left < 0:
        end = "est échue : ni TVA à 2,10 %, ni tarif postal de presse"
    elif left == 0:
        end = f"vaut encore aujourd’hui, pour la dernière fois{asked}"
    else:
        end = f"vaut encore {_days(left)}{asked}"
    return Meter(
        "cppap", "Inscription à la CPPAP", verdict, french_day(until), f"{_days(warn_days)} avant", _days(left),
        f"L’inscription n° {number} (jusqu’au {french_day(until)}) {end}.",
    )  # fmt: skip


def _days(number: int) -> str:
    """« 0 jour », « 1 jour », « 2 jours », « −3 jours »."""
    return f"{count(number).replace('-', '−')}{NBSP}{'jours' if abs(number) >= 2 else 'jour'}"


def _unknown(matter: str, name: str, limit: str, sentence: str) -> Meter:
    return Meter(matter, name, Verdict.UNKNOWN, "", limit, "", sentence)


def _points(number: Decimal) -> str:
    return f"{tenths(number)}{NBSP}{_point(number)}"


def _point(number: Decimal) -> str:
    """« 1,9 point », « 2 points »."""
    return "points" if abs(number) >= 2 else "point"


def _distance(number: Decimal) -> str:
    if number < 0:
        return f"il en manque {tenths(-number)}{NBSP}{_point(number)}"
    return f"il reste {tenths(number)}{NBSP}{_point(number)}" if number else "c’est exactement la limite"
