"""Each fault of a line, named by its row and column; each remark; each file that is none."""

from __future__ import annotations

import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from shop.customers.models import Customer
from subscriptions.importing.columns import NAMES
from subscriptions.importing.deciding import CannotDecide
from subscriptions.importing.faults import FaultCode, FileRefused, WarningCode
from subscriptions.importing.lines import LARGEST, LONGEST_LINE, Reading
from subscriptions.models import ImportFile, ImportRow, Issue, Price, Subscription
from tests.importing.desk import faults, hand_in, outcomes, read, say_yes, warnings
from tests.importing.written import Written, as_csv, automatic, line, written

pytestmark = pytest.mark.django_db
GIFT = {"cadeau": "oui", "payeur_nom": "Garçon", "payeur_prenom": "Zoé"}
#: (the line, the column that is named, the code). One row per fault.
FAULTS = [
    (line(source="autre"), "source", "source"),
    (line(source=""), "source", "required"),
    (line(reference=""), "reference", "required"),
    (line(reference="R" * 46), "reference", "too_long"),
    (line(reference="=1+1"), "reference", "formula"),
    (line(destinataire_nom="@SUM(A1)"), "destinataire_nom", "formula"),
    (line(destinataire_nom="+33"), "destinataire_nom", "formula"),
    (line(destinataire_nom="-Roux"), "destinataire_nom", "formula"),
    (line(destinataire_nom="Ro\0ux"), "destinataire_nom", "nul"),
    (line(destinataire_nom="Ro\x07ux"), "destinataire_nom", "control"),
    (line(formule="deux-ans"), "formule", "unknown_offer"),
    (line(reconduction="jamais"), "reconduction", "not_a_choice"),
    (automatic(formule="un-an"), "reconduction", "not_renewable"),
    (line(debut="2027-02-29", fin="2028-02-28"), "debut", "not_a_day"),
    (line(fin="31/04/2027"), "fin", "not_a_day"),
    (line(fin="demain"), "fin", "not_a_day"),
    (line(fin="2026-05-01"), "fin", "dates"),
    (line(montant_ttc="27,605"), "montant_ttc", "not_an_amount"),
    (line(montant_ttc="1.234"), "montant_ttc", "not_an_amount"),
    (line(montant_ttc="-27,60"), "montant_ttc", "not_an_amount"),
    (line(exemplaires_achetes="quatre"), "exemplaires_achetes", "not_a_number"),
    (line(exemplaires_restants="-1"), "exemplaires_restants", "not_a_number"),
    (line(exemplaires_restants="5", exemplaires_servis=""), "exemplaires_restants", "more_left_than_bought"),
    (line(exemplaires_servis="1"), "exemplaires_servis", "copies_do_not_add_up"),
    (automatic(quantite="3"), "quantite", "quantity"),
    (line(quantite="1000"), "quantite", "not_a_number"),
    (line(fin="2026-11-22", debut="2025-11-23", exemplaires_restants="0", exemplaires_servis="4"), "fin", "ended"),
    (line(prochain_numero="31"), "prochain_numero", "no_issue"),
    (line(prochain_numero="24"), "prochain_numero", "issue_posted"),
    (line(destinataire_email="ines.roux@"), "destinataire_email", "email"),
    (line(destinataire_nom=""), "destinataire_nom", "address"),
    (line(destinataire_nom="de la Rochefoucauld-Montbazon-Guéménée"), "destinataire_nom", "address"),
    (
        line(destinataire_voie="1234 boulevard du Maréchal de Lattre de Tassigny prolongé"),
        "destinataire_voie",
        "address",
    ),
    (line(destinataire_code_postal="6900"), "destinataire_code_postal", "address"),
    (line(destinataire_pays="ZZ"), "destinataire_pays", "address"),
    (line(cadeau="peut-être"), "cadeau", "not_a_choice"),
    (line(cadeau="oui"), "payeur_nom", "nobody_gives"),
    (automatic(**GIFT), "reconduction", "gift_renews"),
    (line(payeur_email="payeur@exemple.fr"), "payeur_nom", "no_payer"),
    (automatic(stripe_client=""), "stripe_client", "no_means"),
    (automatic(stripe_moyen=""), "stripe_moyen", "no_means"),
    (automatic(stripe_moyen="4242424242424242"), "stripe_moyen", "means"),
    (automatic(moyen_expiration="13/2028"), "moyen_expiration", "means"),
    (automatic(moyen_fin="42424242"), "moyen_fin", "means"),
    (automatic(moyen_type="chèque"), "moyen_type", "not_a_choice"),
]


