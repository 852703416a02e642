"""Awkward addresses and the exact label each must give, or the fault that refuses it.

One row reads: what is awkward, the address, the label with " | " between its lines (the country line last, abroad).
"""

from __future__ import annotations

from typing import NamedTuple

from subscriptions.addresses.faults import FaultCode
from subscriptions.addresses.typed import AddressKind, TypedAddress


class Printed(NamedTuple):
    why: str
    address: TypedAddress
    label: str


class Refused(NamedTuple):
    why: str
    address: TypedAddress
    field: str
    code: FaultCode


def at(street: str, postcode: str, town: str, **more: str) -> TypedAddress:
    """The address of a person called Durand, in France unless ``country`` is given."""
    return TypedAddress(**{"last_name": "Durand", "street": street, "postcode": postcode, "town": town, **more})  # type: ignore[arg-type]


def named(title: str, first_name: str, last_name: str) -> TypedAddress:
    """A person at an ordinary address."""
    return TypedAddress(
        title=title, first_name=first_name, last_name=last_name, street="1 rue Neuve", postcode="44000", town="Nantes"
    )


def organisation(name: str, street: str, postcode: str, town: str, **more: str) -> TypedAddress:
    """The address of an organisation, in France unless ``country`` is given."""
    typed = {"organisation": name, "street": street, "postcode": postcode, "town": town, **more}
    return TypedAddress(kind=AddressKind.ORGANISATION, **typed)  # type: ignore[arg-type]


STREETS = [
    Printed("plain", at("12 rue des Lilas", "44000", "Nantes"), "DURAND | 12 RUE DES LILAS | 44000 NANTES"),
    Printed(
        "comma after number", at("12, rue des Lilas", "44000", "Nantes"), "DURAND | 12 RUE DES LILAS | 44000 NANTES"
    ),
    Printed("bis", at("12 bis rue des Lilas", "44000", "Nantes"), "DURAND | 12 BIS RUE DES LILAS | 44000 NANTES"),
    Printed("bis glued", at("12bis rue des Lilas", "44000", "Nantes"), "DURAND | 12 BIS RUE DES LILAS | 44000 NANTES"),
    Printed(
        "bis and comma", at("12Bis, rue des Lilas", "44000", "Nantes"), "DURAND | 12 BIS RUE DES LILAS | 44000 NANTES"
    ),
    Printed("ter", at("3ter impasse du Puits", "44000", "Nantes"), "DURAND | 3 TER IMPASSE DU PUITS | 44000 NANTES"),
    Printed("quater", at("3 quater rue Basse", "44000", "Nantes"), "DURAND | 3 QUATER RUE BASSE | 44000 NANTES"),
    Printed("letter", at("7B rue Haute", "44000", "Nantes"), "DURAND | 7 B RUE HAUTE | 44000 NANTES"),
    Printed("letter apart", at("7 b rue Haute", "44000", "Nantes"), "DURAND | 7 B RUE HAUTE | 44000 NANTES"),
    Printed("two numbers", at("12-14 rue Haute", "44000", "Nantes"), "DURAND | 12 14 RUE HAUTE | 44000 NANTES"),
    Printed(
        "two numbers with a stroke", at("12/14 rue Haute", "44000", "Nantes"), "DURAND | 12 14 RUE HAUTE | 44000 NANTES"
    ),
    Printed("half", at("12½ rue Haute", "44000", "Nantes"), "DURAND | 12 1 2 RUE HAUTE | 44000 NANTES"),
    Printed("n° with space", at("n° 5 rue Haute", "44000", "Nantes"), "DURAND | 5 RUE HAUTE | 44000 NANTES"),
    Printed("N° glued", at("N°5 rue Haute", "44000", "Nantes"), "DURAND | 5 RUE HAUTE | 44000 NANTES"),
    Printed("nº by the ordinal sign", at("nº 5 rue Haute", "44000", "Nantes"), "DURAND | 5 RUE HAUTE | 44000 NANTES"),
    Printed("№", at("№ 5 rue Haute", "44000", "Nantes"), "DURAND | 5 RUE HAUTE | 44000 NANTES"),
    Printed("n° later in the line", at("Rue Haute, n° 5", "44000", "Nantes"), "DURAND | RUE HAUTE 5 | 44000 NANTES"),
    Printed("a word that ends in n", at("12 chemin 5", "44000", "Nantes"), "DURAND | 12 CHEMIN 5 | 44000 NANTES"),
    Printed("first of May", at("8 rue du 1er Mai", "44000", "Nantes"), "DURAND | 8 RUE DU 1ER MAI | 44000 NANTES"),
    Printed("superscript er", at("8 rue du 1ᵉʳ Mai", "44000", "Nantes"), "DURAND | 8 RUE DU 1ER MAI | 44000 NANTES"),
    Printed("date", at("8 place du 8-Mai-1945", "44000", "Nantes"), "DURAND | 8 PLACE DU 8 MAI 1945 | 44000 NANTES"),
    Printed(
        "curly apostrophe", at("2 rue de l’Église", "44000", "Nantes"), "DURAND | 2 RUE DE L EGLISE | 44000 NANTES"
    ),
    Printed("straight apostrophe", at("2 rue d'Enghien", "44000", "Nantes"), "DURAND | 2 RUE D ENGHIEN | 44000 NANTES"),
    Printed("Breton apostrophe", at("2 rue Kerʼhars", "29200", "Brest"), "DURAND | 2 RUE KER HARS | 29200 BREST"),
    Printed(
        "hyphens",
        at("2 rue Jean-Jacques-Rousseau", "44000", "Nantes"),
        "DURAND | 2 RUE JEAN JACQUES ROUSSEAU | 44000 NANTES",
    ),
    Printed("long dash", at("2 rue Haute – fond", "44000", "Nantes"), "DURAND | 2 RUE HAUTE FOND | 44000 NANTES"),
    Printed(
        "accents",
        at("2 allée des Évêques à Noël", "44000", "Nantes"),
        "DURAND | 2 ALLEE DES EVEQUES A NOEL | 44000 NANTES",
    ),
    Printed("cedilla", at("2 rue François", "44000", "Nantes"), "DURAND | 2 RUE FRANCOIS | 44000 NANTES"),
    Printed("œ", at("2 rue du Sacré-Cœur", "44000", "Nantes"), "DURAND | 2 RUE DU SACRE COEUR | 44000 NANTES"),
    Printed("Œ", at("2 rue de l'Œuvre", "44000", "Nantes"), "DURAND | 2 RUE DE L OEUVRE | 44000 NANTES"),
    Printed("æ", at("2 rue Lætitia", "20000", "Ajaccio"), "DURAND | 2 RUE LAETITIA | 20000 AJACCIO"),
    Printed("sharp s", at("2 rue Weiß", "67000", "Strasbourg"), "DURAND | 2 RUE WEISS | 67000 STRASBOURG"),
    Printed("ÿ", at("2 rue de l'Haÿ", "44000", "Nantes"), "DURAND | 2 RUE DE L HAY | 44000 NANTES"),
    Printed("Polish letter", at("2 rue Łukasiewicz", "44000", "Nantes"), "DURAND | 2 RUE LUKASIEWICZ | 44000 NANTES"),
    Printed("Turkish letters", at("2 rue Işık", "44000", "Nantes"), "DURAND | 2 RUE ISIK | 44000 NANTES"),
    Printed(
        "decomposed accent",
        at("2 rue de l'E\u0301toile", "44000", "Nantes"),
        "DURAND | 2 RUE DE L ETOILE | 44000 NANTES",
    ),
    Printed("ligature ﬁ", at("2 rue des Oﬃciers", "44000", "Nantes"), "DURAND | 2 RUE DES OFFICIERS | 44000 NANTES"),
    Printed("full-width", at("２ ｒｕｅ Haute", "44000", "Nantes"), "DURAND | 2 RUE HAUTE | 44000 NANTES"),
    Printed("ampersand", at("2 rue Bœuf & Fils", "44000", "Nantes"), "DURAND | 2 RUE BOEUF ET FILS | 44000 NANTES"),
    Printed("acronym with stops", at("Z.A.C. des Prés", "44000", "Nantes"), "DURAND | ZAC DES PRES | 44000 NANTES"),
    Printed(
        "initials before a name",
        at("2 rue J.F.Kennedy", "44000", "Nantes"),
        "DURAND | 2 RUE J F KENNEDY | 44000 NANTES",
    ),
    Printed("initials apart", at("2 rue J.F. Kennedy", "44000", "Nantes"), "DURAND | 2 RUE JF KENNEDY | 44000 NANTES"),
    Printed(
        "abbreviated by the person", at("2 bd. St-Michel", "75005", "Paris"), "DURAND | 2 BD ST MICHEL | 75005 PARIS"
    ),
    Printed("quotes", at("2 rue « Haute »", "44000", "Nantes"), "DURAND | 2 RUE HAUTE | 44000 NANTES"),
    Printed("brackets", at("2 rue Haute (fond)", "44000", "Nantes"), "DURAND | 2 RUE HAUTE FOND | 44000 NANTES"),
    Printed("no-break spaces", at("2\u00a0rue\u202fHaute", "44000", "Nantes"), "DURAND | 2 RUE HAUTE | 44000 NANTES"),
    Printed("many spaces", at("  2   rue  Haute ", " 44000 ", "  Nantes "), "DURAND | 2 RUE HAUTE | 44000 NANTES"),
    Printed(
        "tab and line break", at("2 rue\tHaute\r\nfond", "44000", "Nantes"), "DURAND | 2 RUE HAUTE FOND | 44000 NANTES"
    ),
    Printed(
        "line separator", at("2 rue Haute\u2028fond", "44000", "Nantes"), "DURAND | 2 RUE HAUTE FOND | 44000 NANTES"
    ),
    Printed(
        "right-to-left mark", at("2 rue\u200f Haute\u202e", "44000", "Nantes"), "DURAND | 2 RUE HAUTE | 44000 NANTES"
    ),
    Printed(
        "zero-width space, soft hyphen",
        at("2 rue Hau\u200bte\u00ad", "44000", "Nantes"),
        "DURAND | 2 RUE HAUTE | 44000 NANTES",
    ),
    Printed("byte order mark", at("\ufeff2 rue Haute", "44000", "Nantes"), "DURAND | 2 RUE HAUTE | 44000 NANTES"),
    Printed("formula in the street", at("=2 rue Haute", "44000", "Nantes"), "DURAND | 2 RUE HAUTE | 44000 NANTES"),
    Printed(
        "lower case throughout", at("la canebière", "13001", "marseille"), "DURAND | LA CANEBIERE | 13001 MARSEILLE"
    ),
    Printed("no number", at("Grande Rue", "44000", "Nantes"), "DURAND | GRANDE RUE | 44000 NANTES"),
]

