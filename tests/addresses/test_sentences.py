"""What a person reads when an address cannot be posted to."""

from __future__ import annotations

import pytest

from subscriptions.addresses.check import check
from subscriptions.addresses.faults import AddressFault, AddressRefused, FaultCode
from subscriptions.addresses.label import postal_label, preview
from subscriptions.addresses.typed import TypedAddress
from tests.addresses.table import at, named, organisation


def only_fault(address: TypedAddress, **options: list[str]) -> AddressFault:
    faults, label = check(address, **options)
    assert label is None
    assert len(faults) == 1
    return faults[0]


def test_39_characters_say_how_long_the_line_is_and_what_to_do() -> None:
    assert only_fault(at("12 rue Alexandre de Bourguignon Blanche", "44000", "Nantes")) == AddressFault(
        "street",
        FaultCode.TOO_LONG,
        "On the label this line would read “12 RUE ALEXANDRE DE BOURGUIGNON BLANCHE”: 39 characters, and a line holds "
        "38. Keep only the number and the street here, abbreviated if need be, and move the rest to another line.",
    )
    faults, label = check(at("12 rue Alexandre de Bourguignon Blanch", "44000", "Nantes"))
    assert faults == []
    assert label is not None
    assert label.slots[3] == "12 RUE ALEXANDRE DE BOURGUIGNON BLANCH"


def test_a_saint_is_offered_the_short_form_and_only_offered() -> None:
    fault = only_fault(at("2 rue Haute", "42155", "Saint-Jean-Saint-Maurice-sur-Loire"))
    assert fault.code is FaultCode.TOO_LONG
    assert fault.suggestion == "ST JEAN ST MAURICE SUR LOIRE"
    _, label = check(at("2 rue Haute", "42155", fault.suggestion))
    assert label is not None
    assert label.slots[5] == "42155 ST JEAN ST MAURICE SUR LOIRE"


def test_initials_are_offered_for_a_long_name() -> None:
    fault = only_fault(named("Mme", "Marie-Christine Anne", "de La Rochefoucauld"))
    assert (fault.field, fault.suggestion) == ("first_name", "M.-C. A.")
    assert fault.sentence.endswith("Please reduce the first name to its initials.")
    _, label = check(named("Mme", "M.-C. A.", "de La Rochefoucauld"))
    assert label is not None
    assert label.slots[0] == "Mme M.-C. A. DE LA ROCHEFOUCAULD"


def test_a_lost_nought_is_offered_where_it_can_be_right() -> None:
    fault = only_fault(at("2 rue Haute", "1000", "Bourg-en-Bresse"))
    assert fault.sentence == "A French postcode has five figures, for example 75011; “1000” does not have five."
    assert fault.suggestion == "01000"
    assert only_fault(at("2 rue Haute", "7500", "Paris")).suggestion == ""


def test_the_armies_are_told_their_town() -> None:
    fault = only_fault(at("SP 85008", "00819", "Brest"))
    assert fault.sentence == "The postcode 00819 is one of the armed forces: the town must then read ARMEES."
    assert fault.suggestion == "ARMEES"


def test_a_country_the_publisher_does_not_serve() -> None:
    fault = only_fault(at("Hauptstraße 5", "50667", "Köln", country="DE"), allowed=["FR", "BE"])
    assert fault.code is FaultCode.COUNTRY_NOT_SERVED
    assert fault.sentence == "We do not deliver to this country: Allemagne. Please choose another delivery address."
    assert check(at("Rue Haute 1", "1000", "Bruxelles", country="BE"), allowed=["FR", "BE"])[0] == []


def test_a_postcode_of_the_wrong_country_shows_a_right_one() -> None:
    fault = only_fault(at("Hauptstraße 5", "SW1A 2AA", "Köln", country="DE"))
    assert fault.sentence == (
        "“SW1A 2AA” is not a postcode of the country chosen (Allemagne), where one looks like this: 26133."
    )


def test_a_sign_is_named_and_a_control_character_is_not_echoed() -> None:
    emoji = only_fault(at("2 rue Haute 🏠", "44000", "Nantes"))
    assert emoji.sentence == (
        "The field “Number and street” contains the sign “🏠”, which cannot be printed on a label. Please remove it."
    )
    control = only_fault(at("2 rue Haute", "44000", "Nantes\x07"))
    assert control.sentence == "The field “Town” contains an invisible control character. Please type it again."
    script = only_fault(at("2 rue Haute", "44000", "Nantes", last_name="李明"))
    assert script.sentence == (
        "The field “Name” contains “李明”, which the label cannot carry. "
        "Please write it in Latin letters and Arabic figures."
    )


def test_every_empty_field_is_said_at_once() -> None:
    faults, _ = check(TypedAddress())
    assert [(fault.field, fault.sentence) for fault in faults] == [
        ("last_name", "Please enter the name of the person who receives the magazine."),
        ("postcode", "Please fill in the field “Postcode”."),
        ("town", "Please enter the town."),
        ("street", "Please enter the number and the street, or the hamlet or the box number."),
    ]


def test_far_too_long_a_field_is_refused_before_anything_is_computed() -> None:
    fault = only_fault(at("é" * 100_000, "44000", "Nantes"))
    assert fault.sentence == (
        "The field “Number and street” takes at most 200 characters and contains 100000. Please shorten it."
    )


def test_the_refusal_of_a_label_names_nobody() -> None:
    with pytest.raises(AddressRefused) as refused:
        postal_label(at("2 rue Haute", "44000", "Nantes", last_name="Rochefoucauld" * 3))
    assert str(refused.value) == "the address has no label: last_name too_long"


def test_the_preview_shows_an_unfinished_address_with_its_lengths() -> None:
    lines = preview(at("12, rue des Lilas", "44000", "", locality="Lieu-dit " + "x" * 40))
    assert [(line.slot, line.field, line.text, len(line.text)) for line in lines] == [
        (1, "last_name", "DURAND", 6),
        (4, "street", "12 RUE DES LILAS", 16),
        (5, "locality", "LD " + "X" * 40, 43),
        (6, "town", "44000", 5),
    ]


def test_the_columns_of_a_mailing_file() -> None:
    _, label = check(organisation("CNRS", "Rue Haute 1", "1000", "Bruxelles", country="BE", service="Achats"))
    assert label is not None
    assert label.columns == ("CNRS", "Achats", "", "", "Rue Haute 1", "1000 BRUXELLES", "BELGIQUE")
    assert str(label) == "CNRS\nAchats\nRue Haute 1\n1000 BRUXELLES\nBELGIQUE"
