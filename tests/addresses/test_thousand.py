"""More than a thousand awkward addresses, each exact or refused with a sentence, and nothing of any of them ever cut.

Every piece has its line written beside it by hand. Addresses are all kinds of pieces put together by a seeded dice, with what
keyboards, telephones and spreadsheets add to them; the label must then be the lines of the pieces, and nothing else.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from subscriptions.addresses.check import check
from subscriptions.addresses.faults import FaultCode
from subscriptions.addresses.typed import TEXT_FIELDS, AddressKind, TypedAddress
from tests.addresses.table import PRINTED, REFUSED

SEED = 20261123
FRENCH, FOREIGN, SPOILT = 900, 300, 400

#: Title, first name, name; as France writes line 1, and as the rest of the world does.
NAMES = [
    ("Mme", "Élodie", "Lefèvre", "Mme Élodie LEFÈVRE", "Mme Élodie Lefèvre"),
    ("M.", "Jean-Noël", "Cœur", "M. Jean-Noël CŒUR", "M. Jean-Noël Cœur"),
    ("", "", "Ô", "Ô", "Ô"),
    ("Dr", "Ælfric", "Weiß", "Dr Ælfric WEISS", "Dr Ælfric Weiß"),
    ("", "Łukasz", "Žižek", "Lukasz ŽIŽEK", "Lukasz Žižek"),
    ("", "Nguyễn", "Thị Đào", "Nguyen THI DÀO", "Nguyen Thi Dào"),
    ("", "Seán", "O’Brien", "Seán O'BRIEN", "Seán O'Brien"),
    ("", "Ğazi", "Işık", "Gazi ISIK", "Gazi Isik"),
    ("", "Jean", "=HYPERLINK(1)", "Jean =HYPERLINK(1)", "Jean =HYPERLINK(1)"),
    ("", "", "=1+1", "1+1", "1+1"),
    ("", "", "@SUM(A1)", "SUM(A1)", "SUM(A1)"),
    ("", "Anne", "de La Tour d'Auvergne", "Anne DE LA TOUR D'AUVERGNE", "Anne de La Tour d'Auvergne"),
    ("Mme", "Marie-Françoise", "Ça-Va", "Mme Marie-Françoise ÇA-VA", "Mme Marie-Françoise Ça-Va"),
    # 38 to the letter.
    ("M.", "Marie-Christian", "de La Rochefoucauld", "M. Marie-Christian DE LA ROCHEFOUCAULD", "M. Marie-Christian de La Rochefoucauld"),
]  # fmt: skip
#: The street, as line 4 has it.
STREETS = [
    ("12 rue des Lilas", "12 RUE DES LILAS"),
    ("12bis, rue de l’Église", "12 BIS RUE DE L EGLISE"),
    ("3ter impasse du Puits", "3 TER IMPASSE DU PUITS"),
    ("7B rue du Sacré-Cœur", "7 B RUE DU SACRE COEUR"),
    ("n° 5 rue Haute", "5 RUE HAUTE"),
    ("12-14, rue J.F. Kennedy", "12 14 RUE JF KENNEDY"),
    ("12½ rue Haute", "12 1 2 RUE HAUTE"),
    ("8 place du 8-Mai-1945", "8 PLACE DU 8 MAI 1945"),
    ("8 rue du 1ᵉʳ Mai", "8 RUE DU 1ER MAI"),
    ("Z.A.C. des Prés", "ZAC DES PRES"),
    ("2 rue Bœuf & Fils", "2 RUE BOEUF ET FILS"),
    ("2 rue Weiß", "2 RUE WEISS"),
    ("=2 rue Haute", "2 RUE HAUTE"),
    ("+33 rue Haute", "33 RUE HAUTE"),
    ("2 rue « Haute » (fond)", "2 RUE HAUTE FOND"),
    ("２ ｒｕｅ Haute", "2 RUE HAUTE"),
    ("2 rue des Oﬃciers", "2 RUE DES OFFICIERS"),
    # 38, and 47 that the post's own abbreviations bring down.
    ("12 rue Alexandre de Bourguignon Blancs", "12 RUE ALEXANDRE DE BOURGUIGNON BLANCS"),
    ("5 boulevard du Maréchal de Lattre de Tassigny", "5 BD DU MARECHAL DE LATTRE DE TASSIGNY"),
    ("1250 avenue de Saint Barthélemy de Grandmont", "1250 AV DE ST BARTHELEMY DE GRANDMONT"),
]
#: Flat and building, lines 2 and 3: as typed, in Windows-1252.
INSIDE = [
    ("", ""),
    ("Chez Mme Roy", "Chez Mme Roy"),
    ("Étage 3, porte 4", "Étage 3, porte 4"),
    ("Apt. n° 5", "Apt. n° 5"),
    ("Appartement 12, escalier C, étage 3, porte 4", "APP 12, escalier C, étage 3, porte 4"),
    ("-2e sous-sol", "2e sous-sol"),
]
BUILDINGS = [("", ""), ("Le Clos", "Le Clos"), ("Bât. B", "Bât. B"), ("Résidence Œdipe", "Résidence Œdipe")]
#: Line 5.
LOCALITIES = [
    ("", ""),
    ("Lieu-dit Le Mas", "LIEU DIT LE MAS"),
    ("B.P. 12", "BP 12"),
    ("BP40212", "BP 40212"),
    ("C.S. 25233", "CS 25233"),
    ("tsa 10123", "TSA 10123"),
    ("Le Bourg-d’en-Haut", "LE BOURG D EN HAUT"),
]
#: Postcode and town, as line 6 has them.
PLACES = [
    ("44000", "Nantes", "44000 NANTES"),
    ("F-44 000", "Nantes", "44000 NANTES"),
    ("75380", "Paris Cédex 08", "75380 PARIS CEDEX 08"),
    ("75380", "PARIS CEDEX08", "75380 PARIS CEDEX 08"),
    ("54052", "Nancy cedex", "54052 NANCY CEDEX"),
    ("92055", "Paris-La Défense - Cedex", "92055 PARIS LA DEFENSE CEDEX"),
    ("92919", "La Défense Cedex", "92919 LA DEFENSE CEDEX"),
    ("75116", "Paris 16", "75116 PARIS 16"),
    ("94240", "L’Haÿ-les-Roses", "94240 L HAY LES ROSES"),
    ("80190", "Y", "80190 Y"),
    ("01000", "Bourg-en-Bresse", "01000 BOURG EN BRESSE"),
    ("14500", "Saint-Germain-de-Tallevende-Lala", "14500 SAINT GERMAIN DE TALLEVENDE LALA"),
    ("51290", "St-Remy-en-Bouzemont-St-Genest", "51290 ST REMY EN BOUZEMONT ST GENEST"),
    ("20000", "Ajaccio", "20000 AJACCIO"),
    ("20700", "Ajaccio Cedex 9", "20700 AJACCIO CEDEX 9"),
    ("20200", "Bastia", "20200 BASTIA"),
    ("00819", "Armées", "00819 ARMEES"),
    ("00100", "ARMEES", "00100 ARMEES"),
    ("97110", "Pointe-à-Pitre", "97110 POINTE A PITRE"),
    ("97200", "Fort-de-France", "97200 FORT DE FRANCE"),
    ("97300", "Cayenne", "97300 CAYENNE"),
    ("97743", "Saint-Denis Cedex 9", "97743 SAINT DENIS CEDEX 9"),
    ("97600", "Mamoudzou", "97600 MAMOUDZOU"),
    ("97500", "Saint-Pierre", "97500 SAINT PIERRE"),
    ("97133", "Gustavia", "97133 GUSTAVIA"),
    ("97150", "Marigot", "97150 MARIGOT"),
    ("98713", "Papeete", "98713 PAPEETE"),
    ("98800", "Nouméa", "98800 NOUMEA"),
    ("98600", "Mata-Utu", "98600 MATA UTU"),
    ("98000", "Monaco", "98000 MONACO"),
    ("44000", "44000 Nantes", "44000 NANTES"),
]
#: Country, street, locality, town, region, postcode; the lines after the name, the country last.
ELSEWHERE = [
    ("GB", "10 Downing Street", "", "London", "", "sw1a2aa", ["10 Downing Street", "LONDON", "SW1A 2AA", "ROYAUME UNI"]),
    ("GB", "1 High Street", "Drayton", "Abingdon", "", "OX14 4PG", ["1 High Street", "Drayton", "ABINGDON", "OX14 4PG", "ROYAUME UNI"]),
    ("IE", "1 Main Street", "", "Dublin 2", "", "D02 AF30", ["1 Main Street", "DUBLIN 2", "D02 AF30", "IRLANDE"]),
    ("DE", "Hauptstraße 5", "", "Köln", "", "D-50667", ["Hauptstraße 5", "50667 KÖLN", "ALLEMAGNE"]),
    ("AT", "Ring 1/3/12", "", "Wien", "", "1010", ["Ring 1/3/12", "1010 WIEN", "AUTRICHE"]),
    ("CH", "Rue du Rhône 1", "", "Genève", "", "1204", ["Rue du Rhône 1", "CH-1204 Genève", "SUISSE"]),
    ("BE", "Rue de la Loi 16", "", "Bruxelles", "", "B-1000", ["Rue de la Loi 16", "1000 BRUXELLES", "BELGIQUE"]),
    ("LU", "1, rue Haute", "", "Luxembourg", "", "1728", ["1, rue Haute", "L-1728 LUXEMBOURG", "LUXEMBOURG"]),
    ("NL", "Damrak 1", "", "Amsterdam", "", "1012lg", ["Damrak 1", "1012 LG AMSTERDAM", "PAYS BAS"]),
    ("ES", "Calle de Alcalá 1", "", "Madrid", "Madrid", "28014", ["Calle de Alcalá 1", "28014 MADRID", "ESPAGNE"]),
]  # fmt: skip
#: What a telephone, a word processor or a spreadsheet adds, and no label shows.
NOISE = ["\u200b", "\u200f", "\u202e", "\u00ad", "\ufeff", "\u2066"]
SPACES = [" ", "\t", "\u00a0", "\u202f", "\r\n", "\u2028", "   "]


def noisy(text: str, dice: Random) -> str:
    """The same to a reader: other spaces, invisible marks, accents apart from their letters."""
    if not text or dice.random() < 0.4:
        return text
    if dice.random() < 0.3:
        text = unicodedata.normalize("NFD", text)
    parts = text.split(" ")
    text = parts[0] + "".join(dice.choice(SPACES) + part for part in parts[1:])
    if dice.random() < 0.5:
        text = dice.choice(SPACES) + text + dice.choice(SPACES)
    place = dice.randrange(len(text) + 1)
    return text[:place] + dice.choice(NOISE) + text[place:] if dice.random() < 0.4 else text


def french(dice: Random) -> tuple[TypedAddress, list[str]]:
    """An address of France and the block it must give."""
    title, first_name, last_name, line1, _abroad = dice.choice(NAMES)
    flat, line2 = dice.choice(INSIDE)
    building, line3 = dice.choice(BUILDINGS)
    street, line4 = dice.choice(STREETS)
    locality, line5 = dice.choice(LOCALITIES)
    postcode, town, line6 = dice.choice(PLACES)
    typed = {
        "title": title, "first_name": first_name, "last_name": last_name, "flat": flat, "building": building,
        "street": street, "locality": locality, "town": town,
    }  # fmt: skip
    address = TypedAddress(**{name: noisy(text, dice) for name, text in typed.items()}, postcode=postcode)
    return address, [line for line in (line1, line2, line3, line4, line5, line6) if line]


def foreign(dice: Random) -> tuple[TypedAddress, list[str]]:
    """An address abroad and the block it must give, the country last."""
    title, first_name, last_name, _france, line1 = dice.choice(NAMES)
    country, street, locality, town, region, postcode, lines = dice.choice(ELSEWHERE)
    typed = {"title": title, "first_name": first_name, "last_name": last_name, "street": street, "locality": locality}
    address = TypedAddress(
        **{name: noisy(text, dice) for name, text in typed.items()},
        town=town, region=region, postcode=postcode, country=country,
    )  # fmt: skip
    return address, [line1, *lines]


def test_every_block_is_exact() -> None:
    dice = Random(SEED)
    seen: set[TypedAddress] = set()
    for make, many in ((french, FRENCH), (foreign, FOREIGN)):
        for _number in range(many):
            address, block = make(dice)
            faults, label = check(address)
            assert [fault.sentence for fault in faults] == [], address
            assert label is not None
            assert list(label.printed_lines) == block, address
            assert max(map(len, block)) <= 38
            seen.add(address)
    assert len(seen) > 0.95 * (FRENCH + FOREIGN), "they are all different"


#: What spoils an address: field, what is in it, the fault that says so.
FAULTS = [
    ("last_name", "محمد", FaultCode.NOT_LATIN),
    ("last_name", "Ольга", FaultCode.NOT_LATIN),
    ("first_name", "エロディ", FaultCode.NOT_LATIN),
    ("town", "תל אביב", FaultCode.NOT_LATIN),
    ("street", "12 rue 🌳 Haute", FaultCode.NOT_PRINTABLE),
    ("last_name", "Lefèvre 😀", FaultCode.NOT_PRINTABLE),
    ("flat", "Étage\x07 3", FaultCode.CONTROL_CHARACTER),
    ("street", "12 rue\x00 Haute", FaultCode.CONTROL_CHARACTER),
    ("building", "Bât\x1b[31m B", FaultCode.CONTROL_CHARACTER),
    ("street", "12 rue Alexandre de Bourguignon Blanche", FaultCode.TOO_LONG),
    ("town", "Saint-Remy-en-Bouzemont-Saint-Genest-et-Isson", FaultCode.TOO_LONG),
    ("flat", "Au fond de la troisième cour monumentale", FaultCode.TOO_LONG),
    ("building", "x" * 39, FaultCode.TOO_LONG),
    ("locality", "x" * 39, FaultCode.TOO_LONG),
    ("street", "y" * 201, FaultCode.TOO_LONG),
    ("last_name", "", FaultCode.REQUIRED),
    ("postcode", "1000", FaultCode.POSTCODE_FORMAT),
    ("postcode", "99999", FaultCode.POSTCODE_ELSEWHERE),
    ("postcode", "", FaultCode.REQUIRED),
    ("town", "Cedex", FaultCode.TOWN_WITHOUT_LETTERS),
]


def test_what_cannot_be_printed_is_refused_where_it_stands_and_never_shortened() -> None:
    dice = Random(SEED)
    met: Counter[FaultCode] = Counter()
    for number in range(SPOILT):
        field, text, code = FAULTS[number % len(FAULTS)]
        address = replace(french(dice)[0], **({"postcode": "44000", "town": "Nantes"} | {field: text}))
        if len(address.last_name) > 15 and field == "first_name":
            address = replace(address, last_name="Ba")
        faults, label = check(address)
        assert label is None, address
        assert code in {fault.code for fault in faults if fault.field == field}, (address, faults)
        for fault in faults:
            assert fault.sentence.endswith("."), fault
        met[code] += 1
    assert set(met) == {code for _field, _text, code in FAULTS}


def words(text: str) -> list[str]:
    """What a reader would call the words of a field: letters without accents and figures, in capitals."""
    text = text.translate(
        {ord("œ"): "oe", ord("Œ"): "OE", ord("æ"): "ae", ord("Æ"): "AE", ord("ß"): "SS", ord("ﬃ"): "ffi"}
    )
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return re.findall(r"[0-9A-Z]+", plain.upper())


@pytest.mark.parametrize("kind", AddressKind)
def test_every_word_that_was_typed_is_on_the_label_or_in_a_fault(kind: AddressKind) -> None:
    """Not one of 1,000 random addresses of random words, long and short, loses a word: it is printed, or refused whole."""
    dice, printed_labels, refused = Random(SEED), 0, 0
    alphabet = "abcdefghijklmopqrstuvwxyzàâäçéèêëîïôöùûüÿœæABCDEFGHIJKLM0123456789"
    fields = [name for name in TEXT_FIELDS if name not in ("region", "postcode", "town", "organisation", "service")]
    for _number in range(1000):
        typed = {
            name: " ".join(
                "".join(dice.choice(alphabet) for _letter in range(dice.randint(1, 9)))
                for _word in range(dice.randint(0, 3))
            )
            for name in fields
        }
        if kind is AddressKind.ORGANISATION:
            typed |= {
                "organisation": "Université Œcuménique",
                "service": dice.choice(["", "Service périodiques", "CDI"]),
            }
        address = TypedAddress(**typed, kind=kind, postcode="63290", town=dice.choice(["Puy-Guillaume", "Ris"]))
        faults, label = check(address)
        if label is None:
            assert faults
            refused += 1
            continue
        printed_labels += 1
        block = "".join(words(" ".join(label.lines)))
        for name in (*fields, "organisation", "service", "town", "postcode"):
            for word in words(getattr(address, name)):
                # Known abbreviations only, and only of whole words, stand for a word.
                assert word in block or word in ABBREVIATED, (word, label.lines)
    assert printed_labels > 300
    assert refused > 50


#: Nothing that the dice can throw is one of them; the table has its own rows for each.
ABBREVIATED: frozenset[str] = frozenset()


def test_there_are_more_than_a_thousand_and_two_hundred_of_them_by_hand() -> None:
    assert len(PRINTED) + len(REFUSED) + FRENCH + FOREIGN + SPOILT > 1000
    assert len(PRINTED) >= 200