LENGTHS = [
    Printed(
        "38 in line 4",
        at("12 rue Alexandre de Bourguignon Blancs", "44000", "Nantes"),
        "DURAND | 12 RUE ALEXANDRE DE BOURGUIGNON BLANCS | 44000 NANTES",
    ),
    Printed(
        "33 to 38: long, and still not abbreviated",
        at("12 boulevard du Maréchal de Lattre", "44000", "Nantes"),
        "DURAND | 12 BOULEVARD DU MARECHAL DE LATTRE | 44000 NANTES",
    ),
    Printed(
        "boulevard to BD, and no more than needed",
        at("5 boulevard du Maréchal de Lattre de Tassigny", "44000", "Nantes"),
        "DURAND | 5 BD DU MARECHAL DE LATTRE DE TASSIGNY | 44000 NANTES",
    ),
    Printed(
        "avenue, then the title too",
        at("125 avenue du Général de Gaulle et des Alliés", "44000", "Nantes"),
        "DURAND | 125 AV DU GAL DE GAULLE ET DES ALLIES | 44000 NANTES",
    ),
    Printed(
        "saints last",
        at("1250 avenue de Saint Barthélemy de Grandmont", "44000", "Nantes"),
        "DURAND | 1250 AV DE ST BARTHELEMY DE GRANDMONT | 44000 NANTES",
    ),
    Printed(
        "two words become one",
        at("14 zone industrielle de la Grande Plaine Nord", "44000", "Nantes"),
        "DURAND | 14 ZI DE LA GRANDE PLAINE NORD | 44000 NANTES",
    ),
    Printed(
        "rond-point",
        at("1 rond-point des Anciens Combattants d'Inde", "44000", "Nantes"),
        "DURAND | 1 RPT DES ANCIENS COMBATTANTS D INDE | 44000 NANTES",
    ),
    Printed(
        "flat shortened only where needed",
        at("2 rue Haute", "44000", "Nantes", flat="Appartement 12, escalier C, étage 3, porte 4"),
        "DURAND | APP 12, escalier C, étage 3, porte 4 | 2 RUE HAUTE | 44000 NANTES",
    ),
    Printed(
        "residence shortened",
        at("2 rue Haute", "44000", "Nantes", building="Bâtiment B2, résidence Les Jardins d'Arcadie"),
        "DURAND | BAT B2, RES Les Jardins d'Arcadie | 2 RUE HAUTE | 44000 NANTES",
    ),
    Printed(
        "town of 32 characters",
        at("2 rue Haute", "14500", "Saint-Germain-de-Tallevende-Lala"),
        "DURAND | 2 RUE HAUTE | 14500 SAINT GERMAIN DE TALLEVENDE LALA",
    ),
    Printed(
        "the post's own short form of the longest town",
        at("2 rue Haute", "51290", "Saint-Remy-en-Bouzemont"),
        "DURAND | 2 RUE HAUTE | 51290 SAINT REMY EN BOUZEMONT",
    ),
    Printed(
        "name of 38",
        named("M.", "Marie-Christian", "de La Rochefoucauld"),
        "M. Marie-Christian DE LA ROCHEFOUCAULD | 1 RUE NEUVE | 44000 NANTES",
    ),
    Printed(
        "title shortened where needed",
        named("Monsieur", "Marie-Christian", "de La Rochefoucauld"),
        "M. Marie-Christian DE LA ROCHEFOUCAULD | 1 RUE NEUVE | 44000 NANTES",
    ),
]

