"""Proving: what the post accepted becomes the gate's proofs, and a plan whose legal notice is proved is announced.

What never gets there, because the letter came back or left too late, is `unproved`'s. What a person says was posted counts
from the day after they said so: until then they may take it back (`paper.batching`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, When

from payments.actors import Actor
from payments.days import PARIS, paris_day
from payments.desk import record_act, take_off_desk
from subscriptions.calendar import RULES, legal_notice_window
from subscriptions.models import Notice, NoticeProof, Renewal, RenewalProof, Subscription
from subscriptions.notices.moving import posted
from subscriptions.paper.addressing import without_mail
from subscriptions.renewals import calendar
from subscriptions.renewals.holding import in_batches
from subscriptions.renewals.matters import BOUNCED_KIND, LEGAL, PRE_DEBIT, letters, standing_letter
from subscriptions.renewals.moving import move

State = Renewal.State
Kind = RenewalProof.Kind
ACCEPTED, POSTED, BOUNCED = "accepted", "posted", "bounced"
CAME_BACK = (Notice.State.BOUNCED, Notice.State.FAILED)
#: States in which a legal notice that came back still matters: nothing is being charged yet.
BEFORE_THE_CHARGE = (State.PLANNED, State.ANNOUNCED, State.DUE)

#: First and last day on which a notice about a renewal counts, were it sent on the day given.
Window = Callable[[Renewal, date], tuple[date, date]]
#: A renewal, what the post said, and its Paris day.
Taken = tuple[Renewal, NoticeProof, date]


@dataclass(slots=True)
class Proved:
    """What one round did. `legal`, `pre_debit`: new proofs; `announced`: renewals."""

    legal: int = 0
    pre_debit: int = 0
    announced: int = 0


def prove(*, on: date, at: datetime, actor: Actor, limit: int) -> Proved:
    """Turn what the post accepted into proofs, and announce what is proved, `limit` renewals to a transaction.

    `on` is the Paris day of `at`. Renewals that somebody else holds are left to the next round.
    """
    done = Proved()

    def legal(rows: list[Renewal]) -> None:
        done.legal += keep_legal(rows, at=at)
        done.announced += _announce(rows, actor=actor, at=at)

    def pre_debit(rows: list[Renewal]) -> None:
        taken = [one for one in _accepted(PRE_DEBIT, rows, at=at) if not posted_too_late(one[1])]
        done.pre_debit += len(_keep(Kind.PRE_DEBIT, taken, pre_debit_window, at=at))

    in_batches(_without_legal(on), limit, legal)
    in_batches(_without_pre_debit(on), limit, pre_debit)
    return done


def keep_legal(renewals: Sequence[Renewal], *, at: datetime) -> int:
    """Keep the proofs of legal notices about the present R of locked renewals; returns how many are new."""
    return len(_keep(Kind.LEGAL, _accepted(LEGAL, renewals, at=at), legal_window, at=at))


def still_proved(renewals: Sequence[Renewal]) -> set[int]:
    """Those whose legal notice about their present R was proved inside its window and is not known to have come back.

    The charge asks this right before it acts. A letter that a person posted inside the window makes up for one that came
    back. One query; two where one came back.
    """
    days = {one.pk: one.renews_on for one in renewals}
    bounced = NoticeProof.objects.filter(notice=OuterRef("notice_proof__notice"), kind=BOUNCED)
    lost = Case(When(Q(notice_proof__notice__state__in=CAME_BACK) | Exists(bounced), then=True), default=False)
    legal = RenewalProof.objects.filter(renewal__in=days, kind=Kind.LEGAL).annotate(lost=lost)
    proofs = [one for one in legal.select_related("notice_proof") if one.renews_on == days[one.renewal_id]]
    back = {one.notice_proof.notice_id for one in proofs if one.lost}
    posted: dict[int, set[date]] = defaultdict(set)
    for taken in NoticeProof.objects.filter(notice__in=back, kind=POSTED) if back else ():
        posted[taken.notice_id].add(paris_day(taken.at))

    def holds(proof: RenewalProof) -> bool:
        letter = proof.notice_proof.notice_id
        on_paper = (proof.window_opens <= day <= proof.window_closes for day in posted[letter])
        return letter not in back or any(on_paper)

    return {proof.renewal_id for proof in proofs if holds(proof)}


def came_back(notices: Collection[int]) -> set[int]:
    """Letters known not to have reached their reader. One query; none for none."""
    if not notices:
        return set()
    bounced = NoticeProof.objects.filter(notice=OuterRef("pk"), kind=BOUNCED)
    rows = Notice.objects.filter(pk__in=notices).annotate(back=Exists(bounced)).values_list("pk", "state", "back")
    return {key for key, state, back in rows if back or state in CAME_BACK}


def record_posted(renewal: Renewal, *, posted_on: date, actor: Actor, reason: str, at: datetime) -> RenewalProof | None:
    """A person posted the legal notice on paper, because the e-mail came back or there is no address to write to.

    Writes the proof of posting (noon of that day stands for its hour) and the act; inside the window also the gate's
    proof, which announces a plan and frees an announced renewal for its charge. Returns that proof, or None where the
    day lies outside the window: nothing is charged then. Raises ValueError for a day to come, for a renewal of which no
    notice was ever written, for one that is being charged or over, and for a letter that lies in a batch. Updates `renewal`
    in memory.
    """
    if posted_on > paris_day(at):
        raise ValueError("nothing is posted in the future")
    with transaction.atomic():
        locked = Renewal.objects.select_for_update(of=("self",), no_key=True).get(pk=renewal.pk)
        letter = standing_letter(letters(LEGAL, [locked]).get(locked.pk, ()))
        if locked.state not in BEFORE_THE_CHARGE or letter is None:
            raise ValueError(f"renewal {locked.pk} waits for no letter")
        if letter.state == Notice.State.PRINTING:
            raise ValueError(f"letter {letter.pk} lies in a batch, which is posted as a whole")
        noon = datetime.combine(posted_on, time(12), tzinfo=PARIS)
        if letter.channel == Notice.Channel.PAPER and letter.state == Notice.State.QUEUED:
            taken = posted(letter, on=noon, actor=str(actor), at=at)
            if taken is None:
                raise ValueError(f"letter {letter.pk} waits no more")
        else:
            taken = NoticeProof.objects.create(
                notice=letter, kind=POSTED, detail=f"said by {actor}", document=letter.document, at=noon
            )
        record_act(
            "posted a legal notice",
            subject=f"subscription:{locked.subscription_id}",
            actor=actor,
            reason=reason,
            facts={"renewal": locked.pk, "notice": letter.pk, "posted_on": posted_on.isoformat()},
            at=at,
        )
        _keep(Kind.LEGAL, [(locked, taken, posted_on)], legal_window, at=at)
        # A letter that came back on the day on which it left may be posted on that day too: its proof is there already.
        proof = locked.proofs.filter(kind=Kind.LEGAL, renews_on=locked.renews_on, sent_on=posted_on).first()
        if proof is not None:
            _announce([locked], actor=actor, at=at)
            subject = f"renewal:{locked.pk}"
            take_off_desk(kind=BOUNCED_KIND, subject=subject, because=reason, actor=actor, at=at)
    renewal.refresh_from_db()
    return proof


def legal_window(renewal: Renewal, sent_on: date) -> tuple[date, date]:
    """Three months to one month before the last day to refuse, whenever it was sent."""
    window = legal_notice_window(renewal.renews_on)
    return window.opens_on, window.closes_on


def pre_debit_window(renewal: Renewal, sent_on: date) -> tuple[date, date]:
    """Seven to thirty days before the charge, which waits for a notice that left late."""
    charge_on = calendar.charge_on(renewal.renews_on, pre_debit_sent_on=sent_on)
    most, least = timedelta(days=RULES.pre_debit_most_days), timedelta(days=RULES.pre_debit_least_days)
    return charge_on - most, charge_on - least


def _without_legal(on: date) -> QuerySet[Renewal]:
    """Plans whose notice may have left. Those whose day has not come are not read every minute."""
    return Renewal.objects.filter(noticed_by(on), state=State.PLANNED)


def noticed_by(on: date) -> Q:
    """Renewals whose legal notice may have been queued by day `on`: of whoever is written to by post, some days earlier."""
    latest = on + timedelta(days=RULES.notice_target_days + 1)
    latest_on_paper = on + timedelta(days=RULES.notice_target_days_paper + 1)
    return Q(renews_on__lte=latest) | Q(without_mail("subscription__payer"), renews_on__lte=latest_on_paper)


def _without_pre_debit(on: date) -> QuerySet[Renewal]:
    told = RenewalProof.objects.filter(renewal=OuterRef("pk"), renews_on=OuterRef("renews_on"), kind=Kind.PRE_DEBIT)
    return Renewal.objects.filter(debit_is_near(on), ~Exists(told), state__in=(State.ANNOUNCED, State.DUE))


def debit_is_near(on: date) -> Q:
    """Renewals of which the debit is told by day `on`: fourteen days before, sixteen by SEPA, earlier still on paper."""
    by_sepa = Subscription.objects.filter(pk=OuterRef("subscription"), saved_method__kind=calendar.SEPA)
    by_card = Q(renews_on__lte=on + timedelta(days=RULES.pre_debit_days_before))
    debit = Q(Exists(by_sepa), renews_on__lte=on + timedelta(days=RULES.pre_debit_days_before_sepa))
    on_paper = Q(
        without_mail("subscription__payer"), renews_on__lte=on + timedelta(days=RULES.pre_debit_days_before_paper)
    )
    return by_card | debit | on_paper


def posted_too_late(proof: NoticeProof) -> bool:
    """Whether the word of a debit was posted so late that the day it names does not hold any more (law.md 5.2)."""
    if proof.kind != POSTED or "charge_on" not in proof.notice.facts:
        return False
    charge_on = date.fromisoformat(proof.notice.facts["charge_on"])
    return paris_day(proof.at) + timedelta(days=RULES.pre_debit_least_days) > charge_on


def _accepted(kind: str, renewals: Sequence[Renewal], *, at: datetime) -> list[Taken]:
    """What the post took of each letter about the present R, unless it is a proof already or came back. Three queries."""
    sent = letters(kind, renewals)
    owner = {notice.pk: one for one in renewals for notice in sent.get(one.pk, ())}
    back = came_back(owner.keys())
    first: dict[int, Taken] = {}
    today = datetime.combine(paris_day(at), time(0), tzinfo=PARIS)
    for_good = Q(kind=ACCEPTED) | Q(kind=POSTED, undone_by=None, recorded_at__lt=today)
    proofs = NoticeProof.objects.filter(for_good, notice__in=owner.keys() - back).select_related("notice")
    for proof in proofs.order_by("pk"):
        first.setdefault(proof.notice_id, (owner[proof.notice_id], proof, paris_day(proof.at)))
    return list(first.values())


def _keep(kind: str, taken: Sequence[Taken], window: Window, *, at: datetime) -> list[RenewalProof]:
    """Keep what lies inside its window and is not kept yet, each with its number. Two queries at most."""
    if not taken:
        return []
    known: Counter[tuple[int, date]] = Counter()
    days: set[tuple[int, date, date]] = set()
    used: set[int] = set()
    earlier = RenewalProof.objects.filter(renewal__in=[one.pk for one, _proof, _day in taken], kind=kind)
    for proof in earlier:
        known[proof.renewal_id, proof.renews_on] += 1
        days.add((proof.renewal_id, proof.renews_on, proof.sent_on))
        used.add(proof.notice_proof_id)
    new = []
    for one, proof_of_post, sent_on in taken:
        opens, closes = window(one, sent_on)
        if proof_of_post.pk in used or not opens <= sent_on <= closes or (one.pk, one.renews_on, sent_on) in days:
            continue
        days.add((one.pk, one.renews_on, sent_on))
        known[one.pk, one.renews_on] += 1
        new.append(
            RenewalProof(
                renewal=one,
                renews_on=one.renews_on,
                kind=kind,
                ordinal=known[one.pk, one.renews_on],
                sent_on=sent_on,
                window_opens=opens,
                window_closes=closes,
                notice_proof=proof_of_post,
                # It cannot have changed since the letter was queued: what is told stands (`planning`).
                amount=one.amount.amount if kind == Kind.LEGAL else None,
                at=at,
            )
        )
    return RenewalProof.objects.bulk_create(new)


def _announce(planned: Sequence[Renewal], *, actor: Actor, at: datetime) -> int:
    """Announce the plans among these whose legal notice is proved."""
    proved = still_proved(planned)
    ready = [one for one in planned if one.pk in proved and one.state == State.PLANNED]
    return len(move(ready, State.ANNOUNCED, actor=actor, at=at, reason="legal notice proved"))
