"""« Un numéro ne m’est pas parvenu »: by number and postcode or e-mail, without an account; too early, in time, too late, twice.

Which copies are lost is drawn when an issue has left: here and there one, sometimes all of a department.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from shop.demo.people import french_street
from subscriptions.losses.claiming import Said, claim, is_within, window_of
from subscriptions.losses.incidents import department_of
from subscriptions.losses.links import claim_path
from subscriptions.models import Claim, Dispatch, Entitlement, Issue, Subscription
from tests.simulation.acts.staff import SUPPORT
from tests.simulation.browser import TurnedAway, fields
from tests.simulation.clock import paris
from tests.simulation.people import LINK, Reader
from tests.simulation.registry import act, answers
from tests.simulation.shop import Shop, Story

DOOR, ADDRESS = "/reclamation/", "/votre-adresse/"
COPY = re.compile(r'name="copy" value="(\d+)"')
REASONS = ("not_received", "not_received", "not_received", "damaged", "wrong_copy")
LOST, CLUSTERED = 0.06, 0.5
#: So many of a department claim at most: more tell nothing new.
MOST = 15
State = Claim.State


def draw(shop: Shop, issue: Issue) -> None:
    """Who will claim a copy of an issue that has left, and when: around the days in which claims are taken."""
    chance = shop.plan.chance("lost", issue.number)
    lines = Dispatch.objects.filter(issue=issue, subscription__is_gift=False).exclude(kind="RCL").order_by("place")
    there = []
    for line in lines.select_related("subscription__payer", "subscription__recipient__address"):
        assert line.subscription is not None
        if line.subscription.on_invoice:
            _for_institution(shop, issue, line.subscription)
            continue
        payer = line.subscription.payer
        reader = shop.by_email.get((payer.email or "") if payer is not None else "")
        if reader is not None and reader.years:
            there.append((reader, line.subscription, department_of(line.subscription.recipient.address)))
    where = Counter(department for _reader, _subscription, department in there).most_common(1)
    bag = where[0][0] if where and where[0][1] >= 3 and chance.random() < CLUSTERED else ""
    bags = [reader.number for reader, _subscription, department in there if department == bag][:MOST]
    for reader, subscription, _department in there:
        lost, when, known = chance.random(), chance.random(), reader.number in bags
        if not known and lost >= LOST:
            continue
        window = window_of(issue, subscription.recipient.address.delivery_zone)
        last = window.closes_on or window.opens_on + timedelta(days=60)
        at = _instant(when, issue.posted_on or issue.post_on, window.opens_on, last)
        if known:
            at = paris(window.opens_on + timedelta(days=int(when * 3)), 18)
        shop.tell(
            reader.name, f"claims issue {issue.number}",
            lambda reader=reader, key=subscription.pk, known=known: claims(shop, reader, key, issue, known=known),  # type: ignore[misc]
            at=max(at, shop.clock.now),
        )  # fmt: skip


def _for_institution(shop: Shop, issue: Issue, subscription: Subscription) -> None:
    """An agency lists what did not come: all copies of one issue at once."""
    chance = shop.plan.chance("agency", issue.number, subscription.terms.count(), subscription.recipient.name)
    if chance.random() < 2 * LOST:
        at = shop.clock.now + timedelta(days=chance.uniform(2, 80))
        key = subscription.pk
        shop.tell("agency", f"claims issue {issue.number}", lambda: _listed(shop, issue, key), at=at)


def _listed(shop: Shop, issue: Issue, subscription_id: int) -> Story:
    sent = Entitlement.objects.filter(term__subscription=subscription_id, issue=issue, state=Entitlement.State.SERVED)
    for copy in sent:
        said = Said(copy.pk, Claim.Reason.NOT_RECEIVED, Claim.By.AGENCY, confirmed=True)
        assert len({claim(said, actor=SUPPORT, at=shop.clock.now).pk for _twice in range(2)}) == 1
    yield shop.clock.now


def _instant(when: float, posted: date, opens: date, closes: date) -> datetime:
    """One in seven before the days of claims, one in seven after them."""
    first, last = (
        (posted, opens) if when < 0.14 else (closes, closes + timedelta(days=40)) if when > 0.86 else (opens, closes)
    )
    return paris(first, 9) + (last - first) * ((when * 997) % 1)


def claims(shop: Shop, reader: Reader, subscription_id: int, issue: Issue, *, known: bool) -> Story:
    """Through the public door, or by a link of an earlier letter (`known`); what becomes of it is held against the table."""
    subscription = Subscription.objects.select_related("recipient__address").get(pk=subscription_id)
    url = claim_path(subscription.pk, on=shop.clock.today) if known else _door(shop, reader, subscription)
    yield shop.clock.now
    if not url:
        return
    page = reader.browser.get(url, expect=(200, 404, 410))
    copy = Entitlement.objects.filter(
        term__subscription=subscription, issue=issue, state=Entitlement.State.SERVED
    ).first()
    if page.status_code != 200 or copy is None:
        return
    if Claim.objects.filter(entitlement=copy).exists():
        _claims_again(shop, reader, copy)
        return
    said = {"copy": str(copy.pk), "reason": reader.chance.choice(REASONS), "right": "on"}
    before = Claim.objects.filter(subscription=subscription).count()
    if said["copy"] not in COPY.findall(page.content.decode()):
        reader.browser.post(url, said, expect=(200,))
        assert Claim.objects.filter(subscription=subscription).count() == before, "what is too old was claimed"
        return
    if reader.chance.random() < 0.2:
        reader.browser.post(url, {**said, "right": ""}, expect=(200,))  # the address was not read
        assert Claim.objects.filter(subscription=subscription).count() == before
    answer = reader.browser.post(url, said)
    made = _decided(shop, copy, issue, subscription)
    reader.browser.post(url, said, expect=(200,))  # sent twice: it is no choice any more
    assert Claim.objects.filter(subscription=subscription).count() == before + 1
    if str(answer.url).startswith(ADDRESS):
        assert made.state == State.ASKED, made.state
        yield shop.clock.now + timedelta(hours=reader.chance.uniform(0.1, 100))
        yield from says_address(shop, reader, str(answer.url))
    if reader.chance.random() < 0.25:
        yield shop.clock.now + timedelta(days=reader.chance.uniform(30, 70))
        _claims_again(shop, reader, copy)


def _door(shop: Shop, reader: Reader, subscription: Subscription) -> str:
    """Number and postcode or e-mail; the link of the letter. Empty if the subscription has ended: then no letter comes."""
    before = len(reader.mailbox)
    number = subscription.number or ""
    if reader.chance.random() < 0.15:
        reader.browser.post(DOOR, {"number": number, "proof": "x.y@courriel.example"}, expect=(200,))
        shop.soon()
        assert not _links(reader, before), "a stranger was answered"
    proof = reader.chance.choice((reader.email, subscription.recipient.address.postcode or reader.email))
    reader.browser.post(DOOR, {"number": number, "proof": proof}, expect=(200,))
    shop.soon()
    found = _links(reader, before)
    subscription.refresh_from_db()
    if subscription.state == Subscription.State.ENDED:
        assert not found, "a subscription that has ended was answered"
        return ""
    if not found:
        raise TurnedAway("no link came")
    return found[-1]


def _links(reader: Reader, before: int) -> list[str]:
    return [
        url
        for letter in reader.mailbox[before:]
        for url in LINK.findall(letter.text)
        if urlsplit(url).path.startswith(DOOR) and urlsplit(url).path != DOOR
    ]


def _decided(shop: Shop, copy: Entitlement, issue: Issue, subscription: Subscription) -> Claim:
    """The claim that was just made stands where the days say."""
    made = Claim.objects.filter(entitlement=copy).order_by("-round")[0]
    issue.refresh_from_db()
    within = is_within(window_of(issue, subscription.recipient.address.delivery_zone), on=shop.clock.today)
    assert (made.at, made.in_window) == (shop.clock.now, within), f"claim {made.pk}: {made.at}, {made.in_window}"
    if not within and made.incident_id is None:
        assert made.state == State.ON_DESK, made.state
    return made


def _claims_again(shop: Shop, reader: Reader, copy: Entitlement) -> None:
    """What was sent again is lost again: once it had the time to arrive, a person decides."""
    last = Claim.objects.filter(entitlement=copy).order_by("-round")[0]
    url = claim_path(last.subscription_id, on=shop.clock.today)
    page = reader.browser.get(url, expect=(200, 404, 410))
    if last.state != State.RESENT or page.status_code != 200 or str(copy.pk) not in COPY.findall(page.content.decode()):
        return
    reader.browser.post(url, {"copy": str(copy.pk), "reason": "not_received", "right": "on"})
    made = Claim.objects.filter(entitlement=copy).order_by("-round")[0]
    assert made.round == last.round or made.state in (State.ON_DESK, State.WAITING), made.state


@answers("says what the address is", link=ADDRESS, weight=0.6)
def says_address(shop: Shop, reader: Reader, url: str) -> Story:
    """It is right, or here is another one; said twice, once."""
    page = reader.browser.get(url, expect=(200, 404, 410))
    if page.status_code != 200:
        return
    said = {"step": "right"}
    if reader.chance.random() < 0.5:
        said = fields(page) | {"step": "moved", "country": "FR", **french_street(reader.chance)}
    for _twice in range(2):
        reader.browser.post(url, said, expect=(303,))
    yield shop.clock.now


@act("claims a copy that has not left", weight=0.03)
def claims_too_soon(shop: Shop, reader: Reader) -> Story:
    """The page offers what was sent, and nothing else."""
    one = reader.living()
    owed = Entitlement.objects.filter(term__subscription=one).exclude(state=Entitlement.State.SERVED).first()
    if owed is None:
        return
    url = claim_path(one.pk, on=shop.clock.today)
    reader.browser.post(url, {"copy": str(owed.pk), "reason": "not_received", "right": "on"}, expect=(200,))
    assert not Claim.objects.filter(entitlement=owed).exists(), "a copy that was not sent was claimed"
    yield shop.clock.now


@act("claims on the telephone", weight=0.02)
def claims_by_telephone(shop: Shop, reader: Reader) -> Story:
    """A colleague takes it; said twice, it is one claim."""
    sent = Entitlement.objects.filter(term__subscription=reader.living(), state=Entitlement.State.SERVED)
    # What the former house had sent to readers who were taken over names no issue.
    copy = sent.filter(issue__isnull=False).order_by("-issue__number").first()
    if copy is None:
        return
    said = Said(copy.pk, Claim.Reason.NOT_RECEIVED, Claim.By.STAFF, confirmed=True)
    assert len({claim(said, actor=SUPPORT, at=shop.clock.now).pk for _twice in range(2)}) == 1
    yield shop.clock.now
