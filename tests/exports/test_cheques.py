"""Orders by post: a cheque that is received, bounces and is paid again is in every export what the books say it is."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from payments.actors import job
from payments.closing.days import close_days
from payments.days import PARIS
from payments.exports.fec import written as fec
from payments.exports.fec_making import wanted_of
from payments.exports.spans import Span
from subscriptions.offline.bouncing import pay_again_by_cheque
from tests.exports.reading import checks, differences, on, rows
from tests.makers import NOW, TODAY, make_magazine, make_offers
from tests.offline.post import FINANCE, bounced, deposited, ordered, written

pytestmark = pytest.mark.django_db
NOVEMBER = Span(date(2026, 11, 1), date(2026, 11, 30))


def due() -> list[tuple[str, ...]]:
    names = ("Exigible le", "Nature", "Base HT", "TVA exigible", "TTC")
    return [tuple(row[name] for name in names) for row in rows("tva-encaissements", NOVEMBER)]


def later(days: int) -> datetime:
    return NOW + timedelta(days=days)


def letters() -> list[str]:
    close_days(actor=job("close-day"), at=datetime(2027, 1, 5, 1, tzinfo=PARIS))
    lines = b"".join(fec(wanted_of(2026))).decode("iso8859-15").split("\r\n")[1:-1]
    return [line.split("\t")[13] for line in lines if line.split("\t")[4] == "411000"]


def test_a_cheque_bounces_and_another_pays():
    make_offers(make_magazine())
    taken = ordered()
    assert taken.cheque is not None
    assert [row["Canal"] for row in rows("ventes-par-jour", NOVEMBER)] == ["Courrier ou téléphone"]
    deposited([taken.cheque])
    bounced(taken.cheque, on=TODAY + timedelta(days=2), at=later(2))
    assert due() == [
        ("23/11/2026", "Encaissement", "27,03", "0,57", "27,60"),
        ("25/11/2026", "Chèque impayé", "-27,03", "-0,57", "-27,60"),
    ]
    (item,) = rows("postes-ouverts", on(TODAY + timedelta(days=2)))
    assert (item["Reste dû"], item["Pièce"][:1]) == ("27,60", "F")
    assert rows("postes-ouverts", on(TODAY)) == []
    other = written("0009999", on=TODAY + timedelta(days=4))
    pay_again_by_cheque(taken.cheque.pk, other, reason="nouveau chèque", actor=FINANCE, at=later(4))
    assert due()[2] == ("27/11/2026", "Encaissement", "27,03", "0,57", "27,60")
    assert checks("tva-encaissements", NOVEMBER)["TVA comptabilisée dans la période (comptes 44571)"] == (
        "0.57",
        "0.57",
    )
    assert rows("postes-ouverts", on(TODAY + timedelta(days=4))) == []
    assert letters() == [item["Pièce"]] * 4
    for day in range(5):
        assert differences(on(TODAY + timedelta(days=day))) == []
    assert differences(NOVEMBER) == []