NAMES = [
    Printed(
        "title and names",
        named("Mme", "Élodie", "Dupont-Morel"),
        "Mme Élodie DUPONT-MOREL | 1 RUE NEUVE | 44000 NANTES",
    ),
    Printed("title with its stop", named("M.", "Jean", "Ça"), "M. Jean ÇA | 1 RUE NEUVE | 44000 NANTES"),
    Printed("no title, no first name", named("", "", "Ba"), "BA | 1 RUE NEUVE | 44000 NANTES"),
    Printed("apostrophe stays in the name", named("", "Seán", "O’Brien"), "Seán O'BRIEN | 1 RUE NEUVE | 44000 NANTES"),
    Printed("œ stays in the name", named("", "", "Lebœuf"), "LEBŒUF | 1 RUE NEUVE | 44000 NANTES"),
    Printed("sharp s in capitals", named("", "", "Weiß"), "WEISS | 1 RUE NEUVE | 44000 NANTES"),
    Printed("letters outside Windows-1252", named("", "Łukasz", "Şahin"), "Lukasz SAHIN | 1 RUE NEUVE | 44000 NANTES"),
    Printed("Hungarian", named("", "Győző", "Kőrösi"), "Gyozo KORÖSI | 1 RUE NEUVE | 44000 NANTES"),
    Printed("Vietnamese", named("", "Thị Đào", "Nguyễn"), "Thi Dào NGUYEN | 1 RUE NEUVE | 44000 NANTES"),
    Printed("Czech letters that stay", named("", "Žofie", "Šimek"), "Žofie ŠIMEK | 1 RUE NEUVE | 44000 NANTES"),
    Printed("a formula as a name", named("", "", "=HYPERLINK(1)"), "HYPERLINK(1) | 1 RUE NEUVE | 44000 NANTES"),
    Printed("plus, minus and at signs first", named("", "", "-+@Durand"), "DURAND | 1 RUE NEUVE | 44000 NANTES"),
    Printed("a full-width formula", named("", "", "＝Durand"), "DURAND | 1 RUE NEUVE | 44000 NANTES"),
    Printed(
        "a line break in the name",
        named("", "Jean", "Durand\nBCC: x"),
        "Jean DURAND BCC: X | 1 RUE NEUVE | 44000 NANTES",
    ),
    Printed("markup is only text", named("", "", "<b>Durand</b>"), "<B>DURAND</B> | 1 RUE NEUVE | 44000 NANTES"),
]

PLACES = [
    Printed(
        "all six lines",
        at(
            "12 rue Haute",
            "63290",
            "Puy-Guillaume",
            flat="Chez Mme Roy",
            building="Le Clos",
            locality="Le Bourg-d'en-Haut",
        ),
        "DURAND | Chez Mme Roy | Le Clos | 12 RUE HAUTE | LE BOURG D EN HAUT | 63290 PUY GUILLAUME",
    ),
    Printed(
        "hamlet without street",
        at("", "48000", "Mende", locality="Lieu-dit Le Mas"),
        "DURAND | LIEU DIT LE MAS | 48000 MENDE",
    ),
    Printed(
        "box", at("2 rue Haute", "44000", "Nantes", locality="B.P. 12"), "DURAND | 2 RUE HAUTE | BP 12 | 44000 NANTES"
    ),
    Printed(
        "box glued", at("", "33080", "Bordeaux Cedex", locality="BP40212"), "DURAND | BP 40212 | 33080 BORDEAUX CEDEX"
    ),
    Printed(
        "box in the street field",
        at("CS40001", "35042", "Rennes Cedex", last_name="Ba"),
        "BA | CS 40001 | 35042 RENNES CEDEX",
    ),
    Printed("CS", at("", "54052", "Nancy cédex", locality="C.S. 25233"), "DURAND | CS 25233 | 54052 NANCY CEDEX"),
    Printed(
        "TSA", at("", "92919", "La Défense Cedex", locality="tsa 10123"), "DURAND | TSA 10123 | 92919 LA DEFENSE CEDEX"
    ),
    Printed(
        "box with another town",
        at("2 rue Haute", "83000", "Toulon", locality="BP 9 La Garde"),
        "DURAND | 2 RUE HAUTE | BP 9 LA GARDE | 83000 TOULON",
    ),
    Printed("CEDEX 08", at("2 rue Haute", "75380", "Paris Cedex 08"), "DURAND | 2 RUE HAUTE | 75380 PARIS CEDEX 08"),
    Printed(
        "Cédex with accent", at("2 rue Haute", "75380", "Paris Cédex 08"), "DURAND | 2 RUE HAUTE | 75380 PARIS CEDEX 08"
    ),
    Printed(
        "CEDEX08 glued", at("2 rue Haute", "75380", "PARIS CEDEX08"), "DURAND | 2 RUE HAUTE | 75380 PARIS CEDEX 08"
    ),
    Printed("CEDEX 9", at("2 rue Haute", "38031", "Grenoble Cedex 9"), "DURAND | 2 RUE HAUTE | 38031 GRENOBLE CEDEX 9"),
    Printed(
        "hyphen before CEDEX",
        at("2 rue Haute", "92055", "Paris-La Défense - Cedex"),
        "DURAND | 2 RUE HAUTE | 92055 PARIS LA DEFENSE CEDEX",
    ),
    Printed("district of Paris", at("2 rue Haute", "75008", "Paris 8e"), "DURAND | 2 RUE HAUTE | 75008 PARIS 8E"),
    Printed("north of the 16th", at("2 rue Haute", "75116", "Paris 16"), "DURAND | 2 RUE HAUTE | 75116 PARIS 16"),
    Printed("district of Lyon", at("2 rue Haute", "69003", "Lyon 3ème"), "DURAND | 2 RUE HAUTE | 69003 LYON 3EME"),
    Printed("postcode typed twice", at("2 rue Haute", "44000", "44000 Nantes"), "DURAND | 2 RUE HAUTE | 44000 NANTES"),
    Printed("space in the postcode", at("2 rue Haute", "44 000", "Nantes"), "DURAND | 2 RUE HAUTE | 44000 NANTES"),
    Printed("F- before the postcode", at("2 rue Haute", "F-44000", "Nantes"), "DURAND | 2 RUE HAUTE | 44000 NANTES"),
    Printed("FR before the postcode", at("2 rue Haute", "fr 44000", "Nantes"), "DURAND | 2 RUE HAUTE | 44000 NANTES"),
    Printed(
        "first department",
        at("2 rue Haute", "01000", "Bourg-en-Bresse"),
        "DURAND | 2 RUE HAUTE | 01000 BOURG EN BRESSE",
    ),
    Printed("last department", at("2 rue Haute", "95000", "Cergy"), "DURAND | 2 RUE HAUTE | 95000 CERGY"),
    Printed(
        "L'Haÿ-les-Roses", at("2 rue Haute", "94240", "L'Haÿ-les-Roses"), "DURAND | 2 RUE HAUTE | 94240 L HAY LES ROSES"
    ),
    Printed("Y", at("2 rue Haute", "80190", "Y"), "DURAND | 2 RUE HAUTE | 80190 Y"),
    Printed(
        "saint is never shortened in a town",
        at("2 rue Haute", "42000", "Saint-Étienne"),
        "DURAND | 2 RUE HAUTE | 42000 SAINT ETIENNE",
    ),
    Printed(
        "town in brackets",
        at("2 rue Haute", "44800", "St-Herblain (Nantes)"),
        "DURAND | 2 RUE HAUTE | 44800 ST HERBLAIN NANTES",
    ),
    Printed(
        "south of Corsica", at("2 cours Napoléon", "20000", "Ajaccio"), "DURAND | 2 COURS NAPOLEON | 20000 AJACCIO"
    ),
    Printed("north of Corsica", at("2 rue Haute", "20200", "Bastia"), "DURAND | 2 RUE HAUTE | 20200 BASTIA"),
    Printed(
        "Corsica by CEDEX",
        at("", "20700", "Ajaccio Cedex 9", locality="CS 10001"),
        "DURAND | CS 10001 | 20700 AJACCIO CEDEX 9",
    ),
    Printed(
        "a region left over from another country",
        at("2 rue Haute", "44000", "Nantes", region="東京都"),
        "DURAND | 2 RUE HAUTE | 44000 NANTES",
    ),
    Printed(
        "lower-case country",
        at("2 rue Haute", "44000", "Nantes", country=" fr "),
        "DURAND | 2 RUE HAUTE | 44000 NANTES",
    ),
]

