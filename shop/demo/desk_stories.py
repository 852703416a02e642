"""What fulfilment and finance have to do besides: institutions on paper, copies for nothing, copies that do not arrive.

Only in a demo large enough that some readers lose a copy (`MANY`).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from payments.actors import job, reader
from payments.cheques.depositing import deposit
from payments.cheques.receiving import Written
from payments.days import paris_day
from payments.invoicing.issuing import Buyer
from payments.models import Cheque, Invoice
from payments.offline_kinds import Kind
from payments.vat import BuyerKind
from shop.demo.playing import morning
from shop.demo.stage import Stage
from shop.demo.stories import DAY, Story
from subscriptions.addresses.label import postal_label
from subscriptions.addresses.typed import AddressKind, TypedAddress
from subscriptions.fulfilment.closing import close
from subscriptions.fulfilment.free_copies import give_free
from subscriptions.fulfilment.handing_over import count_received, hand_over
from subscriptions.fulfilment.posting import post_run
from subscriptions.institutions.agencies import add_agency
from subscriptions.institutions.ordering import Paper, order_by_paper, priced
from subscriptions.institutions.receiving import receive
from subscriptions.institutions.reminding import remind_overdue
from subscriptions.losses.claiming import Said, claim
from subscriptions.losses.resending import make
from subscriptions.losses.returning import Returned, follow, write_down
from subscriptions.losses.stock import enter
from subscriptions.models import (
    Agency,
    Claim,
    Consent,
    Dispatch,
    Entitlement,
    FreeCopy,
    Issue,
    MailingRun,
    Offer,
    StockMovement,
)
from subscriptions.offers.catalogue import read_shelf
from subscriptions.offers.disclosing import disclosure
from subscriptions.offline.bouncing import bounce
from subscriptions.offline.ordering import take_order
from subscriptions.orders.placing import ConsentGiven, Wish
from subscriptions.orders.quoting import quote

#: So many readers at least.
MANY = 100
BY_MAIL = "Bon de commande reçu par e-mail."
#: How many copies of an issue lie in the cellar after its posting, how many readers miss theirs, how many come back.
LEFT_OVER, MISSED, CAME_BACK = 60, 3, 2
#: The post's reasons: unknown at the address, unclaimed.
REASONS = (2, 4)

LIBRARY = TypedAddress(
    kind=AddressKind.ORGANISATION, organisation="École des mines de Carnoux", service="CENTRE DE DOCUMENTATION",
    street="7 rue des Terrils", postcode="59500", town="Douai", country="FR",
)  # fmt: skip
TOWN = TypedAddress(
    kind=AddressKind.ORGANISATION, organisation="Ville de Pontrieux-le-Vieil", service="MEDIATHEQUE",
    street="2 place du Martray", postcode="22260", town="Pontrieux", country="FR",
)  # fmt: skip
FACULTY = TypedAddress(
    kind=AddressKind.ORGANISATION, organisation="Institut de calcul du Forez", service="BIBLIOTHEQUE",
    street="23 rue du Docteur Michelon", postcode="42100", town="Saint-Étienne", country="FR",
)  # fmt: skip
AGENCY = TypedAddress(
    kind=AddressKind.ORGANISATION, organisation="Lettres et Revues SARL", street="14 rue de Trévise", postcode="75009",
    town="Paris", country="FR",
)  # fmt: skip
PRESS_OFFICE = TypedAddress(
    kind=AddressKind.ORGANISATION, organisation="Commission paritaire", street="69 rue de Varenne", postcode="75007",
    town="Paris", country="FR",
)  # fmt: skip
WATCH = TypedAddress(
    title="MME", first_name="Odile", last_name="Ferrand", street="12 rue de la Roquette", postcode="75011", town="Paris",
    country="FR",
)  # fmt: skip


def tell(stage: Stage, issues: Sequence[Issue], *, since: date, until: datetime) -> list[tuple[datetime, Story]]:
    """Every story of this kind with its beginning. `since`: the day from which readers came in numbers."""
    posted = [issue for issue in issues if issue.post_on <= paris_day(until)]
    begins = morning(since)
    return [
        (begins, _gives_away(stage, posted[0])),
        (begins + 20 * DAY, _is_invoiced(stage, LIBRARY, copies=3, number="EJ-4500311207", pays_after=27 * DAY)),
        (begins + 34 * DAY, _by_an_agency(stage)),
        (until - 9 * DAY, _comes_by_post(stage)),
        (until - 45 * DAY, _is_invoiced(stage, TOWN, copies=1, number="2026-PER-118", pays_after=None)),
        *((morning(issue.post_on + DAY), _loses(stage, issue)) for issue in posted[-1:]),
    ]


def _gives_away(stage: Stage, first: Issue) -> Story:
    """Two addresses by which the mailing house is watched, and the copies that the law and courtesy want."""
    given: Sequence[tuple[TypedAddress, str, int, str]] = (
        (WATCH, FreeCopy.Kind.SEED, 1, "Contrôle du routage."),
        (PRESS_OFFICE, FreeCopy.Kind.PROOF, 2, "Justificatifs de parution."),
        (AGENCY, FreeCopy.Kind.FREE, 1, "Service de presse."),
    )
    for address, kind, copies, reason in given:
        give_free(
            first.magazine_id, address, postal_label(address), kind=kind, copies=copies, from_number=first.number,
            until_number=None, actor=stage.by("fulfilment"), reason=reason, at=stage.now,
        )  # fmt: skip
    return
    yield


def _comes_by_post(stage: Stage) -> Story:
    """Letters with a cheque: two go to the bank, one of them comes back; one was taken this morning. A call waits for its cheque."""
    first, second = (_takes(stage, name, number) for name, number in (("Baudry", "0118204"), ("Kessler", "5520017")))
    yield stage.now + DAY
    deposit([one.pk for one in (first, second) if one], on=paris_day(stage.now), reason="Remise de la semaine.",
        actor=stage.by("finance"), at=stage.now)  # fmt: skip
    _takes(stage, "Lamoureux", None)
    yield stage.now + 4 * DAY
    assert second is not None  # noqa: S101  # it came with its letter
    bounce(
        second.pk, on=paris_day(stage.now), because=Cheque.Because.NO_FUNDS, reason="Avis de la banque.",
        actor=stage.by("finance"), at=stage.now,
    )  # fmt: skip
    yield stage.now + 2 * DAY
    _takes(stage, "Oliveira", "7741903")


def _takes(stage: Stage, name: str, number: str | None) -> Cheque | None:
    """One order for a year, by the letter of somebody who leaves an e-mail address."""
    home = TypedAddress(
        first_name="Claude", last_name=name, street="8 rue des Ormes", postcode="86000", town="Poitiers", country="FR"
    )
    on = paris_day(stage.now)
    offer = Offer.objects.get(kind=Offer.Kind.SUBSCRIPTION, renewal=Offer.Renewal.FIXED)
    shelf = read_shelf(on)
    asked = quote(offer, country="FR", postcode=home.postcode, buyer_kind="consumer", on=on, shelf=shelf)
    terms = shelf.text("cgv")
    wish = Wish(
        quote=asked, email=f"claude.{name.lower()}@poste.example", first_name="Claude", last_name=name, delivery=home,
        delivery_label=postal_label(home), typed=home.to_dict(), disclosure=disclosure(asked, on, shelf=shelf),
        expected_total=asked.amount.amount, source_code="COURRIER",
        consents=[ConsentGiven(Consent.Matter.TERMS, True, "Bon de commande signé (par courrier)", terms.pk if terms else None)],
    )  # fmt: skip
    cheque = Written(number, "Banque Postale", f"M. ou Mme {name}", asked.amount.amount, on) if number else None
    return take_order(
        wish, by=Kind.CHEQUE, cheque=cheque, form_token=uuid.uuid4(), reason="Bon de commande par courrier.",
        actor=stage.by("support"), at=stage.now,
    ).cheque  # fmt: skip


def _is_invoiced(
    stage: Stage, address: TypedAddress, *, copies: int, number: str, pays_after: timedelta | None
) -> Story:
    """A body orders on paper and is served; it pays by transfer, or is reminded."""
    invoice = _order(stage, address, copies=copies, number=number)
    if pays_after is not None:
        yield stage.now + pays_after
        _pays(stage, invoice, payer=address.organisation)
        return
    yield morning((invoice.due_on or invoice.issued_on) + DAY)
    remind_overdue(on=paris_day(stage.now), at=stage.now, actor=job("overdue-invoices"), limit=10)


def _by_an_agency(stage: Stage) -> Story:
    """An agency passes an order on, and keeps its discount."""
    add_agency(
        Buyer(kind=BuyerKind.PRO_FR, name=AGENCY.organisation, address=(), country="FR", siren="552081317"),
        AGENCY, postal_label(AGENCY), email="commandes@lettres-et-revues.example", percent=Decimal(5),
        reason="Accord-cadre signé.", actor=stage.by("finance"), at=stage.now,
    )  # fmt: skip
    yield stage.now + DAY
    agency = Agency.objects.get(name=AGENCY.organisation)
    invoice = _order(stage, FACULTY, copies=2, number="LR-88213", agency=agency)
    yield stage.now + 30 * DAY
    _pays(stage, invoice, payer=AGENCY.organisation)


def _order(stage: Stage, address: TypedAddress, *, copies: int, number: str, agency: Agency | None = None) -> Invoice:
    paper = Paper(
        offer=Offer.objects.get(kind=Offer.Kind.SUBSCRIPTION, renewal=Offer.Renewal.FIXED),
        quantity=copies,
        kind=BuyerKind.PUBLIC_FR,
        organisation=address.organisation,
        email=f"periodiques@{address.postcode}.example",
        number=number,
        dated_on=paris_day(stage.now - 3 * DAY),
        delivery=address,
        delivery_label=postal_label(address),
        agency=agency,
        agency_reference=number if agency else "",
        invoiced_to="agency" if agency else "institution",
    )
    ordered = order_by_paper(
        paper,
        expected_total=priced(paper, on=paris_day(stage.now)).total,
        form_token=uuid.uuid4(),
        reason=BY_MAIL,
        actor=stage.by("support"),
        at=stage.now,
    )
    return ordered.invoice


def _pays(stage: Stage, invoice: Invoice, *, payer: str) -> None:
    receive(
        invoice,
        amount=invoice.total_ttc.amount,
        bank_reference=f"VIR {invoice.reference}",
        received_on=paris_day(stage.now),
        payer=payer.upper(),
        reason="Relevé du jour.",
        actor=stage.by("finance"),
        at=stage.now,
    )


def _loses(stage: Stage, issue: Issue) -> Story:
    """After a posting: what is left over is counted, some copies come back, some readers miss theirs and get another."""
    clerk = stage.by("fulfilment")
    kind = StockMovement.Kind.RECEIVED
    enter(issue.pk, kind, LEFT_OVER, actor=clerk, at=stage.now, reason="Reliquat du routage, compté.")
    lines = list(
        Dispatch.objects.filter(
            run__issue=issue, run__kind=MailingRun.Kind.MAIN, subscription__state="active",
            entitlement__state=Entitlement.State.SERVED,
        ).order_by("key")
    )  # fmt: skip
    back, missed = lines[5 : 5 + CAME_BACK], lines[20 : 20 + MISSED]
    yield stage.now + 12 * DAY
    day = paris_day(stage.now)
    rows = [Returned(line.pk, reason, day) for line, reason in zip(back, REASONS, strict=False)]
    write_down(rows, source="paper", actor=clerk, at=stage.now)
    follow(actor=job("lost-copies"), at=stage.now)
    yield stage.now + 8 * DAY
    for line in missed:
        if line.entitlement_id and line.subscription and line.subscription.payer:
            said = Said(line.entitlement_id, Claim.Reason.NOT_RECEIVED, Claim.By.READER)
            claim(said, actor=reader(line.subscription.payer), at=stage.now)
    yield stage.now + 3 * DAY
    run = make(issue.pk, actor=clerk, at=stage.now)
    if run.state == MailingRun.State.ASKED:
        run = close(run.pk, actor=stage.by("administrator"), at=stage.now)
    hand_over(run.pk, actor=clerk, at=stage.now)
    count_received(run.pk, copies=run.copies or 0, actor=clerk, at=stage.now)
    post_run(run.pk, on=paris_day(stage.now), actor=clerk, at=stage.now)
