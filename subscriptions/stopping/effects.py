"""What a declaration does on the day it is received: from when, how much is given back, by when. Pure, one table.

The same function speaks before the last click, in the acknowledgement and on the desks, so that a reader is told once
what will happen. Sources: C. conso L221-18 to L221-24 (withdrawal), L215-1 (late notice), D215-3 (end and effects).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from payments.french_days import french_day
from payments.money import eur, french
from subscriptions.models import Declaration

Kind, Ground = Declaration.Kind, Declaration.Ground
#: C. conso L221-24: everything back within fourteen days of being told.
WITHDRAWAL_REFUND_DAYS = 14
#: C. conso L215-1, third paragraph: advances back within thirty days.
LATE_NOTICE_REFUND_DAYS = 30


class Code(StrEnum):
    """Every outcome; the value is kept as the declaration's `effect`."""

    WITHDRAWN = "withdrawn"
    WITHDRAWN_WAITS = "withdrawn_waits"
    WITHDRAWN_UNPAID = "withdrawn_unpaid"
    WITHDRAWN_DEBIT = "withdrawn_debit"
    WITHDRAWAL_LATE = "withdrawal_late"
    WITHDRAWAL_NOT_HERE = "withdrawal_not_here"
    ENDS_AT_TERM = "ends_at_term"
    ENDS_BY_ITSELF = "ends_by_itself"
    NOTICE_MISSED = "notice_missed"
    NOTICE_MISSED_WAITS = "notice_missed_waits"
    NOTICE_PROVED = "notice_proved"
    GROUND = "ground"
    ORDER_CANCELLED = "order_cancelled"
    ORDER_DEBIT = "order_debit"
    ALREADY_OVER = "already_over"
    # Past issues, bought one by one.
    SINGLE_UNSENT = "single_unsent"
    SINGLE_WAITS = "single_waits"
    SINGLE_SENT = "single_sent"
    # What only a person decides.
    GOODWILL = "goodwill"
    ENDED_NOW = "ended_now"
    UNRECOGNISED = "unrecognised"
    OTHER_EMAIL = "other_email"


#: Which outcomes the machine carries out by itself; all others wait for a person.
AT_ONCE = frozenset(
    {
        Code.WITHDRAWN,
        Code.WITHDRAWN_WAITS,
        Code.WITHDRAWN_UNPAID,
        Code.WITHDRAWN_DEBIT,
        Code.ENDS_AT_TERM,
        Code.ENDS_BY_ITSELF,
        Code.NOTICE_MISSED,
        Code.NOTICE_MISSED_WAITS,
        Code.ORDER_CANCELLED,
        Code.ALREADY_OVER,
        Code.SINGLE_UNSENT,
        Code.SINGLE_WAITS,
    }
)
#: Orders whose reader wants nothing any more: money that comes for them all the same goes back.
ORDER_GIVEN_UP = frozenset({Code.WITHDRAWN_UNPAID, Code.WITHDRAWN_DEBIT, Code.ORDER_CANCELLED})
#: The contract stops at once; its money waits for a file to be posted or for a dispute to end.
WAITING = frozenset({Code.WITHDRAWN_WAITS, Code.NOTICE_MISSED_WAITS})

