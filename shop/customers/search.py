"""Finding a reader: one normalised line per customer under a trigram index, and how it is kept true.

The line holds what people say on the telephone: names, e-mail, subscriber numbers, organisations, postcodes and towns; in
small letters, without accents. An empty line means stale: whoever changes what it holds empties it or calls `refresh`, and
a sweep fills what is empty.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable

from django.db import connection

from shop.customers.models import Customer
from subscriptions.whose import of_people

#: Shorter words find half the readers and use no index.
SHORTEST = 3
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "đ": "d", "ł": "l"})
_APART = re.compile(r"[^0-9a-z@._+\-]+")


def normalised(text: str) -> str:
    """`text` in small letters without accents, words one space apart; e-mail signs stay."""
    small = text.casefold().translate(_LIGATURES)
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", small) if not unicodedata.combining(sign))
    return " ".join(_APART.sub(" ", plain).split())


def refresh(ids: Collection[int]) -> int:
    """Write the lines of these customers anew; returns how many. Three queries, whatever the number."""
    people = list(Customer.objects.filter(pk__in=ids))
    said: dict[int, list[str]] = defaultdict(list)
    keys = [person.pk for person in people]
    for row in of_people(keys).select_related("recipient__address"):
        recipient = row.recipient
        for key in {row.payer_id, row.holder_id, recipient.customer_id} - {None}:
            said[key] += [row.number or "", recipient.name, recipient.address.postcode, recipient.address.town]
    lines = [(person.pk, _line(person, said[person.pk])) for person in people]
    if lines:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE customers_customer AS c SET search = line.text"
                " FROM unnest(%s::bigint[], %s::text[]) AS line(id, text) WHERE c.id = line.id",
                [[key for key, _text in lines], [text for _key, text in lines]],
            )
    return len(lines)


def refresh_stale(limit: int) -> int:
    """Fill up to `limit` empty lines; returns how many. Safe to run twice, or in two places."""
    return refresh(list(Customer.objects.filter(search="").order_by("pk").values_list("pk", flat=True)[:limit]))


def words_of(query: str) -> list[str]:
    """The words of a query that the index can find."""
    return [word for word in normalised(query).split() if len(word) >= SHORTEST]


def _line(person: Customer, more: Iterable[str]) -> str:
    # An erased reader, or a record merged into another, keeps only its number: the line is never empty, so that the sweep comes to an end.
    own = [f"#{person.pk}"]
    if person.erased_on is None and person.merged_into_id is None:
        own += [person.first_name, person.last_name, person.organisation, person.email or "", _digits(person.phone)]
        own += more
    return "#" + " ".join(dict.fromkeys(word for part in own for word in normalised(part).split()))


def _digits(phone: str) -> str:
    return re.sub(r"\D+", "", phone)