ARMIES = [
    Printed("sector", at("", "00819", "Armées", locality="SP 85008"), "DURAND | SP 85008 | 00819 ARMEES"),
    Printed("sector in the street", at("SP85008", "00100", "ARMEES"), "DURAND | SP 85008 | 00100 ARMEES"),
    Printed(
        "unit and sector",
        at("", "00200", "armées", flat="Frégate Forbin", locality="S.P. 10351"),
        "DURAND | Frégate Forbin | SP 10351 | 00200 ARMEES",
    ),
    Printed(
        "base at home",
        at("BCRM de Toulon", "83800", "Toulon Cedex 9", locality="BP 900"),
        "DURAND | BCRM DE TOULON | BP 900 | 83800 TOULON CEDEX 9",
    ),
]

OVERSEAS = [
    Printed("Guadeloupe", at("2 rue Haute", "97100", "Basse-Terre"), "DURAND | 2 RUE HAUTE | 97100 BASSE TERRE"),
    Printed(
        "Guadeloupe chosen",
        at("2 rue Haute", "97110", "Pointe-à-Pitre", country="GP"),
        "DURAND | 2 RUE HAUTE | 97110 POINTE A PITRE",
    ),
    Printed("Martinique", at("2 rue Haute", "97200", "Fort-de-France"), "DURAND | 2 RUE HAUTE | 97200 FORT DE FRANCE"),
    Printed(
        "Martinique chosen",
        at("2 rue Haute", "97231", "Le Robert", country="MQ"),
        "DURAND | 2 RUE HAUTE | 97231 LE ROBERT",
    ),
    Printed("Guyane", at("2 rue Haute", "97300", "Cayenne", country="GF"), "DURAND | 2 RUE HAUTE | 97300 CAYENNE"),
    Printed("La Réunion", at("2 rue Haute", "97400", "Saint-Denis"), "DURAND | 2 RUE HAUTE | 97400 SAINT DENIS"),
    Printed(
        "La Réunion chosen",
        at("2 rue Haute", "97490", "Sainte-Clotilde", country="RE"),
        "DURAND | 2 RUE HAUTE | 97490 SAINTE CLOTILDE",
    ),
    Printed(
        "La Réunion by CEDEX",
        at("", "97743", "Saint-Denis Cedex 9", locality="CS 92003"),
        "DURAND | CS 92003 | 97743 SAINT DENIS CEDEX 9",
    ),
    Printed("Mayotte", at("2 rue Haute", "97600", "Mamoudzou", country="YT"), "DURAND | 2 RUE HAUTE | 97600 MAMOUDZOU"),
    Printed(
        "Saint-Pierre",
        at("2 rue Haute", "97500", "Saint-Pierre", country="PM"),
        "DURAND | 2 RUE HAUTE | 97500 SAINT PIERRE",
    ),
    Printed(
        "Saint-Barthélemy",
        at("2 rue Haute", "97133", "Gustavia", country="BL"),
        "DURAND | 2 RUE HAUTE | 97133 GUSTAVIA",
    ),
    Printed(
        "Saint-Barthélemy by CEDEX",
        at("", "97095", "St-Barthélemy Cedex", locality="BP 12"),
        "DURAND | BP 12 | 97095 ST BARTHELEMY CEDEX",
    ),
    Printed(
        "Saint-Martin", at("2 rue Haute", "97150", "Marigot", country="MF"), "DURAND | 2 RUE HAUTE | 97150 MARIGOT"
    ),
    Printed(
        "Polynesia",
        at("2 rue Haute", "98713", "Papeete", locality="B.P. 115"),
        "DURAND | 2 RUE HAUTE | BP 115 | 98713 PAPEETE",
    ),
    Printed(
        "Polynesia chosen, with its island",
        at("", "98713", "Papeete", locality="BP 115", country="PF", region="Tahiti"),
        "DURAND | BP 115 | 98713 PAPEETE",
    ),
    Printed("New Caledonia", at("2 rue Haute", "98800", "Nouméa", country="NC"), "DURAND | 2 RUE HAUTE | 98800 NOUMEA"),
    Printed("Wallis", at("", "98600", "Mata-Utu", locality="BP 1", country="WF"), "DURAND | BP 1 | 98600 MATA UTU"),
    Printed(
        "Southern Lands",
        at("Base de Kerguelen", "98413", "Port-aux-Français", country="TF"),
        "DURAND | BASE DE KERGUELEN | 98413 PORT AUX FRANCAIS",
    ),
    Printed("Monaco", at("2 rue Grimaldi", "98000", "Monaco", country="MC"), "DURAND | 2 RUE GRIMALDI | 98000 MONACO"),
    Printed(
        "Monaco with its prefix",
        at("2 rue Grimaldi", "MC-98000", "Monaco", country="MC"),
        "DURAND | 2 RUE GRIMALDI | 98000 MONACO",
    ),
    Printed(
        "Monaco as a part of France", at("2 rue Grimaldi", "98000", "Monaco"), "DURAND | 2 RUE GRIMALDI | 98000 MONACO"
    ),
    Printed(
        "Monaco by CEDEX",
        at("", "98011", "Monaco Cedex", locality="BP 9", country="MC"),
        "DURAND | BP 9 | 98011 MONACO CEDEX",
    ),
]

