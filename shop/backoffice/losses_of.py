"""What was lost of one subscription, as its page and its reader's time line tell it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from shop.backoffice import words
from shop.backoffice.links import link
from shop.backoffice.money_tables import acts_for
from shop.backoffice.reasons import reason
from shop.backoffice.roles import Right
from shop.backoffice.showing import columns, why
from shop.backoffice.tables import ActLink, Cell, Table, Why, chip
from shop.backoffice.timeline import Happening
from shop.templatetags.french import issue_number, short_day, stamp
from subscriptions.losses.answering import waits_for_address
from subscriptions.models import AddressDoubt, AddressDoubtEvent, Claim, ClaimEvent, CopyReturn, Subscription


def losses_of(user: Any, one: Subscription) -> list[Table]:
    """Its claims, and its copies that came back; nothing where there was none. Two queries."""
    claims = list(Claim.objects.filter(subscription=one).select_related("issue").order_by("-pk"))
    back = list(CopyReturn.objects.filter(dispatch__subscription=one).select_related("dispatch__issue").order_by("-pk"))
    found = []
    if claims:
        found.append(
            Table(
                label=_("Claims"),
                title=_("Claims"),
                columns=columns(_("Issue"), "#" + _("Received"), _("Status"), _("What happened"), _("By")),
                rows=[
                    (
                        Cell(issue_number(row.issue.number), link(user, "claim", row.pk)),
                        Cell(stamp(row.at), num=True),
                        chip(words.said(words.CLAIM, row.state), link(user, "claim", row.pk)),
                        Cell(words.CLAIM_REASON[row.reason]),
                        Cell(words.CLAIM_BY[row.by]),
                    )
                    for row in claims
                ],
            )
        )
    if back:
        found.append(
            Table(
                label=_("Copies that came back"),
                title=_("Copies that came back"),
                columns=columns(_("Issue"), _("Key"), "#" + _("Came back"), _("Reason"), _("What followed")),
                rows=[
                    (
                        Cell(issue_number(row.dispatch.issue.number)),
                        Cell(row.dispatch.key, mono=True),
                        Cell(short_day(row.on), num=True),
                        Cell(words.RETURN_REASON[row.reason_code]),
                        Cell(words.RETURN_EFFECT[row.effect] if row.effect else _("to be looked at")),
                    )
                    for row in back
                ],
            )
        )
    return found


def address_story(user: Any, one: Subscription) -> list[Why]:
    """What was asked and answered about its address; nothing where it never was. Two queries."""
    steps = list(AddressDoubtEvent.objects.filter(doubt__subscription=one).order_by("pk"))
    return [why(user, steps, words.ADDRESS_DOUBT, title=_("Its address"), anchor="adresse")] if steps else []


def loss_acts(user: Any, one: Subscription) -> list[ActLink]:
    """What can be done about a copy that did not arrive. Two queries at most."""
    found = list(acts_for(user, (Right.CLAIMS, _("Take a claim"), "desk_act_take_claim", one.pk)))
    if waits_for_address(one.pk):
        found += acts_for(user, (Right.CLAIMS, _("The address is right"), "desk_act_confirm_address", one.pk))
    return found


def claim_step(user: Any) -> Callable[[ClaimEvent], Happening]:
    """One step of a claim on the time line."""

    def tell(row: ClaimEvent) -> Happening:
        said = words.said(words.CLAIM, row.to_state)
        what = _("Claim of %(issue)s: %(state)s") % {
            "issue": issue_number(row.claim.issue.number),
            "state": said["word"],
        }
        url = link(user, "claim", row.claim_id)
        return Happening(row.at, "letter", said["tone"], what, row.actor, why=reason(row.reason), url=url)

    return tell


def doubt_step(user: Any) -> Callable[[AddressDoubtEvent], Happening]:
    """One step of the question of an address on the time line."""

    def tell(row: AddressDoubtEvent) -> Happening:
        said = words.said(words.ADDRESS_DOUBT, row.to_state)
        doubt: AddressDoubt = row.doubt
        what = _("Address: %(state)s") % {"state": said["word"]}
        url = link(user, "subscription", doubt.subscription_id) + "#adresse"
        return Happening(row.at, "home", said["tone"], what, row.actor, why=reason(row.reason), url=url)

    return tell
