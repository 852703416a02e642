"""How long the post takes, and what hangs on it: the end of the withdrawal period, the window of claims."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from payments.territories import EU_STATES, VatZone, country_code, zone_of
from payments.working_days import next_working_day
from subscriptions.calendar.issues import IssueDates
from subscriptions.calendar.rules import RULES, Rules


class DeliveryZone(models.TextChoices):
    """Where the post carries a copy, as far as time and price are concerned."""

    FR = "FR", _("Metropolitan France, Corsica, Monaco")
    DOM = "DOM", _("French overseas departments")
    EU = "EU", _("European Union")
    WORLD = "WORLD", _("Rest of the world")


@dataclass(frozen=True, slots=True)
class ClaimWindow:
    """Days on which "my issue did not come" is taken without a question; `closes_on` None while not known."""

    opens_on: date
    closes_on: date | None


_BY_VAT_ZONE = {
    VatZone.FR_METRO: DeliveryZone.FR,
    VatZone.CORSICA: DeliveryZone.FR,
    VatZone.MONACO: DeliveryZone.FR,
    VatZone.DOM_105: DeliveryZone.DOM,
    VatZone.DOM_EXEMPT: DeliveryZone.DOM,
    # Polynesia, New Caledonia and the other territories: law.md 4.4 gives the long margin to all the rest.
    VatZone.EXPORT_TERRITORY: DeliveryZone.WORLD,
}


def delivery_zone_of(country: str, postcode: str) -> DeliveryZone:
    """The postal zone of an address. Raises UnknownTerritory, a sentence, as `zone_of` does.

    It follows the post, not the tax: the Canary Islands are EU here, Northern Ireland is served by the British post.
    """
    vat_zone = zone_of(country, postcode)
    if vat_zone in _BY_VAT_ZONE:
        return _BY_VAT_ZONE[vat_zone]
    return DeliveryZone.EU if country_code(country) in EU_STATES else DeliveryZone.WORLD


def withdraw_until(*, posted_on: date | None, zone: DeliveryZone, rules: Rules = RULES) -> date | None:
    """The last day to withdraw, included; None while the first issue is not posted, for the period is still open.

    14 days from the day the first issue is received (C. conso L221-18), taken as the posting plus a margin per zone;
    an end on a Saturday, a Sunday or a holiday moves to the next working day (L221-19).
    """
    if posted_on is None:
        return None
    margin = {
        DeliveryZone.FR: rules.delivery_margin_fr,
        DeliveryZone.DOM: rules.delivery_margin_dom,
        DeliveryZone.EU: rules.delivery_margin_eu,
        DeliveryZone.WORLD: rules.delivery_margin_world,
    }[zone]
    return next_working_day(posted_on + timedelta(days=margin + rules.withdrawal_days))


def claim_window(
    issue: IssueDates, next_issue: IssueDates | None, zone: DeliveryZone, *, rules: Rules = RULES
) -> ClaimWindow:
    """When a claim for `issue` is taken as it comes: from 15, 30 or 45 days after posting (law.md 7.5).

    It closes 30 days after the next issue is posted, never before it opens. Customary only: a claim outside is looked
    at by a person, because the loss of a copy is ours until it is received (C. conso L216-2). Planned days stand in
    for postings that have not happened.
    """
    opens_after = {
        DeliveryZone.FR: rules.claim_opens_fr,
        DeliveryZone.DOM: rules.claim_opens_dom,
        DeliveryZone.EU: rules.claim_opens_eu,
        DeliveryZone.WORLD: rules.claim_opens_world,
    }[zone]
    opens_on = (issue.posted_on or issue.post_on) + timedelta(days=opens_after)
    if next_issue is None:
        return ClaimWindow(opens_on, None)
    closes_on = (next_issue.posted_on or next_issue.post_on) + timedelta(days=rules.claim_closes_after_next_post)
    return ClaimWindow(opens_on, max(opens_on, closes_on))