ORGANISATIONS = [
    Printed(
        "department and box",
        organisation(
            "Université de Lorraine",
            "34 cours Léopold",
            "54052",
            "Nancy Cedex",
            service="Service périodiques",
            locality="CS 25233",
        ),
        "Université de Lorraine | Service périodiques | 34 COURS LEOPOLD | CS 25233 | 54052 NANCY CEDEX",
    ),
    Printed(
        "nobody named",
        organisation("ACME & Cie", "2 rue Haute", "44000", "Nantes"),
        "ACME & Cie | 2 RUE HAUTE | 44000 NANTES",
    ),
    Printed(
        "person and department have a line each",
        organisation(
            "CNRS", "2 rue Haute", "44000", "Nantes", title="Mme", first_name="Ana", last_name="Roy", service="Achats"
        ),
        "CNRS | Mme Ana ROY | Achats | 2 RUE HAUTE | 44000 NANTES",
    ),
    Printed(
        "three things on two lines",
        organisation("CNRS", "2 rue Haute", "44000", "Nantes", last_name="Roy", service="Achats", building="Bât. B"),
        "CNRS | ROY, Achats | Bât. B | 2 RUE HAUTE | 44000 NANTES",
    ),
    Printed(
        "four things on two lines",
        organisation(
            "CNRS",
            "2 rue Haute",
            "44000",
            "Nantes",
            last_name="Roy",
            service="Achats",
            flat="Étage 3",
            building="Bât. B",
        ),
        "CNRS | ROY, Achats | Étage 3, Bât. B | 2 RUE HAUTE | 44000 NANTES",
    ),
    Printed(
        "floor and building",
        organisation("CNRS", "2 rue Haute", "44000", "Nantes", flat="Étage 3", building="Bât. B"),
        "CNRS | Étage 3 | Bât. B | 2 RUE HAUTE | 44000 NANTES",
    ),
    Printed(
        "attention of, typed by the person",
        organisation("Lycée Jean-Moulin", "2 rue Haute", "44000", "Nantes", service="À l’attention du CDI"),
        "Lycée Jean-Moulin | À l'attention du CDI | 2 RUE HAUTE | 44000 NANTES",
    ),
    Printed(
        "a formula as an organisation",
        organisation("@SUM(A1)", "2 rue Haute", "44000", "Nantes"),
        "SUM(A1) | 2 RUE HAUTE | 44000 NANTES",
    ),
]