@pytest.mark.parametrize(("row", "column", "code"), FAULTS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_fault_is_named_by_its_row_and_column(offers, row, column, code):
    file = read(Written([line(99), row], copies=0, deferred=Decimal(0)))
    assert (3, column, code) in faults(file)
    assert {place for place, *_rest in faults(file)} == {3}
    assert outcomes(file) == {"ready": 1, "faulty": 1}
    row = file.rows.get(line=3)
    assert all(one["sentence"].endswith((".", "?")) for one in row.faults)
    with pytest.raises(CannotDecide):
        say_yes(file)
    assert not Subscription.objects.exists()


def test_every_code_has_a_row_above_or_a_test_below():
    elsewhere = {"quotes", "cells", "line_too_long", "twice", "means_of_another", "no_rate", "refused_by_database"}
    assert {code for _row, _column, code in FAULTS} | elsewhere == {str(code) for code in FaultCode}


def test_what_cannot_be_cut_is_said_of_its_line_and_costs_no_other(offers):
    right = as_csv([line(1), line(2)]).decode().splitlines()
    body = "\r\n".join(
        [right[0], right[1], right[1].replace("Inès", '"Inès'), right[1] + ";", "x" * LONGEST_LINE + "y" * 90_000, "", right[2]]
    ).encode()  # fmt: skip
    file = read(written(line()), body=body)
    assert faults(file) == [(3, "", "quotes"), (4, "", "cells"), (5, "", "line_too_long")]
    assert (outcomes(file), file.lines_total) == ({"ready": 2, "faulty": 3}, 5)


def test_the_same_reference_twice_is_said_of_the_later_line(offers):
    file = read(written(line(1), line(2), line(1, destinataire_email="")))
    assert faults(file) == [(4, "reference", "twice")]
    assert "ligne 2" in file.rows.get(line=4).faults[0]["sentence"]


def test_a_means_of_payment_is_one_payers(offers):
    file = read(written(automatic(1), automatic(2, stripe_client="cus_old000001"), automatic(3, stripe_moyen="pm_old000001")))  # fmt: skip
    assert faults(file) == [(3, "stripe_client", "means_of_another"), (4, "stripe_moyen", "means_of_another")]


def test_without_a_rate_nothing_is_worth_anything(offers):
    file = read(written(line(1, debut="2010-05-02", fin="2027-05-01")))
    assert faults(file) == [(2, "destinataire_pays", "no_rate")]


def test_what_should_be_looked_at_is_let_in_all_the_same(offers):
    Customer.objects.create_user("ines.roux1@exemple.fr", first_name="Inès", last_name="ROUX 1")
    Customer.objects.create_user("ines.roux2@exemple.fr", first_name="Paul", last_name="Costa")
    Customer.objects.create_user("ines.roux3@exemple.fr", first_name="Inès", last_name="Roux 3", is_staff=True)
    Issue.objects.filter(number=25).update(cutoff_on=date(2026, 11, 20))
    Price.objects.filter(delivery_zone="WORLD").update(valid_to=date(2026, 12, 1))
    rows = [
        line(1),
        line(2),
        line(3),
        line(4, prochain_numero="26", destinataire_voie="place Bellecour"),
        line(5, prochain_numero="26", destinataire_code_postal="1204", destinataire_ville="Genève", destinataire_pays="CH"),
        line(6, prochain_numero="26", debut="2025-11-23", fin="2026-11-22"),
        automatic(7, prochain_numero="26", debut="2025-12-20", fin="2026-12-19", exemplaires_restants="0", exemplaires_servis="4"),
        automatic(8, prochain_numero="26", moyen_expiration="04/2027"),
        automatic(9, prochain_numero="26", debut="2026-01-15", fin="2027-01-14", exemplaires_restants="0", exemplaires_servis="4"),
        line(10, prochain_numero="26", destinataire_email="ines.roux1@exemple.fr", destinataire_nom="Benali"),
    ]  # fmt: skip
    file = read(written(*rows), charge_from=date(2026, 12, 1))
    assert faults(file) == []
    closed = [(place, "prochain_numero", "file_closed") for place in (2, 3, 4)]
    found = warnings(file)
    assert [one for one in found if one[2] == "file_closed"] == closed
    assert [one for one in found if one[2] != "file_closed"] == [
        (2, "destinataire_email", "joined"),
        (3, "destinataire_email", "not_joined"),
        (4, "destinataire_email", "not_joined"),
        (5, "destinataire_voie", "no_number"),
        (6, "formule", "no_price"),
        (7, "fin", "over"),
        (8, "fin", "too_late_to_announce"),
        (9, "moyen_expiration", "card_ends"),
        (11, "destinataire_email", "not_joined"),
    ]
    later = read(written(automatic(20, prochain_numero="26")), charge_from=date(2027, 7, 1))
    assert warnings(later)[-1] == (2, "fin", "readers_turn")
    seen = {code for *_place, code in [*found, *warnings(later)]}
    assert {str(code) for code in WarningCode} - seen == {"said_otherwise"}


#: (bytes, the code or a piece of the sentence). No file of these is received.
FILES = [
    (b"", "vide"),
    (as_csv([]), "aucun abonné"),
    (as_csv([line()]).decode().encode("cp1252"), "UTF-8"),
    (as_csv([line()]).decode().encode("utf-16"), "UTF-16"),
    (b"PK\x03\x04" + b"x" * 100, "classeur"),
    (as_csv([line()]).replace(b";", b","), "points-virgules"),
    (as_csv([line()]).replace(b";", b"\t"), "points-virgules"),
    (as_csv([line()], heads=[*NAMES, "couleur"]), "couleur"),
    (as_csv([line()], heads=[name for name in NAMES if name != "fin"]), "fin"),
    (as_csv([line()], heads=[*NAMES, "fin"]), "deux fois"),
    (b'"sour;ce\r\n', "en-têtes"),
]


@pytest.mark.parametrize(("body", "said"), FILES, ids=range(len(FILES)))
def test_what_is_no_file_of_subscribers_is_refused_with_a_sentence(offers, body, said):
    with pytest.raises(FileRefused) as refused:
        hand_in(written(line()), body=body)
    assert said in " ".join(refused.value.messages)
    assert not ImportFile.objects.exists()


def test_a_mark_of_byte_order_and_windows_are_read_where_they_are_said(offers):
    assert outcomes(read(written(line(1)), body=b"\xef\xbb\xbf" + written(line(1)).bytes())) == {"ready": 1}
    file = read(written(line(2)), body=written(line(2)).bytes().decode().encode("cp1252"), encoding="cp1252")
    assert file.rows.get().cells["destinataire_prenom"] == "Inès"
    with pytest.raises(FileRefused):
        hand_in(written(line(3)), body=written(line(3)).bytes() + b"\x81", encoding="cp1252")


class Endless(io.RawIOBase):
    """Lines without an end, counted."""

    def __init__(self, line: bytes) -> None:
        self.line, self.read_bytes = line, 0

    def readline(self, size: int | None = -1) -> bytes:  # type: ignore[override]
        self.read_bytes += len(self.line)
        return self.line


def test_a_file_that_never_ends_is_refused_where_its_limit_is():
    heads = as_csv([]).rstrip()
    endless = Endless(heads + b"\r\n")
    with pytest.raises(FileRefused) as refused:
        for _record in Reading(endless).records():  # type: ignore[arg-type]
            pass
    assert refused.value.code in ("large", None)
    assert endless.read_bytes <= LARGEST + len(heads) + 2


def test_what_is_declared_is_looked_at_before_a_line_is_read(offers):
    for wrong in ({"source": "shop"}, {"source": "Ancienne Maison"}, {"charge_from": timezone.localdate()}):
        with pytest.raises(ValidationError):
            hand_in(written(line()), **wrong)
    assert not ImportRow.objects.exists()
    assert hand_in(written(line()), charge_from=timezone.localdate() + timedelta(days=1)).state == "to_check"