SENTENCES: Mapping[Code, str] = {
    Code.WITHDRAWN: (
        "Votre rétractation prend effet le {effective}. Tout ce que vous avez payé, soit {refund}, vous est rendu par le "
        "même moyen de paiement, au plus tard le {due}. Aucun numéro ne sera plus envoyé et rien ne sera plus débité."
    ),
    Code.WITHDRAWN_WAITS: (
        "Votre rétractation prend effet le {effective}. Tout ce que vous avez payé, soit {refund}, vous est rendu par le "
        "même moyen de paiement, au plus tard le {due}. Rien ne sera plus débité. Un numéro déjà remis à l’expédition "
        "peut encore vous parvenir : vous ne devez rien pour lui."
    ),
    Code.WITHDRAWN_UNPAID: (
        "Votre rétractation prend effet le {effective}. Votre commande n’est pas payée : elle est annulée, vous ne devez "
        "rien et rien ne sera débité."
    ),
    Code.WITHDRAWN_DEBIT: (
        "Votre rétractation prend effet le {effective}. Votre prélèvement de {refund} est encore en cours à la banque : "
        "s’il aboutit, il vous est rendu aussitôt, en entier et par le même moyen. Aucun numéro ne sera envoyé."
    ),
    Code.WITHDRAWAL_LATE: (
        "Le délai de rétractation de ce contrat est passé{until}. Votre demande est reçue et sera examinée par une "
        "personne, qui vous répondra. D’ici là, une chose est sûre : votre abonnement ne sera pas reconduit."
    ),
    Code.WITHDRAWAL_NOT_HERE: (
        "Ce contrat n’a pas été conclu sur ce site. Votre rétractation est reçue ; une personne vérifie la date de "
        "votre premier numéro et vous répond. Votre abonnement ne sera pas reconduit."
    ),
    Code.ENDS_AT_TERM: (
        "Votre abonnement s’arrête le {effective}, à la fin de la période payée. Il ne sera pas reconduit et rien ne sera "
        "plus débité. Les numéros déjà payés vous sont servis jusqu’au dernier."
    ),
    Code.ENDS_BY_ITSELF: (
        "Votre abonnement n’est pas reconduit : il s’arrête de lui-même le {effective}, et rien ne sera débité. Les "
        "numéros déjà payés vous sont servis jusqu’au dernier."
    ),
    Code.NOTICE_MISSED: (
        "Votre abonnement a été reconduit sans que nous puissions prouver l’avis prévu par la loi (article L215-1 du code "
        "de la consommation) : il s’arrête le {effective}. Les numéros non servis, soit {refund}, vous sont rendus par le "
        "même moyen de paiement, au plus tard le {due}."
    ),
    Code.NOTICE_MISSED_WAITS: (
        "Votre abonnement a été reconduit sans que nous puissions prouver l’avis prévu par la loi (article L215-1 du code "
        "de la consommation) : il s’arrête le {effective}. Les numéros non servis, soit {refund}, vous seront rendus dès "
        "que votre banque aura clos la contestation en cours."
    ),
    Code.NOTICE_PROVED: (
        "Nos registres portent la preuve de l’avis de reconduction, envoyé dans les délais. Une personne examine votre "
        "demande et vous répond. Dès maintenant, votre abonnement ne sera plus reconduit : sans autre décision, il "
        "s’arrête le {effective}."
    ),
    Code.GROUND: (
        "Une personne examine le motif que vous indiquez et vous répond. Si elle le reconnaît, l’abonnement s’arrête "
        "aussitôt et les numéros non servis sont remboursés. Sans attendre, il ne sera plus reconduit : sans autre "
        "décision, il s’arrête le {effective}."
    ),
    Code.ORDER_CANCELLED: (
        "Votre commande n’est pas payée : elle est annulée le {effective}, vous ne devez rien et rien ne sera débité."
    ),
    Code.ORDER_DEBIT: (
        "Votre prélèvement est encore en cours à la banque. Votre résiliation est reçue ; une personne la traite et vous "
        "répond."
    ),
    Code.SINGLE_UNSENT: (
        "Ce qui n’est pas encore remis à l’expédition est annulé le {effective}. Le prix correspondant, soit {refund}, frais "
        "d’envoi compris, vous est rendu par le même moyen de paiement, au plus tard le {due}."
    ),
    Code.SINGLE_WAITS: (
        "Ce qui n’est pas encore remis à l’expédition est annulé le {effective} et ne vous sera pas envoyé. Ce paiement est "
        "contesté auprès de votre banque : dès qu’elle aura clos la contestation, le prix correspondant, soit {refund}, frais "
        "d’envoi compris, vous est rendu par le même moyen de paiement, sauf si elle vous l’a déjà rendu elle-même."
    ),
    Code.SINGLE_SENT: (
        "Votre demande est reçue. Une personne l’examine et vous répond : un numéro vendu seul et déjà remis à l’expédition "
        "n’ouvre pas de droit de rétractation (article L221-28, 10° du code de la consommation), mais un numéro perdu, abîmé "
        "ou qui n’est pas le bon est remplacé ou remboursé."
    ),
    Code.ALREADY_OVER: "Ce contrat est déjà terminé : aucun numéro ne sera plus envoyé et rien ne sera plus débité.",
    Code.GOODWILL: (
        "Nous mettons fin à votre abonnement le {effective} et vous rendons tout ce que vous avez payé, soit {refund}, par "
        "le même moyen de paiement, au plus tard le {due}."
    ),
    Code.ENDED_NOW: (
        "Votre abonnement s’arrête le {effective}. Les numéros non servis, soit {refund}, vous sont rendus par le même "
        "moyen de paiement, au plus tard le {due}."
    ),
    Code.UNRECOGNISED: "",
    Code.OTHER_EMAIL: "",
}
#: Of a renewal that is still being tried, or was put off: there is no paid period to run to its end.
ENDS_TODAY = (
    "Votre abonnement s’arrête le {effective} : la période que vous aviez payée est finie. Il ne sera pas reconduit et rien "
    "ne sera plus débité."
)
#: Of an order that prolonged a subscription: only that order is undone.
UNDONE: Mapping[Code, str] = {
    Code.WITHDRAWN: (
        "Votre rétractation prend effet le {effective}. La période que votre dernière commande ajoutait est annulée : ce "
        "que vous avez payé pour elle, soit {refund}, vous est rendu par le même moyen de paiement, au plus tard le {due}. "
        "Rien ne sera plus débité."
    ),
    Code.WITHDRAWN_WAITS: (
        "Votre rétractation prend effet le {effective}. La période que votre dernière commande ajoutait est annulée : ce "
        "que vous avez payé pour elle, soit {refund}, vous est rendu par le même moyen de paiement, au plus tard le {due}. "
        "Rien ne sera plus débité. Un numéro déjà remis à l’expédition peut encore vous parvenir : vous ne devez rien "
        "pour lui."
    ),
}
GOES_ON = (
    " La période payée auparavant n’est pas touchée : votre abonnement s’arrête à sa fin, le {runs_until}, et ses numéros "
    "vous sont servis jusqu’au dernier."
)
#: Of an order that the reader has named: that one is undone, and no other.
NAMED: Mapping[Code, str] = {
    Code.WITHDRAWN: (
        "Votre rétractation prend effet le {effective}. La commande {named} est annulée : ce que vous avez payé pour elle, "
        "soit {refund}, vous est rendu par le même moyen de paiement, au plus tard le {due}. Rien ne sera plus débité."
    ),
    Code.WITHDRAWN_WAITS: (
        "Votre rétractation prend effet le {effective}. La commande {named} est annulée : ce que vous avez payé pour elle, "
        "soit {refund}, vous est rendu par le même moyen de paiement, au plus tard le {due}. Rien ne sera plus débité. Un "
        "numéro déjà remis à l’expédition peut encore vous parvenir : vous ne devez rien pour lui."
    ),
}
OTHERS_GO_ON = (
    " Ce que vous avez payé par une autre commande n’est pas touché : votre abonnement s’arrête le {runs_until}, et ses "
    "numéros vous sont servis jusqu’au dernier."
)
#: Of whoever has been given a further year by somebody else: the gift is not theirs to undo.
BEFORE_A_GIFT: Mapping[Code, str] = {
    Code.WITHDRAWN: (
        "Votre rétractation prend effet le {effective}. Tout ce que vous avez payé, soit {refund}, vous est rendu par le "
        "même moyen de paiement, au plus tard le {due}. Rien ne sera plus débité."
    ),
    Code.WITHDRAWN_WAITS: (
        "Votre rétractation prend effet le {effective}. Tout ce que vous avez payé, soit {refund}, vous est rendu par le "
        "même moyen de paiement, au plus tard le {due}. Rien ne sera plus débité. Un numéro déjà remis à l’expédition "
        "peut encore vous parvenir : vous ne devez rien pour lui."
    ),
}
GIFT_GOES_ON = (
    " La période qui vous a été offerte n’est pas touchée : elle s’arrête le {runs_until}, et ses numéros vous sont servis "
    "jusqu’au dernier."
)
#: Of an order that was invoiced before it was paid: nothing is left to pay, and what was paid goes back by transfer.
BILLED: Mapping[Code, str] = {
    Code.WITHDRAWN: (
        "Votre rétractation prend effet le {effective}. La facture de cette commande est annulée par un avoir : vous n’avez "
        "rien à régler, et aucun de ses numéros ne sera plus envoyé."
    ),
    Code.WITHDRAWN_WAITS: (
        "Votre rétractation prend effet le {effective}. Un numéro déjà remis à l’expédition peut encore vous parvenir : vous "
        "ne devez rien pour lui. Dès qu’il est parti, la facture de cette commande est annulée par un avoir : vous n’avez "
        "rien à régler."
    ),
    Code.GOODWILL: (
        "Nous mettons fin à votre abonnement le {effective} et annulons sa facture par un avoir : vous n’avez rien à régler."
    ),
    Code.ENDED_NOW: (
        "Votre abonnement s’arrête le {effective}. Un avoir retire de sa facture les numéros qui ne vous ont pas été servis : "
        "vous ne les devez plus."
    ),
}
BILLED_PAID = " Ce que vous avez déjà réglé, soit {refund}, vous est rendu par virement, au plus tard le {due}."
#: What anybody may read, whether or not their contract was recognised: it tells nothing of any contract.
GENERAL: Mapping[str, str] = {
    Kind.WITHDRAWAL: (
        "Votre déclaration vaut à la date et à l’heure de sa réception. Si vous êtes encore dans le délai de rétractation, "
        "jusqu’à quatorze jours après avoir reçu votre premier numéro, tout ce que vous avez payé vous est rendu dans les "
        "quatorze jours, par le même moyen de paiement ; aucun numéro n’est plus envoyé et rien n’est plus débité. Nous "
        "rapprochons votre déclaration de votre contrat et vous écrivons ce qu’il en est."
    ),
    Kind.TERMINATION: (
        "Votre déclaration vaut à la date et à l’heure de sa réception. Un abonnement résilié n’est plus reconduit : il "
        "s’arrête à la fin de la période payée, et les numéros payés sont servis jusqu’au dernier. Il s’arrête aussitôt "
        "dans les cas prévus par la loi ou par nos conditions. Nous rapprochons votre déclaration de votre contrat et vous "
        "écrivons la date de fin."
    ),
}


