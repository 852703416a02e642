"""The anchor outside this house: each month the hash of its last closed day is sent to whoever keeps it (law.md 2.4, 1).

A chain proves that nothing in it was changed, unless all of it was written anew by somebody who holds the database. What lies in
the mailbox of the accountant cannot be written anew from here: the hash of a closed day holds all days before it, and the last
link of every chain (`payments.sealing.heads`). The newest month says it for all before, so a month that was missed needs no
message of its own. Files made since the last message are named with their hashes: an archive is verified by them.

Claimed in a short transaction, sent outside it, claimed again where nobody has seen the end of it (design, rule 10).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q

from payments.french_days import french_day
from payments.gateway import refuse_inside_transaction
from payments.models import Anchor, DayClosing, KeptFile
from payments.money import eur, french

log = structlog.get_logger(__name__)
Breaches = Iterator[tuple[str, str]]
#: Before a message that nobody has seen the end of is sent again.
STALLED = timedelta(hours=1)
#: A mail server that is away for longer is a matter for somebody.
SENT_WITHIN = timedelta(days=3)
MESSAGE = """Bonjour,

La clôture de la journée du {day} porte cette empreinte :

{hash}

Elle scelle toutes les étapes de paiement, toutes les factures, toutes les écritures et toutes les clôtures jusqu’à ce jour.
Encaissé depuis l’origine : {received}. Rendu depuis l’origine : {given_back}.
{files}
Conservez ce message, et ne le conservez pas sur le serveur de la boutique : s’il faut un jour prouver que rien n’a été
réécrit, c’est lui qui fait foi.

Pour vérifier : manage.py check_anchor {iso} {hash}
"""


def send_due(*, at: datetime) -> str:
    """Send the hash of the newest month that is closed by its days, once; says what was done.

    Network: never inside a transaction. Side effects: the row, one message to `settings.ANCHOR_TO`. A mail server that does not
    take it is asked again by the next run.
    """
    if not settings.ANCHOR_TO:
        return "no ANCHOR_TO"
    refuse_inside_transaction()
    anchor = _claim(at=at)
    if anchor is None:
        return "no hash to send"
    try:
        written(anchor).send()
    except Exception as trouble:  # whatever a mail server or a provider's library raises, it is tried again
        log.warning("anchor_not_sent", day=anchor.closing.day.isoformat(), trouble=type(trouble).__name__)
        return f"the hash of {anchor.closing.day} was not taken"
    Anchor.objects.filter(pk=anchor.pk, sent_at=None).update(sent_at=at, sent_to=", ".join(settings.ANCHOR_TO)[:300])
    log.info("anchor_sent", day=anchor.closing.day.isoformat(), hash=anchor.closing.hash)
    return f"the hash of {anchor.closing.day} is sent"


@transaction.atomic
def _claim(*, at: datetime) -> Anchor | None:
    """The anchor that is to be sent now, claimed; None if there is none."""
    newest = DayClosing.objects.filter(day__in=_month_ends()).order_by("-day").first()
    if newest is None:
        return None
    Anchor.objects.bulk_create([Anchor(closing=newest, made_at=at)], ignore_conflicts=True)
    free = Q(claimed_at=None) | Q(claimed_at__lte=at - STALLED)
    waiting = Anchor.objects.filter(free, closing=newest, sent_at=None)
    anchor = waiting.select_for_update(no_key=True).first()
    if anchor is not None:
        anchor.claimed_at, anchor.attempts = at, anchor.attempts + 1
        anchor.save(update_fields=["claimed_at", "attempts"])
    return anchor


def _month_ends() -> list[date]:
    """The last closed day of the last two months that are over by the days closed."""
    last = DayClosing.objects.order_by("-day").values_list("day", flat=True).first()
    if last is None:
        return []
    ends = [last] if (last + timedelta(days=1)).day == 1 else []
    return [*ends, last.replace(day=1) - timedelta(days=1)]


def written(anchor: Anchor) -> EmailMessage:
    """The message about a closed day, in French. Two queries."""
    closing = anchor.closing
    return EmailMessage(
        subject=f"Empreinte des comptes au {french_day(closing.day)}",
        body=MESSAGE.format(
            day=french_day(closing.day), iso=closing.day.isoformat(), hash=closing.hash, files=_files(anchor),
            received=french(eur(closing.ever_received)), given_back=french(eur(closing.ever_given_back)),
        ),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=list(settings.ANCHOR_TO),
    )  # fmt: skip


def _files(anchor: Anchor) -> str:
    before = Anchor.objects.filter(made_at__lt=anchor.made_at).order_by("-made_at").first()
    made = KeptFile.objects.filter(at__lte=anchor.made_at).order_by("pk")
    if before is not None:
        made = made.filter(at__gt=before.made_at)
    lines = [f"{name}\n{sha256}\n" for name, sha256 in made.values_list("name", "sha256")]
    return (
        "".join(["\nFichiers établis depuis le dernier message, avec leur empreinte SHA-256 :\n", *lines])
        if lines
        else ""
    )


def anchors_sent(at: datetime) -> Breaches:
    """Part of NUMBERED: the hash of every month that was to leave this house has left it."""
    late = Anchor.objects.filter(sent_at=None, made_at__lt=at - SENT_WITHIN).select_related("closing").order_by("pk")
    newest = late.last()  # the newest holds all before it
    if newest is not None and not Anchor.objects.filter(pk__gt=newest.pk, sent_at__isnull=False).exists():
        yield f"anchor:{newest.closing.day}", "its hash has not been sent out of this house"