ABROAD = [
    Printed(
        "Belgium",
        at("Rue de la Loi 16", "1000", "Bruxelles", country="BE", flat="bte 4"),
        "Durand | bte 4 | Rue de la Loi 16 | 1000 BRUXELLES | BELGIQUE",
    ),
    Printed(
        "Belgium with a prefix",
        at("Rue Haute 1", "B-4000", "Liège", country="BE"),
        "Durand | Rue Haute 1 | 4000 LIÈGE | BELGIQUE",
    ),
    Printed(
        "Switzerland",
        at("Rue du Rhône 1", "1204", "Genève", country="CH"),
        "Durand | Rue du Rhône 1 | CH-1204 Genève | SUISSE",
    ),
    Printed(
        "Switzerland with its prefix",
        at("Bahnhofstrasse 5", "CH-8001", "Zürich", country="CH"),
        "Durand | Bahnhofstrasse 5 | CH-8001 Zürich | SUISSE",
    ),
    Printed(
        "Luxembourg",
        at("1, rue Haute", "L-1728", "Luxembourg", country="LU"),
        "Durand | 1, rue Haute | L-1728 LUXEMBOURG | LUXEMBOURG",
    ),
    Printed(
        "Germany", at("Hauptstraße 5", "50667", "Köln", country="DE"), "Durand | Hauptstraße 5 | 50667 KÖLN | ALLEMAGNE"
    ),
    Printed(
        "Germany with a prefix",
        at("Hauptstraße 5", "D-50667", "Köln", country="DE"),
        "Durand | Hauptstraße 5 | 50667 KÖLN | ALLEMAGNE",
    ),
    Printed("Austria", at("Ring 1/3/12", "1010", "Wien", country="AT"), "Durand | Ring 1/3/12 | 1010 WIEN | AUTRICHE"),
    Printed(
        "Netherlands",
        at("Damrak 1", "1012lg", "Amsterdam", country="NL"),
        "Durand | Damrak 1 | 1012 LG AMSTERDAM | PAYS BAS",
    ),
    Printed(
        "United Kingdom",
        at("10 Downing Street", "sw1a2aa", "London", country="GB"),
        "Durand | 10 Downing Street | LONDON | SW1A 2AA | ROYAUME UNI",
    ),
    Printed(
        "short British postcode",
        at("1 High Street", "M25BQ", "Manchester", country="GB"),
        "Durand | 1 High Street | MANCHESTER | M2 5BQ | ROYAUME UNI",
    ),
    Printed(
        "British forces",
        at("Unit 3", "BFPO 61", "BFPO", country="GB"),
        "Durand | Unit 3 | BFPO | BFPO 61 | ROYAUME UNI",
    ),
    Printed(
        "flat, house, locality in Britain: two share a line",
        at(
            "1 High Street",
            "OX14 4PG",
            "Abingdon",
            country="GB",
            flat="Flat 2",
            building="Rose House",
            locality="Drayton",
            title="Mr",
        ),
        "Mr Durand | Flat 2, Rose House | 1 High Street | Drayton | ABINGDON | OX14 4PG | ROYAUME UNI",
    ),
    Printed(
        "Northern Ireland as the United Kingdom",
        at("1 High Street", "BT1 5GS", "Belfast", country="GB"),
        "Durand | 1 High Street | BELFAST | BT1 5GS | ROYAUME UNI",
    ),
    Printed(
        "Northern Ireland",
        at("1 High Street", "bt15gs", "Belfast", country="XI"),
        "Durand | 1 High Street | BELFAST | BT1 5GS | ROYAUME UNI",
    ),
    Printed(
        "Jersey",
        at("1 High Street", "JE2 3AB", "St Helier", country="JE"),
        "Durand | 1 High Street | ST HELIER | JERSEY | JE2 3AB | ROYAUME UNI",
    ),
    Printed(
        "Ireland without Eircode",
        at("5 Main Street", "", "Swords", country="IE"),
        "Durand | 5 Main Street | SWORDS | IRLANDE",
    ),
    Printed(
        "Ireland with Eircode and county",
        at("5 Main Street", "d02x285", "Dublin 2", country="IE", region="co. dublin", first_name="Seán"),
        "Seán Durand | 5 Main Street | DUBLIN 2 | Co. Dublin | D02 X285 | IRLANDE",
    ),
    Printed(
        "Ireland with townland",
        at("Teach Bán", "F92 XK12", "Letterkenny", country="IE", locality="An Cheathrú"),
        "Durand | Teach Bán | An Cheathrú | LETTERKENNY | F92 XK12 | IRLANDE",
    ),
    Printed(
        "Spain",
        at("C/ Mayor 5, 2º B", "28013", "Madrid", country="ES", region="Madrid"),
        "Durand | C/ Mayor 5, 2º B | 28013 MADRID | ESPAGNE",
    ),
    Printed(
        "Spain, town and province",
        at("C/ Mayor 5", "03202", "Elche", country="ES", region="alicante"),
        "Durand | C/ Mayor 5 | 03202 ELCHE ALICANTE | ESPAGNE",
    ),
    Printed(
        "Italy",
        at("Via Roma 1", "20121", "Milano", country="IT", region="Milano"),
        "Durand | Via Roma 1 | 20121 MILANO MI | ITALIE",
    ),
    Printed(
        "Portugal",
        at("Rua Augusta 1, 2.º", "1100053", "Lisboa", country="PT"),
        "Durand | Rua Augusta 1, 2.º | 1100-053 LISBOA | PORTUGAL",
    ),
    Printed(
        "Poland", at("ul. Łąkowa 3", "00-950", "Łódź", country="PL"), "Durand | ul. Lakowa 3 | 00-950 LÓDZ | POLOGNE"
    ),
    Printed(
        "Czechia", at("Dlouhá 3", "11000", "Praha 1", country="CZ"), "Durand | Dlouhá 3 | 110 00 PRAHA 1 | TCHEQUIE"
    ),
    Printed(
        "Sweden",
        at("Storgatan 3", "11455", "Stockholm", country="SE"),
        "Durand | Storgatan 3 | SE-11455 STOCKHOLM | SUEDE",
    ),
    Printed(
        "Finland", at("Tie 3", "FI-00100", "Helsinki", country="FI"), "Durand | Tie 3 | FI-00100 HELSINKI | FINLANDE"
    ),
    Printed(
        "Åland",
        at("Torggatan 3", "22100", "Mariehamn", country="AX"),
        "Durand | Torggatan 3 | AX-22100 MARIEHAMN | ÅLAND | FINLANDE",
    ),
    Printed(
        "Denmark",
        at("Ørstedsvej 3", "2100", "København Ø", country="DK"),
        "Durand | Ørstedsvej 3 | 2100 KØBENHAVN Ø | DANEMARK",
    ),
    Printed(
        "Iceland", at("Þingholt 3", "101", "Reykjavík", country="IS"), "Durand | Þingholt 3 | 101 REYKJAVÍK | ISLANDE"
    ),
    Printed(
        "Romania",
        at("Strada Știrbei 3", "010101", "București", country="RO"),
        "Durand | STRADA STIRBEI 3 | 010101 BUCURESTI | ROUMANIE",
    ),
    Printed(
        "Andorra",
        at("Carrer Major 3", "AD500", "Andorra la Vella", country="AD"),
        "Durand | Carrer Major 3 | AD500 ANDORRA LA VELLA | ANDORRE",
    ),
    Printed(
        "Gibraltar",
        at("3 Main Street", "GX11 1AA", "", country="GI"),
        "Durand | 3 Main Street | GIBRALTAR | GX11 1AA | GIBRALTAR",
    ),
    Printed(
        "United States",
        at("10 Main Street", "10001", "New York", country="US", region="NY", flat="Apt 4"),
        "Durand | Apt 4 | 10 Main Street | NEW YORK, NY 10001 | ETATS UNIS",
    ),
    Printed(
        "State by its name, long ZIP",
        at("10 Main Street", "221621010", "Springfield", country="US", region="virginia"),
        "Durand | 10 Main Street | SPRINGFIELD, VA 22162-1010 | ETATS UNIS",
    ),
    Printed(
        "Puerto Rico",
        at("10 Calle Sol", "00901", "San Juan", country="PR"),
        "DURAND | 10 CALLE SOL | SAN JUAN PR 00901 | PORTO RICO",
    ),
    Printed(
        "Canada",
        at("10 rue Sainte-Catherine", "h3z2y7", "Montréal", country="CA", region="Québec"),
        "DURAND | 10 RUE SAINTE-CATHERINE | MONTRÉAL QC H3Z 2Y7 | CANADA",
    ),
    Printed(
        "Brazil",
        at("Rua A 10", "40301110", "Salvador", country="BR", region="BA", locality="Centro"),
        "Durand | Rua A 10 | Centro | SALVADOR-BA | 40301-110 | BRESIL",
    ),
    Printed(
        "Japan in Latin letters",
        at("1-2-3 Shinjuku", "1600022", "Shinjuku-ku", country="JP", region="Tokyo", first_name="Taro"),
        "Taro Durand | 1-2-3 Shinjuku, Shinjuku-ku, TOKYO | 160-0022 | JAPON",
    ),
    Printed(
        "Japan, prefecture by its own key, on a line of its own",
        at("1-2-3 Nishi-Shinjuku", "160-0023", "Shinjuku-ku", country="JP", region="東京都"),
        "Durand | 1-2-3 Nishi-Shinjuku, Shinjuku-ku | TOKYO | 160-0023 | JAPON",
    ),
    Printed(
        "Singapore",
        at("10 Orchard Road", "238823", "", country="SG"),
        "Durand | 10 Orchard Road | SINGAPORE 238823 | SINGAPOUR",
    ),
    Printed(
        "Hong Kong",
        at("10 Nathan Road", "", "Tsim Sha Tsui", country="HK", region="Kowloon"),
        "Durand | 10 Nathan Road | Tsim Sha Tsui | KOWLOON | HONG KONG",
    ),
    Printed(
        "Emirates",
        at("Street 4", "", "", country="AE", region="Dubai", locality="P.O. Box 12"),
        "Durand | Street 4 | P.O. Box 12 | Dubai | EMIRATS ARABES UNIS",
    ),
    Printed(
        "Morocco",
        at("2 avenue Mohammed-V", "10000", "Rabat", country="MA"),
        "Durand | 2 avenue Mohammed-V | 10000 RABAT | MAROC",
    ),
    Printed(
        "Senegal",
        at("2 avenue Pompidou", "12500", "Dakar", country="SN"),
        "Durand | 2 avenue Pompidou | 12500 DAKAR | SENEGAL",
    ),
    Printed(
        "Ivory Coast",
        at("Rue 12", "", "Abidjan 01", country="CI", locality="01 BP 123"),
        "Durand | Rue 12 | 01 BP 123 | ABIDJAN 01 | COTE D IVOIRE",
    ),
    Printed(
        "organisation in Germany",
        organisation("Müller GmbH", "Hauptstraße 5", "50667", "Köln", country="DE", service="Bibliothek"),
        "Müller GmbH | Bibliothek | Hauptstraße 5 | 50667 KÖLN | ALLEMAGNE",
    ),
    Printed(
        "organisation in Belgium comes before the person",
        organisation("ULB", "Rue Haute 1", "1050", "Bruxelles", country="BE", last_name="Roy"),
        "ULB | Roy | Rue Haute 1 | 1050 BRUXELLES | BELGIQUE",
    ),
    Printed("a formula abroad", at("=1+1", "50667", "Köln", country="DE"), "Durand | 1+1 | 50667 KÖLN | ALLEMAGNE"),
]

