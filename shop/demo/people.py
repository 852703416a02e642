"""Who the made-up readers are: what each of them types into the order form. Drawn with a fixed seed, so always the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from random import Random

from shop.demo.names import FAMILIES, FLATS, MEN, RESIDENCES, STREETS, TOWNS, WAYS, WOMEN
from shop.demo.places import BODIES, OVERSEAS, TERRITORIES, UNION, WORLD, Typed

#: Addresses that nobody can have (RFC 2606), and that no slip of the keyboard resembles.
DOMAINS = ("courriel.example", "poste.example", "messagerie.example", "boite.example")
#: The mail server of the demo does not know this domain any more.
CLOSED_DOMAIN = "boite-fermee.example"
FIXED, AUTOMATIC = "fixed", "automatic"
#: Readers out of two hundred who live elsewhere or read in the name of a body; at least one of each.
OUTSIDE = ((10, BODIES), (6, OVERSEAS), (10, UNION), (7, WORLD), (4, TERRITORIES))


@dataclass(frozen=True, slots=True)
class Person:
    """One reader: `typed` is the order form as they fill it in, all but the choice of renewal."""

    number: int
    typed: Typed
    renewal: str

    @property
    def email(self) -> str:
        """Where the letters go."""
        return self.typed["email"]

    @property
    def name(self) -> str:
        """As on the bank card."""
        person = f"{self.typed.get('delivery_first_name', '')} {self.typed.get('delivery_last_name', '')}".strip()
        return person or self.typed.get("organisation", "")

    def with_email_at(self, domain: str) -> Person:
        """The same person with an address elsewhere."""
        return Person(self.number, {**self.typed, "email": f"{self.email.partition('@')[0]}@{domain}"}, self.renewal)

    def who_wants(self, renewal: str) -> Person:
        """The same person with another choice of renewal."""
        return Person(self.number, self.typed, renewal)


def giving(giver: Person, receiver: Person, **wishes: str) -> Typed:
    """What `giver` types on the page that gives, for `receiver` who lives in France."""
    typed = {name: value for name, value in receiver.typed.items() if name.startswith("delivery_")}
    return typed | {
        "giver_first_name": giver.typed["delivery_first_name"],
        "giver_last_name": giver.typed["delivery_last_name"],
        "email": giver.email,
        "recipient_email": receiver.email,
        "terms": "on",
        **wishes,
    }


def make_people(count: int, random: Random) -> list[Person]:
    """`count` readers, no two alike. The first three live in France; every kind of address is there from a dozen on."""
    elsewhere = [home for share, homes in OUTSIDE for home in islice(cycle(homes), _share(share, count))]
    homes = [_french_home(random) for _reader in range(max(count - len(elsewhere), 0))]
    rest: list[Typed] = [*homes[3:], *elsewhere]
    random.shuffle(rest)
    return _persons([*homes[:3], *rest], random, but=[])


def make_passers_by(count: int, random: Random, *, but: Sequence[Person]) -> list[Person]:
    """`count` more people in France, none of them one of `but`."""
    return _persons([_french_home(random) for _person in range(count)], random, but=but)


def _persons(homes: Sequence[Typed], random: Random, *, but: Sequence[Person]) -> list[Person]:
    taken = {person.email.partition("@")[0] for person in but}
    return [
        Person(number, _reached(home, random, taken), AUTOMATIC if random.random() < 0.45 else FIXED)
        for number, home in enumerate(homes, start=len(but) + 1)
    ]


def french_street(random: Random) -> dict[str, str]:
    """Number, street, postcode and town of a home in metropolitan France."""
    postcode, town = random.choice(TOWNS)
    number = f"{random.randint(1, 98)}{random.choice(('', '', '', '', '', '', ' bis', ' ter'))}"
    street = {"street": f"{number} {random.choice(WAYS)} {random.choice(STREETS)}", "postcode": postcode, "town": town}
    if random.random() < 0.15:
        street["building"] = random.choice(RESIDENCES)
    if random.random() < 0.15:
        street["flat"] = random.choice(FLATS)
    return street


def _share(share: int, count: int) -> int:
    return max(1, round(share * count / 200)) if count >= 12 else 0


def _french_home(random: Random) -> dict[str, str]:
    woman = random.random() < 0.52
    return {
        "delivery_country": "FR",
        "delivery_title": "Mme" if woman else "M.",
        "delivery_first_name": random.choice(WOMEN if woman else MEN),
        "delivery_last_name": random.choice(FAMILIES),
        **{f"delivery_{name}": value for name, value in french_street(random).items()},
    }


def _reached(home: Typed, random: Random, taken: set[str]) -> Typed:
    """A home with what is typed beside the address: e-mail, perhaps a telephone, the boxes."""
    typed = {**home, "email": _email(home, random, taken), "terms": "on"}
    if home["delivery_country"] == "FR" and random.random() < 0.35:
        # Numbers that the regulator keeps for films and books.
        typed["phone"] = f"06 39 98 {random.randint(0, 99):02d} {random.randint(0, 99):02d}"
    if random.random() < 0.3:
        typed["similar_offers"] = "on"
    return typed


def _email(home: Typed, random: Random, taken: set[str]) -> str:
    names = (home.get("organisation") or "", home.get("delivery_first_name", ""), home.get("delivery_last_name", ""))
    name = "periodiques." + _plain(names[0]) if names[0] else f"{_plain(names[1])}.{_plain(names[2])}"
    found, again = name, 2
    while found in taken:
        found, again = f"{name}{again}", again + 1
    taken.add(found)
    return f"{found}@{random.choice(DOMAINS)}"


def _plain(name: str) -> str:
    bare = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z]+", "-", bare).strip("-")
