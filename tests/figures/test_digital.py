"""Copies read on a screen stand beside the statement: counted by reader, those without a printed copy among them, in no class."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from subscriptions.models import DigitalDownload
from subscriptions.moving import move_copies
from tests.digital.people import file_of, turned, yes
from tests.figures.people import POSTED_ON, at, buys, classes, counted, issue, leaves
from tests.losses.people import copy_of
from tests.makers import CLERK, NOW, make_house, send_out

OUT = datetime(2026, 12, 16, 11, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.DIGITAL_FILES = tmp_path / "digital"


def test_readers_of_the_digital_edition_are_counted_apart(db, offers):
    """Anne has both; Bernard has read the file twice, and his printed copy has not left yet; Chantal reads on paper only."""
    make_house(offers["fixed"].magazine)
    anne, bernard, _chantal = [
        buys(offers["fixed"], email=f"{name}@example.fr") for name in ("anne", "bernard", "chantal")
    ]
    held = [copy_of(bernard)]
    move_copies(held, "hold", on=NOW.date(), actor=CLERK, at=NOW)
    turned(at=NOW)
    send_out(issue(25), on=POSTED_ON)
    move_copies(held, "release", on=POSTED_ON, actor=CLERK, at=at(POSTED_ON, 12))
    file = file_of(at=at(POSTED_ON))
    for reader, times in ((anne, 1), (bernard, 2)):
        consent = yes(reader, reader.payer, at=OUT)
        for _time in range(times):
            DigitalDownload.objects.create(entitlement=copy_of(reader), file=file, consent=consent, at=OUT)
    found = counted()
    assert (found.digital, found.digital_only) == (2, 1)
    assert classes() == {"IND": 2}
    leaves(on=date(2026, 12, 18))
    found = counted()
    assert (found.digital, found.digital_only, found.paid) == (2, 0, 3)