MARKS = [
    Printed(
        "an invisible mark between a letter and its accent",
        named("", "Zoe\u200b\u0308", "C\u2066\u0327a"),
        "Zoë ÇA | 1 RUE NEUVE | 44000 NANTES",
    ),
    Printed("a tab inside a name", named("", "Jean\tPaul", "Roy"), "Jean Paul ROY | 1 RUE NEUVE | 44000 NANTES"),
    Printed(
        "an army post abroad with a field post and a unit",
        at("", "00715", "ARMEES", flat="2e RPIMA", building="BPC Mistral", locality="SP 91333"),
        "DURAND | 2e RPIMA | BPC Mistral | SP 91333 | 00715 ARMEES",
    ),
    Printed(
        "a library: department, attention of, floor, building and box, on six lines",
        organisation(
            "Bibliothèque nationale de France",
            "Quai François-Mauriac",
            "75706",
            "Paris Cedex 13",
            service="Service des périodiques",
            last_name="Roy",
            flat="Niveau A2",
            building="Tour des Lois",
            locality="BP 30613",
        ),
        "Bibliothèque nationale de France | ROY, Service des périodiques | Niveau A2, Tour des Lois"
        " | QUAI FRANCOIS MAURIAC | BP 30613 | 75706 PARIS CEDEX 13",
    ),
    Printed(
        "a university hospital by its TSA",
        organisation(
            "CHU de Nantes", "", "44093", "Nantes Cedex 1", service="Service périodiques", locality="TSA 30001"
        ),
        "CHU de Nantes | Service périodiques | TSA 30001 | 44093 NANTES CEDEX 1",
    ),
]

PRINTED = [*MARKS, *STREETS, *LENGTHS, *NAMES, *PLACES, *ARMIES, *OVERSEAS, *ORGANISATIONS, *ABROAD]

