"""What seals alone cannot tell: chains cut, taken away or written anew; and the hash that leaves this house each month."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from payments.actors import job
from payments.closing import anchoring
from payments.closing.anchoring import anchors_sent, send_due
from payments.closing.auditing import days_closed
from payments.closing.days import close_days
from payments.closing.periods import ask_to_reopen, reopen
from payments.models import Anchor, DayClosing, KeptFile, SealedRow
from payments.sealing import journal
from payments.sealing.heads import heads_found_again
from payments.sealing.sealing import seal_all
from payments.sealing.verifying import sealed_as_written
from tests.closing.conftest import at, book
from tests.closing.test_periods import october
from tests.makers import CLERK, COLLEAGUE

CLOSER = job("close-day")
FRI, SAT, SUN, MON = (date(2026, 11, day) for day in (20, 21, 22, 23))
ASLEEP = "SET session_replication_role = replica; "
TAKEN_AWAY = ASLEEP + "DELETE FROM payments_sealedrow"
DOUBLED = "; UPDATE payments_ledgerline SET debit = debit * 2, credit = credit * 2"
LAST_ENTRY = (
    "DELETE FROM payments_ledgerline WHERE entry_id = (SELECT max(id) FROM payments_ledgerentry);"
    "DELETE FROM payments_sealedrow WHERE chain = 'ledger' AND position = 2;"
    "DELETE FROM payments_ledgerentry WHERE source = 'payment:2'"
)


@pytest.fixture
def books(transactional_db, settings) -> None:
    """Friday is closed, with an entry of Saturday sealed by then that has no number yet."""
    settings.ANCHOR_TO = ["comptable@example.fr"]
    book("payment:1", on=FRI)
    book("payment:2", on=SAT, written=at(SAT, 0, 10))
    close_days(actor=CLOSER, at=at(SAT, 0, 20))


def told(check, when=None) -> list[tuple[str, str]]:
    return list(check(when or at(SAT, 2)))


def test_a_closed_day_states_where_each_chain_ends(books):
    closing, last = DayClosing.objects.get(), SealedRow.objects.get(chain="ledger", position=2)
    assert closing.heads == {"ledger": [2, last.hash]}
    assert [one.chain for one in SealedRow.objects.order_by("pk")] == ["ledger", "ledger", "days"]
    close_days(actor=CLOSER, at=at(SUN, 1))
    days = SealedRow.objects.get(chain="days", position=1)
    assert DayClosing.objects.get(day=SAT).heads == {"ledger": [2, last.hash], "days": [1, days.hash]}
    for check in (heads_found_again, sealed_as_written, days_closed):
        assert told(check, at(SUN, 2)) == []


@pytest.mark.parametrize(
    ("plant", "found"),
    [
        # Seals taken away and amounts doubled: the next minute would have sealed the forged rows as good.
        (TAKEN_AWAY + DOUBLED, ("chain:ledger", "is not what the closing of 2026-11-20 saw at place 2")),
        # The last entry with its link, which had no number yet.
        (ASLEEP + LAST_ENTRY, ("chain:ledger", "is not what the closing of 2026-11-20 saw at place 2")),
    ],
)  # fmt: skip
def test_a_chain_that_was_cut_or_made_anew_is_found(books, superuser, plant, found):
    superuser.execute(plant)
    assert told(heads_found_again) == [found]
    seal_all(at=at(SAT, 2))
    assert told(heads_found_again) == [found], "sealed again, it is found all the same"


def test_a_chain_of_invoices_that_was_cut_is_found(transactional_db, superuser):
    superuser.execute(
        ASLEEP
        + "INSERT INTO payments_dayclosing (day, entries, debit, credit, numbers, received, given_back, month_received,"
        " year_received, ever_received, ever_given_back, rows_hash, previous_hash, hash, heads, actor, at) VALUES"
        " ('2026-11-20', 0, 0, 0, '{}', 0, 0, 0, 0, 0, 0, 'x', '', 'x', '{\"F2026\": [7, \"abc\"]}', 'x', '2026-11-21 00:20+01')"
    )
    assert told(heads_found_again) == [("chain:F2026", "is not what the closing of 2026-11-20 saw at place 7")]


def test_an_empty_chain_beside_rows_is_no_chain_that_has_not_begun(books, superuser):
    superuser.execute(TAKEN_AWAY)
    rows = [subject for subject, sentence in told(sealed_as_written, at(MON, 12)) if sentence == "is not sealed"]
    assert [one.split(":")[0] for one in rows] == ["ledger", "ledger", "days"]


def test_the_last_day_taken_away_is_missed_by_its_seal(books, superuser):
    superuser.execute(ASLEEP + "DELETE FROM payments_dayclosing")
    assert ("was sealed and is not there any more") in [sentence for _subject, sentence in told(sealed_as_written)]


@pytest.mark.parametrize(
    ("chain", "plant"),
    [
        ("ticks", "UPDATE payments_closingtick SET reason = 'autre chose', actor = 'staff:9'"),
        ("periods", "UPDATE payments_periodclosing SET at = at + interval '3 months'"),
        ("periods", "UPDATE payments_periodclosing SET reason = 'autre chose'"),
        ("asked", "UPDATE payments_reopeningasked SET asked_by = 'staff:9'"),
        ("reopened", "DELETE FROM payments_reopening"),
        ("journal", "UPDATE payments_technicalevent SET after = '0.9'"),
        ("files", "UPDATE payments_keptfile SET sha256 = repeat('0', 64)"),
        (
            "days",
            "UPDATE payments_dayclosing SET hash = repeat('0', 64) WHERE day = (SELECT min(day) FROM payments_dayclosing)",
        ),
    ],
)
def test_what_was_signed_answered_opened_and_kept_is_sealed(transactional_db, superuser, chain, plant):
    when = at(date(2026, 11, 5))
    closing = october()
    ask_to_reopen(closing.pk, actor=CLERK, at=when, reason="facture oubliée")
    reopen(closing.pk, actor=COLLEAGUE, at=when, reason="d’accord")
    journal.watch("1.0", actor=CLOSER, at=when)
    KeptFile.objects.create(
        kind="fec", name="x.txt", year=2026, sha256="x", size=1, parts=[], actor=str(CLERK), at=when
    )
    seal_all(at=when)
    assert told(sealed_as_written, when) == []
    superuser.execute(ASLEEP + plant)
    found = told(sealed_as_written, when)
    assert {subject.split(":")[0] for subject, _sentence in found} == {chain}


# --- the anchor ------------------------------------------------------------------------------------------------------


def closed_until(day: date) -> None:
    close_days(actor=CLOSER, at=at(day + timedelta(days=1), 0, 20))


def test_the_hash_of_the_month_leaves_this_house_once(books):
    closed_until(date(2026, 11, 29))
    assert send_due(at=at(date(2026, 11, 30), 1)) == "no hash to send"
    KeptFile.objects.create(
        kind="archive", name="732829320ARCHIVE2026.zip", year=2026, sha256="ab" * 32, size=1, parts=[], actor="x",
        at=at(MON),
    )  # fmt: skip
    closed_until(date(2026, 11, 30))
    now = at(date(2026, 12, 1), 0, 20)
    assert send_due(at=now) == "the hash of 2026-11-30 is sent"
    assert send_due(at=now + timedelta(days=1)) == "no hash to send"
    [message] = mail.outbox
    closing = DayClosing.objects.get(day=date(2026, 11, 30))
    assert message.to == ["comptable@example.fr"]
    assert message.subject == "Empreinte des comptes au 30\xa0novembre\xa02026"
    assert closing.hash in message.body
    assert "Encaissé depuis l’origine : 55,20\xa0€. Rendu depuis l’origine : 0,00\xa0€." in message.body
    assert f"732829320ARCHIVE2026.zip\n{'ab' * 32}\n" in message.body
    anchor = Anchor.objects.get()
    assert (anchor.closing, anchor.sent_at, anchor.sent_to, anchor.attempts) == (
        closing,
        now,
        "comptable@example.fr",
        1,
    )


def test_a_mail_server_that_is_away_is_asked_again_and_told_of(books, monkeypatch):
    closed_until(date(2026, 11, 30))
    now = at(date(2026, 12, 1), 0, 20)

    class Away:
        def send(self) -> None:
            raise ConnectionRefusedError

    with monkeypatch.context() as patched:
        patched.setattr(anchoring, "written", lambda anchor: Away())
        assert send_due(at=now) == "the hash of 2026-11-30 was not taken"
        assert send_due(at=now + timedelta(minutes=5)) == "no hash to send", "claimed: somebody may still be at it"
    assert told(anchors_sent, now + timedelta(days=2)) == []
    assert told(anchors_sent, now + timedelta(days=4)) == [
        ("anchor:2026-11-30", "its hash has not been sent out of this house")
    ]
    assert send_due(at=now + timedelta(days=4)) == "the hash of 2026-11-30 is sent"
    assert told(anchors_sent, now + timedelta(days=4)) == []
    assert Anchor.objects.get().attempts == 2


def test_months_that_were_missed_are_held_by_the_newest(books):
    closed_until(date(2027, 2, 3))
    assert send_due(at=at(date(2027, 2, 4))) == "the hash of 2027-01-31 is sent"
    assert Anchor.objects.count() == 1


def test_nobody_is_written_to_where_nobody_is_named(books, settings):
    settings.ANCHOR_TO = []
    closed_until(date(2026, 11, 30))
    assert send_due(at=at(date(2026, 12, 1))) == "no ANCHOR_TO"
    assert not Anchor.objects.exists()


def test_what_was_sent_is_held_against_the_books(books, superuser, capsys):
    closing = DayClosing.objects.get()
    call_command("check_anchor", "2026-11-20", closing.hash)
    assert "Les comptes disent ce qui avait été envoyé." in capsys.readouterr().out
    # All of it written anew, without a fault by its own seals: only what was sent says otherwise.
    superuser.execute(TAKEN_AWAY + DOUBLED + "; DELETE FROM payments_dayclosing; DELETE FROM payments_entrynumber;"
                      " DELETE FROM payments_entryseries")  # fmt: skip
    close_days(actor=CLOSER, at=at(SAT, 0, 20))
    assert [*told(sealed_as_written), *told(heads_found_again), *told(days_closed)] == []
    with pytest.raises(CommandError, match="une autre empreinte"):
        call_command("check_anchor", "2026-11-20", closing.hash)
    with pytest.raises(CommandError, match="n’est pas clos"):
        call_command("check_anchor", "2026-11-25", closing.hash)
