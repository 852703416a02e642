"""Where made-up readers live outside metropolitan France, and the bodies that read together: as typed into the form."""

from collections.abc import Mapping
from typing import Final

Typed = Mapping[str, str]


def _home(country: str, first: str, last: str, street: str, postcode: str, town: str, **more: str) -> Typed:
    return {
        "delivery_country": country,
        "delivery_first_name": first,
        "delivery_last_name": last,
        "delivery_street": street,
        "delivery_postcode": postcode,
        "delivery_town": town,
        **{f"delivery_{name}": value for name, value in more.items()},
    }


OVERSEAS: Final = (
    _home("FR", "Marie-Josée", "Hoarau", "18 rue Juliette Dodu", "97400", "Saint-Denis"),
    _home("FR", "Fabrice", "Payet", "4 chemin des Flamboyants", "97410", "Saint-Pierre", flat="Appartement 3"),
    _home("FR", "Lucette", "Boisdur", "27 rue Frébault", "97110", "Pointe-à-Pitre"),
    _home("FR", "Rodrigue", "Jean-Baptiste", "9 rue Schœlcher", "97200", "Fort-de-France"),
    _home("FR", "Sandrine", "Horth", "12 avenue du Général de Gaulle", "97300", "Cayenne"),
    _home("FR", "Anlim", "Madi", "6 rue du Commerce", "97600", "Mamoudzou"),
)
TERRITORIES: Final = (
    _home("NC", "Vaimiti", "Kaddour", "15 rue de Sébastopol", "98800", "Nouméa"),
    _home("PF", "Teva", "Tehei", "3 rue Dumont d’Urville", "98714", "Papeete"),
    _home("MC", "Honorine", "Raybaud", "21 rue Grimaldi", "98000", "Monaco"),
    _home("FR", "Ange", "Santoni", "7 cours Napoléon", "20000", "Ajaccio"),
)
UNION: Final = (
    _home("BE", "Sofie", "Peeters", "Rue Haute 112", "1000", "Bruxelles"),
    _home("BE", "Arnaud", "Dehaene", "Place Saint-Lambert 8", "4000", "Liège", flat="Boîte 4"),
    _home("DE", "Katrin", "Vogel", "Kastanienallee 41", "10435", "Berlin"),
    _home("LU", "Tom", "Schroeder", "17 avenue de la Gare", "1611", "Luxembourg"),
    _home("ES", "Lucía", "Navarro", "Calle de Fuencarral 88", "28004", "Madrid", region="Madrid"),
    _home("IT", "Chiara", "Bellini", "Via dei Mille 23", "10123", "Torino", region="TO"),
    _home("NL", "Joost", "van Dam", "Oudegracht 250", "3511 NT", "Utrecht"),
    _home("PT", "Rui", "Almeida", "Rua da Boavista 310", "4050-103", "Porto"),
    _home("IE", "Aoife", "Byrne", "14 Merrion Street", "D02 F206", "Dublin"),
    _home("AT", "Jakob", "Huber", "Neubaugasse 36", "1070", "Wien"),
)
WORLD: Final = (
    _home("CH", "Nadège", "Favre", "Rue de Carouge 54", "1205", "Genève"),
    _home("CH", "Blaise", "Rochat", "Avenue de la Gare 12", "1003", "Lausanne"),
    _home("GB", "Harriet", "Cole", "19 Marchmont Street", "WC1N 1AP", "London"),
    _home("CA", "Étienne", "Tremblay", "4521 rue Saint-Denis", "H2J 2L4", "Montréal", region="Québec"),
    _home("SN", "Awa", "Ndiaye", "35 rue Félix Faure", "12500", "Dakar"),
    _home("US", "Daniel", "Kessler", "218 Prospect Street", "02139", "Cambridge", region="Massachusetts"),
    _home("MA", "Salma", "Bennis", "11 rue d’Agadir", "20250", "Casablanca"),
)


def _body(kind: str, name: str, street: str, postcode: str, town: str, **more: str) -> Typed:
    own = {"siren", "siret", "vat_number", "engagement_number", "service", "delivery_country"}
    typed = {"delivery_country": "FR", "delivery_street": street, "delivery_postcode": postcode, "delivery_town": town}
    return {
        "for_organisation": "on",
        "kind": kind,
        "organisation": name,
        **typed,
        **{key if key in own or key.startswith("billing") else f"delivery_{key}": value for key, value in more.items()},
    }


# The SIREN numbers have a right check digit; nobody was looked up.
BODIES: Final = (
    _body(
        "public", "Université de la Vilaine", "2 place Recteur Le Moal", "35000", "Rennes",
        service="Bibliothèque, périodiques", siren="197543218", siret="19754321800014", engagement_number="EJ-4500128812",
        billing_differs="on", billing_country="FR", billing_street="1 allée de la Présidence", billing_postcode="35000",
        billing_town="Rennes",
    ),
    _body(
        "public", "Médiathèque de Saint-Aubin", "5 place de l’Hôtel de Ville", "21000", "Dijon", siren="213801855",
        engagement_number="2026-0417",
    ),
    _body(
        "public", "Centre hospitalier du Val d’Isle", "40 avenue de la Santé", "24000", "Périgueux",
        service="Documentation médicale", siren="267500452", siret="26750045200011",
    ),
    _body(
        "company", "Cabinet Aubrac Conseil", "18 rue Sainte-Catherine", "33000", "Bordeaux", siren="348876517",
        vat_number="FR48348876517", first_name="Hélène", last_name="Cazenave", title="Mme",
    ),
    _body("company", "Ateliers Novalis", "12 quai des Chartrons", "33000", "Bordeaux", siren="521033480"),
    _body(
        "company", "Régie des Deux Rives", "6 rue du Port-du-Rhin", "67000", "Strasbourg", service="Direction du numérique",
        siren="419822309", vat_number="FR24419822309", engagement_number="BC 26-0093",
    ),
    _body("association", "Les Amis du Calcul", "33 rue des Écoles", "75005", "Paris", siren="775672272"),
    _body(
        "public", "Lycée Sophie-Germain", "9 rue de Jouy", "75004", "Paris", service="CDI", siren="180043127",
        siret="18004312700018",
    ),
    _body(
        "company", "Brabant Analytics", "Avenue Louise 331", "1050", "Bruxelles", delivery_country="BE",
        vat_number="BE0476512302",
    ),
    _body("public", "Archives du Littoral", "1 esplanade de la Mer", "76600", "Le Havre", siren="130025125"),
)  # fmt: skip