_C = FaultCode
REFUSED = [
    Refused("nothing typed", TypedAddress(), "town", _C.REQUIRED),
    Refused("no name", at("2 rue Haute", "44000", "Nantes", last_name="  "), "last_name", _C.REQUIRED),
    Refused("a name of signs", at("2 rue Haute", "44000", "Nantes", last_name="--"), "last_name", _C.REQUIRED),
    Refused("no organisation", organisation("", "2 rue Haute", "44000", "Nantes"), "organisation", _C.REQUIRED),
    Refused("no street, no box", at("", "44000", "Nantes"), "street", _C.REQUIRED),
    Refused("no town", at("2 rue Haute", "44000", ""), "town", _C.REQUIRED),
    Refused("no postcode", at("2 rue Haute", "", "Nantes"), "postcode", _C.REQUIRED),
    Refused("a town of marks", at("2 rue Haute", "44000", "\u200f\u200b"), "town", _C.REQUIRED),
    Refused("four figures", at("2 rue Haute", "4400", "Nantes"), "postcode", _C.POSTCODE_FORMAT),
    Refused("six figures", at("2 rue Haute", "440000", "Nantes"), "postcode", _C.POSTCODE_FORMAT),
    Refused("a department of Corsica", at("2 rue Haute", "2A000", "Ajaccio"), "postcode", _C.POSTCODE_FORMAT),
    Refused("a letter O for a nought", at("2 rue Haute", "440O0", "Nantes"), "postcode", _C.POSTCODE_FORMAT),
    Refused("Eastern figures", at("2 rue Haute", "٤٤٠٠٠", "Nantes"), "postcode", _C.NOT_LATIN),
    Refused("a British postcode in France", at("2 rue Haute", "SW1A 2AA", "London"), "postcode", _C.POSTCODE_FORMAT),
    Refused("no department 96", at("2 rue Haute", "96000", "Ici"), "postcode", _C.POSTCODE_ELSEWHERE),
    Refused("no department 99", at("2 rue Haute", "99000", "Ici"), "postcode", _C.POSTCODE_ELSEWHERE),
    Refused("no territory 985", at("2 rue Haute", "98500", "Ici"), "postcode", _C.POSTCODE_ELSEWHERE),
    Refused(
        "Martinique's in Guadeloupe", at("2 rue Haute", "97200", "Ici", country="GP"), "postcode", _C.POSTCODE_ELSEWHERE
    ),
    Refused(
        "Saint-Martin's in Guadeloupe",
        at("2 rue Haute", "97150", "Ici", country="GP"),
        "postcode",
        _C.POSTCODE_ELSEWHERE,
    ),
    Refused(
        "Nantes in La Réunion", at("2 rue Haute", "44000", "Nantes", country="RE"), "postcode", _C.POSTCODE_ELSEWHERE
    ),
    Refused("Nice in Monaco", at("2 rue Haute", "06000", "Nice", country="MC"), "postcode", _C.POSTCODE_ELSEWHERE),
    Refused("Paris in the Loire", at("2 rue Haute", "44000", "Paris"), "postcode", _C.POSTCODE_ELSEWHERE),
    Refused("Lyon by CEDEX in Paris", at("2 rue Haute", "75380", "Lyon Cedex 08"), "postcode", _C.POSTCODE_ELSEWHERE),
    Refused("the wrong district", at("2 rue Haute", "75008", "Paris 9e"), "postcode", _C.POSTCODE_ELSEWHERE),
    Refused("CEDEX without a town", at("2 rue Haute", "75380", "Cedex 08"), "town", _C.TOWN_WITHOUT_LETTERS),
    Refused("a number for a town", at("2 rue Haute", "44000", "44"), "town", _C.TOWN_WITHOUT_LETTERS),
    Refused("two postcodes", at("2 rue Haute", "44000", "44100 Nantes"), "town", _C.TOWN_WITH_POSTCODE),
    Refused(
        "the town in the street", at("2 rue Haute 44000 Nantes", "44000", "Nantes"), "street", _C.STREET_WITH_POSTCODE
    ),
    Refused("armies in Brest", at("SP 85008", "00819", "Brest"), "town", _C.MILITARY),
    Refused("armies without 00", at("SP 85008", "29200", "Armées"), "postcode", _C.MILITARY),
    Refused(
        "39 in line 4", at("12 rue Alexandre de Bourguignon Blanches"[:39], "44000", "Nantes"), "street", _C.TOO_LONG
    ),
    Refused("39 in line 5", at("2 rue Haute", "44000", "Nantes", locality="A" * 39), "locality", _C.TOO_LONG),
    Refused("39 in line 3", at("2 rue Haute", "44000", "Nantes", building="B" * 39), "building", _C.TOO_LONG),
    Refused("39 in line 2", at("2 rue Haute", "44000", "Nantes", flat="F" * 39), "flat", _C.TOO_LONG),
    Refused("39 in line 1", at("2 rue Haute", "44000", "Nantes", last_name="N" * 39), "last_name", _C.TOO_LONG),
    Refused("33 in the town", at("2 rue Haute", "44000", "V" * 33), "town", _C.TOO_LONG),
    Refused(
        "the longest town, never abbreviated",
        at("2 rue Haute", "51290", "Saint-Remy-en-Bouzemont-Saint-Genest-et-Isson"),
        "town",
        _C.TOO_LONG,
    ),
    Refused("a ligature makes it too long", at("2 rue Haute", "44000", "Œ" * 17), "town", _C.TOO_LONG),
    Refused(
        "a first name to shorten",
        named("Mme", "Marie-Christine", "de La Rochefoucauld-Blois"),
        "first_name",
        _C.TOO_LONG,
    ),
    Refused(
        "a long organisation", organisation("O" * 39, "2 rue Haute", "44000", "Nantes"), "organisation", _C.TOO_LONG
    ),
    Refused("39 abroad", at("S" * 39, "50667", "Köln", country="DE"), "street", _C.TOO_LONG),
    Refused("a novel", at("2 rue Haute " * 20, "44000", "Nantes"), "street", _C.TOO_LONG),
    Refused("an emoji", at("2 rue Haute 😀", "44000", "Nantes"), "street", _C.NOT_PRINTABLE),
    Refused("a flag", at("2 rue Haute", "44000", "Nantes 🇫🇷"), "town", _C.NOT_PRINTABLE),
    Refused("Greek", at("2 rue Haute", "44000", "Nantes", last_name="Παπαδόπουλος"), "last_name", _C.NOT_LATIN),
    Refused("Cyrillic", at("ул. Ленина 3", "44000", "Nantes"), "street", _C.NOT_LATIN),
    Refused("Arabic", at("2 rue Haute", "44000", "نانت"), "town", _C.NOT_LATIN),
    Refused(
        "Chinese abroad", at("南京路 3", "200001", "Shanghai", country="CN", region="Shanghai"), "street", _C.NOT_LATIN
    ),
    Refused("NUL", at("2 rue\x00Haute", "44000", "Nantes"), "street", _C.CONTROL_CHARACTER),
    Refused("escape sequence", at("2 rue Haute", "44000", "Nantes\x1b[2J"), "town", _C.CONTROL_CHARACTER),
    Refused(
        "an organisation for a person",
        at("2 rue Haute", "44000", "Nantes", organisation="ACME"),
        "organisation",
        _C.NOT_FOR_A_PERSON,
    ),
    Refused(
        "a department for a person",
        at("2 rue Haute", "44000", "Nantes", service="Achats"),
        "service",
        _C.NOT_FOR_A_PERSON,
    ),
    Refused("no country", at("2 rue Haute", "44000", "Nantes", country=""), "country", _C.UNKNOWN_COUNTRY),
    Refused("a country of fancy", at("2 rue Haute", "44000", "Nantes", country="QQ"), "country", _C.UNKNOWN_COUNTRY),
    Refused(
        "a path for a country", at("2 rue Haute", "44000", "Nantes", country="../FR"), "country", _C.UNKNOWN_COUNTRY
    ),
    Refused("the whole world", at("2 rue Haute", "44000", "Nantes", country="ZZ"), "country", _C.UNKNOWN_COUNTRY),
    Refused("Antarctica", at("Base", "", "Vostok", country="AQ"), "country", _C.UNKNOWN_COUNTRY),
    Refused(
        "a French postcode in Germany's place",
        at("Rue Haute 1", "75011", "Bruxelles", country="BE"),
        "postcode",
        _C.POSTCODE_FORMAT,
    ),
    Refused(
        "half a British postcode", at("1 High Street", "SW1A", "London", country="GB"), "postcode", _C.POSTCODE_FORMAT
    ),
    Refused("a bad Eircode", at("1 High Street", "12345", "Dublin", country="IE"), "postcode", _C.POSTCODE_FORMAT),
    Refused(
        "Kent in Northern Ireland",
        at("1 High Street", "CT1 1AA", "Kent", country="XI"),
        "postcode",
        _C.POSTCODE_ELSEWHERE,
    ),
    Refused(
        "New York's in California",
        at("1 Main Street", "10001", "Fresno", country="US", region="CA"),
        "postcode",
        _C.POSTCODE_ELSEWHERE,
    ),
    Refused("no State", at("1 Main Street", "10001", "New York", country="US"), "region", _C.REQUIRED),
    Refused(
        "a State of fancy",
        at("1 Main Street", "10001", "New York", country="US", region="Freedonia"),
        "region",
        _C.UNKNOWN_REGION,
    ),
    Refused("no town abroad", at("Hauptstraße 5", "50667", "", country="DE"), "town", _C.REQUIRED),
    Refused(
        "a number for a town abroad", at("Hauptstraße 5", "50667", "5", country="DE"), "town", _C.TOWN_WITHOUT_LETTERS
    ),
    Refused("no street abroad", at("", "50667", "Köln", country="DE"), "street", _C.REQUIRED),
    Refused(
        "more lines than a label has",
        organisation(
            "A very long name of a British company",
            "1234 The Very Long High Street of Town",
            "OX14 4PG",
            "Abingdon",
            country="GB",
            service="Periodicals",
            flat="The Second Floor of the Western Wing",
            building="The House of Roses and of Lilies",
        ),
        "building",
        _C.TOO_MANY_LINES,
    ),
]