@dataclass(frozen=True, slots=True)
class Undone:
    """What a withdrawal undoes of a subscription where it does not undo everything: its later orders, or the one named.

    `paid`: what they brought and was not given back. `waits`: a copy of theirs is in a file, or the bank disputes a
    payment. `runs_until`: last day of what was paid besides, None if that is over. `named`: the order that the reader
    has named, by its reference. `gift`: all that goes on was given to them by somebody else. `billed`: the first of them
    was invoiced before it was paid.
    """

    paid: Decimal
    waits: bool
    runs_until: date | None
    named: str = ""
    gift: bool = False
    billed: bool = False

    @property
    def sentences(self) -> tuple[Mapping[Code, str], str]:
        """How it is said, and what is added where something goes on."""
        if self.gift:
            return BEFORE_A_GIFT, GIFT_GOES_ON
        return (NAMED, OTHERS_GO_ON) if self.named else (UNDONE, GOES_ON)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a contract stands on the day of a declaration. Amounts in euros incl. VAT.

    `bought_here`: by an order of this shop. `paid`: everything paid and not given back yet. `unserved_price`: what the
    copies neither served nor in a file cost, less what is still to be paid for them. `waits`: a copy is in a file, or the bank disputes a payment. `notice`:
    whether the legal notice of the current term is proved; True for a term that was not renewed by itself.
    `unpaid`, `debited`: an order that is still to be paid, or whose debit is on its way. `undone`: where a withdrawal
    undoes later orders only. `billed`: its first order was invoiced before it was paid. `singles`: an order of past issues
    that is paid; `unserved_price` is then what of it has not left, postage included.
    """

    subscription: bool
    over: bool
    bought_here: bool
    automatic: bool
    withdrawal_open: bool
    withdraw_until: date | None
    ends_on: date | None
    paid: Decimal
    unserved_price: Decimal
    waits: bool
    disputed: bool
    notice: bool
    unpaid: bool
    debited: bool
    undone: Undone | None = None
    billed: bool = False
    singles: bool = False


@dataclass(frozen=True, slots=True)
class Effect:
    """What happens: the code, the day from which, what is given back (euros incl. VAT) and by when.

    `paid_is_over`: nothing that was paid for is still to run. `billed`: what is undone was invoiced before it was paid.
    """

    code: Code
    effective_on: date | None = None
    refund: Decimal | None = None
    refund_due_on: date | None = None
    until: date | None = None
    undone: Undone | None = None
    paid_is_over: bool = False
    billed: bool = False

    @property
    def at_once(self) -> bool:
        """Whether the machine carries it out by itself."""
        return self.code in AT_ONCE

    @property
    def sentence(self) -> str:
        """What is said of it, in French, with plain spaces; "" for what is only for the desk."""
        runs_until = self.undone.runs_until if self.undone else None
        if self.undone:
            table, goes_on = self.undone.sentences
            sentences = (self._billed if self.billed else table[self.code]) + (goes_on if runs_until else "")
        elif self.billed:
            sentences = self._billed
        else:
            sentences = ENDS_TODAY if self.paid_is_over else SENTENCES[self.code]
        return sentences.format(
            named=self.undone.named if self.undone else "",
            runs_until=french_day(runs_until) if runs_until else "",
            effective=french_day(self.effective_on) if self.effective_on else "",
            refund=french(eur(self.refund)) if self.refund is not None else "",
            due=french_day(self.refund_due_on) if self.refund_due_on else "",
            until=f" depuis le {french_day(self.until)}" if self.until else "",
        )

    @property
    def _billed(self) -> str:
        return BILLED[self.code] + (BILLED_PAID if self.refund else "")


def effect_of(kind: str, standing: Standing, *, ground: str = "", on: date) -> Effect:
    """What a declaration of `kind` received on day `on` (Paris) does to a contract that stands so."""
    if standing.singles:
        return cancellation_of_singles(standing, on=on)
    if kind == Kind.WITHDRAWAL:
        return withdrawal(standing, on=on)
    return termination(standing, ground=ground, on=on)


def cancellation_of_singles(standing: Standing, *, on: date) -> Effect:
    """Past issues bought one by one: no right to withdraw (C. conso L221-28, 10°), but what has not left is cancelled.

    Whichever of the two functions says so: there is nothing to terminate, and somebody who wants it no more is understood.
    """
    if standing.over:
        return Effect(Code.ALREADY_OVER)
    if not standing.unserved_price:
        return Effect(Code.SINGLE_SENT)
    if standing.disputed:
        # No day is promised: it is the bank's that decides.
        return Effect(Code.SINGLE_WAITS, on, standing.unserved_price)
    return Effect(Code.SINGLE_UNSENT, on, standing.unserved_price, on + timedelta(days=WITHDRAWAL_REFUND_DAYS))


def withdrawal(standing: Standing, *, on: date) -> Effect:
    """« Renoncer au contrat » (C. conso L221-18 s.)."""
    due = on + timedelta(days=WITHDRAWAL_REFUND_DAYS)
    if not standing.subscription:
        if standing.debited:
            return Effect(Code.WITHDRAWN_DEBIT, on, standing.paid, due)
        return Effect(Code.WITHDRAWN_UNPAID, on) if standing.unpaid else Effect(Code.ALREADY_OVER)
    if standing.withdrawal_open and (undone := standing.undone) is not None:
        code = Code.WITHDRAWN_WAITS if undone.waits else Code.WITHDRAWN
        return Effect(code, on, undone.paid, due, undone=undone, billed=undone.billed)
    if standing.withdrawal_open:
        code = Code.WITHDRAWN_WAITS if standing.waits else Code.WITHDRAWN
        return Effect(code, on, standing.paid, due, billed=standing.billed)
    if standing.over:
        return Effect(Code.ALREADY_OVER)
    if not standing.bought_here:
        return Effect(Code.WITHDRAWAL_NOT_HERE, standing.ends_on)
    return Effect(Code.WITHDRAWAL_LATE, standing.ends_on, until=standing.withdraw_until)


def termination(standing: Standing, *, ground: str, on: date) -> Effect:
    """« Résilier votre contrat » (C. conso L215-1-1, D215-1 to D215-3)."""
    if not standing.subscription:
        if standing.debited:
            return Effect(Code.ORDER_DEBIT)
        return Effect(Code.ORDER_CANCELLED, on) if standing.unpaid else Effect(Code.ALREADY_OVER)
    if standing.over:
        return Effect(Code.ALREADY_OVER)
    # A renewal that is still being tried: the paid term is over, so the end is today.
    ends_on = max(standing.ends_on or on, on)
    if ground == Ground.LATE_NOTICE:
        if standing.notice:
            return Effect(Code.NOTICE_PROVED, ends_on)
        code = Code.NOTICE_MISSED_WAITS if standing.disputed else Code.NOTICE_MISSED
        return Effect(code, on, standing.unserved_price, on + timedelta(days=LATE_NOTICE_REFUND_DAYS))
    if ground:
        return Effect(Code.GROUND, ends_on)
    if not standing.automatic:
        return Effect(Code.ENDS_BY_ITSELF, ends_on)
    return Effect(Code.ENDS_AT_TERM, ends_on, paid_is_over=standing.ends_on is not None and standing.ends_on < on)
