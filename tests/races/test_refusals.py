"""What the database refuses, to either of its two roles, whatever the code above it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone
from djmoney.money import Money
from psycopg import sql

from deploy.local.postgres import APPLICATION, OWNER
from payments.actors import job
from payments.charging import intend
from payments.evidence import Blank, Keep, Protect
from payments.invoicing import rendering
from payments.ledger.posting import EntryDraft, Line, Unbalanced, post
from payments.methods import wish_other_method
from payments.models import Invoice, InvoiceLine, LedgerEntry, LedgerLine, Payment, Refund
from payments.models.listed import Listed
from payments.money import NotAnAmount, eur, from_cents, round_cents
from subscriptions.notices.delivering import deliver
from subscriptions.orders.placing import payment_of
from subscriptions.refunding import refund_in_full
from subscriptions.texts import load_texts
from tasks import money
from tests import servers
from tests.makers import NOW, READER, TODAY, make_magazine, make_offers, make_wish, open_page, place_order
from tests.races.test_numbering import write

# --- evidence --------------------------------------------------------------------------------------------------------


def guards() -> dict[str, Protect | Keep]:
    """What the migrations promise, by table; a later one may guard a table anew, or let some of it be blanked."""
    migrations = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    operations = [operation for _key, migration in sorted(migrations.items()) for operation in migration.operations]
    last = {operation.table: operation for operation in operations if isinstance(operation, Protect | Keep | Blank)}
    return {table: guard for table, guard in last.items() if not isinstance(guard, Blank)}


#: Whose rows come and go, each for a reason.
FREE = {
    "subscriptions_contact": "its words are blanked when a reader is erased, nothing else ever changes (tests/support)",
    "subscriptions_paperlink": "leads nowhere once its reader is erased, and never elsewhere (tests/paper)",
    "subscriptions_postaladdress": "blanked when a reader is erased; orders, invoices and files keep their own copy",
    "subscriptions_lostmailbox": "names an address, which goes when its reader is erased",
    "subscriptions_look": "what a sweep has to look at; the weekly audit of plans finds what it missed",
}


def test_every_table_of_the_two_floors_is_guarded_or_says_why_not():
    known = guards()
    tables = {
        model._meta.db_table
        for name in ("payments", "subscriptions")
        for model in apps.get_app_config(name).get_models(include_auto_created=True)
    }
    assert {table for table in tables if table not in known} == set(FREE)
    evidence = {table for table, guard in known.items() if isinstance(guard, Protect) and not guard.mutable}
    named = "invoice invoiceline invoicerendering ledgerentry ledgerline paymentevent refundevent act"
    assert evidence >= {f"payments_{name}" for name in named.split()}
    named = (
        "consent disclosure legaltext orderevent subscriptionevent entitlementmovement addresschange noticeproof term"
        " postbatch"
    )
    assert evidence >= {f"subscriptions_{name}" for name in named.split()}


@pytest.fixture
def full(offers, till, hear) -> None:
    """A shop in which everything has happened once: bought, told, rendered, refunded, another card wished for."""
    now = timezone.now()
    load_texts(timezone.localdate())
    order = place_order(make_wish(offers["automatic"]), at=now)
    till.pay(open_page(order, at=now).checkout_url)
    hear()
    till.settle()
    money.balance_movements()
    deliver(20, at=timezone.now())
    rendering.render_pending(20, at=timezone.now())
    account = payment_of(order).payer_account
    wish_other_method(account, subject="subscription:1", actor=READER, minutes=60, at=now)
    refund_in_full(order, reason="rétractation", actor=job("test"), at=timezone.now())
    money.send_refunds()
    hear()


def test_neither_role_changes_what_is_kept(full, superuser):
    """Each table is really tried, with a row in it, by each role: every column, deletion, truncation."""
    known = guards()
    assert len(known) > 35
    for table in sorted(known):
        _have_a_row(superuser, table)
    before = _fingerprint(superuser, known)
    gave_way: list[str] = []
    tried = 0
    for role in (APPLICATION, OWNER):
        with psycopg.connect(servers.url_for(role, servers.database_name()), autocommit=True) as session:
            for table, guard in sorted(known.items()):
                for statement in _attempts(superuser, table, guard):
                    tried += 1
                    if trouble := _gave_way(session, statement, role):
                        gave_way.append(f"{role}: {statement.as_string(session)}: {trouble}")
    assert gave_way == []
    assert tried > 400
    assert _fingerprint(superuser, known) == before


def test_the_application_may_change_exactly_what_is_open(db, superuser):
    for table, guard in guards().items():
        allowed = set(guard.mutable) if isinstance(guard, Protect) else set(_columns(superuser, table))
        rows = superuser.execute(
            "SELECT attname, has_column_privilege(%s, attrelid, attnum, 'UPDATE') FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
            [APPLICATION, table],
        )
        assert {column for column, may in rows if may} == allowed, table


def _attempts(observer: psycopg.Connection, table: str, guard: Protect | Keep) -> Iterator[sql.Composed]:
    name = sql.Identifier(table)
    yield sql.SQL("DELETE FROM {}").format(name)
    yield sql.SQL("TRUNCATE {} CASCADE").format(name)
    if isinstance(guard, Protect):
        for column, kind in _columns(observer, table).items():
            if column not in guard.mutable:
                other = OTHER.get(kind, OTHER["text"])
                yield sql.SQL("UPDATE {} SET {column} = " + other).format(name, column=sql.Identifier(column))


#: Another value of the same type, whatever stands there.
OTHER = {
    "text": "CASE WHEN {column} = 'x' THEN 'y' ELSE 'x' END",
    "boolean": "NOT coalesce({column}, false)",
    "smallint": "coalesce({column}, 0) + 1",
    "integer": "coalesce({column}, 0) + 1",
    "bigint": "coalesce({column}, 0) + 1",
    "numeric": "coalesce({column}, 0) + 1",
    "date": "coalesce({column}, '2026-01-01') + 1",
    "timestamp with time zone": "coalesce({column}, '2026-01-01') + interval '1 day'",
    "jsonb": "jsonb_build_object('was', {column}, 'changed', true)",
    "uuid": "gen_random_uuid()",
    "bytea": "coalesce({column}, '') || '\\x00'::bytea",
    "inet": "'198.51.100.99'",
    "tsvector": "'changed'",
}


def _gave_way(session: psycopg.Connection, statement: sql.Composed, role: str) -> str:
    """Why an attempt is not refused as it should be; nothing when it is."""
    try:
        done = session.execute(statement)
    except psycopg.errors.InsufficientPrivilege:
        return "" if role == APPLICATION else "refused by rights, not by the trigger"
    except psycopg.errors.IntegrityConstraintViolation as refused:
        return "" if "evidence" in str(refused) or "only" in str(refused) else str(refused)
    except psycopg.Error as other:
        return f"{type(other).__name__}: {other}"
    return f"done on {done.rowcount} rows"


def _columns(observer: psycopg.Connection, table: str) -> dict[str, str]:
    rows = observer.execute(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name = %s ORDER BY ordinal_position",
        [table],
    )
    return dict(rows.fetchall())


PLAIN = {
    "boolean": "false", "smallint": "1", "integer": "1", "bigint": "1", "numeric": "1", "date": "'2026-01-01'",
    "timestamp with time zone": "'2026-01-01'", "jsonb": "'{}'", "uuid": "gen_random_uuid()", "bytea": "'\\x00'",
    "inet": "'198.51.100.1'",
}  # fmt: skip
#: A word of its list for each column that has one.
LISTED = {
    (model._meta.db_table, field.column): f"'{field.flatchoices[0][0]}'"
    for model in apps.get_models()
    for field in model._meta.local_fields
    if isinstance(field, Listed)
}
#: Where a plain value is refused by another CHECK.
FITTING = {
    "payments_dispute": {"state": "'won'"},
    "subscriptions_agency": {"kind": "'pro_fr'"},
    "subscriptions_gift": {"informed_by": "'email'"},
    "payments_payout": {"itemised": "true"},
    "subscriptions_soldissue": {"replaces_id": "NULL"},
    "payments_reconciliationrun": {"read_to_end": "true"},
    "payments_accountantprofile": {"decimal": "','"},
    "payments_filerequest": {"state": "'made'", "refusal": "''"},
    "payments_csvprofile": {"debit": "''", "credit": "''"},
    "payments_bankmatch": {"kind": "'rule'"},
    "payments_cheque": {"state": "'bounced'"},
    "payments_paidagain": {"bank_reference": "''"},
    "payments_disputeanswer": {"kind": "'evidence'"},
    "payments_ereportrow": {"ttc": "2"},
    "payments_vatcheck": {"outcome": "'unknown'"},
    "payments_mirrorrun": {"since": "'2025-12-31'", "read_to_end": "true"},
    "subscriptions_dispatch": {"free_copy_id": "NULL", "restored_id": "NULL", "sold_id": "NULL"},
    "subscriptions_escrow": {"removed_at": "NULL"},
    "subscriptions_claim": {"line_id": "NULL", "extra_id": "NULL"},
    "subscriptions_stockmovement": {"kind": "'received'"},
    "subscriptions_importrow": {"term_id": "NULL"},
    "subscriptions_mailinghouse": {"encoding": "'utf-8'", "separator": "';'"},
    "subscriptions_mailingrun": {
        "state": "'asked'", "closed_by": "''", "closed_at": "NULL", "dispatches": "NULL", "copies": "NULL", "sha256": "''",
    },
    "subscriptions_carriedterm": {"served_id": "2"},
    "subscriptions_renewal": {"number": "2", "term_id": "NULL"},
    "subscriptions_postbatchletter": {"outcome": "'posted'"},
    "subscriptions_renewalproof": {"kind": "'pre_debit'"},
    "subscriptions_renewalattempt": {
        "legal_kind": "'legal'", "pre_debit_kind": "'pre_debit'", "pre_debit_sent_on": "'2025-12-20'",
    },
}  # fmt: skip


def _have_a_row(observer: psycopg.Connection, table: str) -> None:
    """The triggers look at rows: a table the story left empty gets a plain one, past all foreign keys."""
    name = sql.Identifier(table)
    if observer.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(name)).fetchone() == (True,):
        return
    columns = _columns(observer, table)
    fitting = FITTING.get(table, {})
    values = [
        fitting.get(column)
        or LISTED.get((table, column))
        or ("'EUR'" if column.endswith("currency") else PLAIN.get(kind, "'x'"))
        for column, kind in columns.items()
    ]
    with observer.transaction():
        observer.execute("SET LOCAL session_replication_role = replica")
        observer.execute(
            sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})").format(
                name, sql.SQL(", ").join(map(sql.Identifier, columns)), sql.SQL(", ".join(values))
            )
        )


def _fingerprint(observer: psycopg.Connection, tables: Any) -> dict[str, Any]:
    return {
        table: observer.execute(
            sql.SQL("SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {} t").format(
                sql.Identifier(table)
            )
        ).fetchone()
        for table in tables
    }


# --- the books ---------------------------------------------------------------------------------------------------------


BALANCED = [("517000", "27.60", "0"), ("411000", "0", "27.60")]


@transaction.atomic
def book(lines: list[tuple[str, str, str]], source: str = "test:1") -> None:
    """An entry past all the care that `posting` takes."""
    entry = LedgerEntry.objects.create(
        journal="OD", source=source, booked_on=TODAY, piece_ref="X", piece_date=TODAY, label="x", actor="job:test",
        created_at=NOW,
    )  # fmt: skip
    for account, debit, credit in lines:
        LedgerLine.objects.create(entry=entry, account_id=account, debit=debit, credit=credit)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "lines",
    [
        [("517000", "27.60", "0"), ("411000", "0", "27.59")],
        [("517000", "27.60", "0")],
        [],
    ],
    ids=["a cent short", "one line", "no line"],
)
def test_an_entry_that_does_not_balance_is_refused_at_commit(lines):
    with pytest.raises(IntegrityError, match=r"does not balance|has no lines"):
        book(lines)
    assert not LedgerEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_line_added_to_a_balanced_entry_later_is_refused():
    book(BALANCED)
    with pytest.raises(IntegrityError, match="does not balance"), transaction.atomic():
        LedgerLine.objects.create(entry=LedgerEntry.objects.get(), account_id="517000", debit="0.01")
    assert LedgerLine.objects.count() == 2


def test_an_unbalanced_draft_does_not_reach_the_database(db):
    lines = (Line("PSP", debit=Decimal("27.60")), Line("AR", credit=Decimal("27.59")))
    wrong = EntryDraft("OD", "test:1", TODAY, "X", TODAY, "x", lines)
    with pytest.raises(Unbalanced):
        post([wrong], actor=job("test"), at=NOW)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("debit", "credit"), [("1", "1"), ("0", "0"), ("-1", "0")])
def test_a_line_has_one_side_and_no_sign(debit, credit):
    with pytest.raises(IntegrityError, match="line_one_side"):
        book([*BALANCED, ("517000", debit, credit)])


@pytest.mark.django_db(transaction=True)
def test_one_source_is_booked_once():
    book(BALANCED)
    with pytest.raises(IntegrityError, match="source"):
        book(BALANCED)
    book(BALANCED, source="test:2")


# --- invoices ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"number": 3}, "does not follow"),
        ({"number": 1}, "invoice_number_once"),
        ({"previous_hash": "0" * 64}, "does not follow"),
        ({"issued_on": TODAY - timedelta(days=1)}, "does not follow"),
        ({"total_vat": Decimal("0.58")}, "invoice_adds_up"),
        ({"total_ht": Decimal("27.02"), "total_vat": Decimal("0.58")}, "do not add up"),
        ({"subject": "order:1"}, "invoice_one_per_subject"),
        ({"kind": "credit_note"}, "invoice_credit_has_original"),
        ({"total_ttc": Money("27.60", "USD")}, "invoice_ttc_eur"),
    ],
)
def test_an_invoice_out_of_its_place_or_its_sums_is_refused(changes, said):
    first = write("order:1")
    facts = {
        field.attname: getattr(first, field.attname) for field in Invoice._meta.concrete_fields if field.attname != "id"
    }
    facts |= {
        "number": 2, "reference": "F2026-000002", "subject": "order:2", "previous_hash": first.hash, "hash": "1" * 64,
    }  # fmt: skip
    line = first.lines.get()

    def insert(**others: Any) -> None:
        with transaction.atomic():
            second = Invoice.objects.create(**(facts | others))
            InvoiceLine.objects.create(
                invoice=second, position=1, name=line.name, quantity=1, unit_ht=line.unit_ht, rate=line.rate,
                ht=line.ht, vat=line.vat, ttc=line.ttc,
            )  # fmt: skip

    with pytest.raises(IntegrityError, match=said):
        insert(**changes)
    insert()  # the control: with nothing changed it is a good second invoice
    assert Invoice.objects.count() == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("amounts", [("27.03", "0.58", "27.60"), ("27.60", "0.57", "27.60")])
def test_a_line_whose_parts_are_not_its_total_is_refused(amounts):
    ht, vat, ttc = map(Decimal, amounts)
    invoice = write("order:1")
    with pytest.raises(IntegrityError, match="invoice_line_adds_up"), transaction.atomic():
        InvoiceLine.objects.create(
            invoice=invoice, position=2, name="x", quantity=1, unit_ht=ht, rate="2.10", ht=ht, vat=vat, ttc=ttc
        )


@pytest.mark.django_db(transaction=True)
def test_a_line_added_to_an_issued_invoice_is_refused():
    invoice = write("order:1")
    with pytest.raises(IntegrityError, match="do not add up"), transaction.atomic():
        InvoiceLine.objects.create(
            invoice=invoice, position=2, name="x", quantity=1, unit_ht="1.00", rate="0", ht="1.00", vat="0", ttc="1.00"
        )
    assert InvoiceLine.objects.count() == 1


# --- payments ----------------------------------------------------------------------------------------------------------


def pay(order: Any, **changes: Any) -> Payment:
    first = payment_of(order)
    second = intend(
        purpose="order", subject=order.subject, amount=order.amount, description="x", customer=None,
        account=first.payer_account, save_method=False, actor=READER, at=NOW,
    )  # fmt: skip
    Payment.objects.filter(pk=second.pk).update(**changes)
    return second


PAID = {"state": "succeeded", "is_open": False, "received_on": TODAY}


def test_one_order_has_one_paying_payment_and_any_number_of_surplus_ones(db):
    order = place_order(make_wish(make_offers(make_magazine())["fixed"]))
    Payment.objects.update(**PAID)
    with pytest.raises(IntegrityError, match="payment_one_paying_per_subject"), transaction.atomic():
        pay(order, **PAID)
    for _more in range(2):
        pay(order, surplus=True, **PAID)
    assert Payment.objects.filter(state="succeeded").count() == 3


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"amount": "0.00"}, "payment_positive"),
        ({"amount": "-27.60"}, "payment_positive"),
        ({"amount_currency": "USD"}, "payment_eur"),
        ({"is_open": False}, "payment_open_by_state"),
        ({"state": "succeeded", "is_open": False}, "payment_received_when_succeeded"),
        ({"surplus": True}, "payment_surplus_succeeded"),
    ],
)
def test_a_payment_that_contradicts_itself_is_refused(db, superuser, changes, said):
    place_order(make_wish(make_offers(make_magazine())["fixed"]))
    key = Payment.objects.get().pk
    columns = [field.column for field in Payment._meta.concrete_fields if field.column != "id"]
    values = [changes.get(column, column) for column in columns]
    with pytest.raises(IntegrityError, match=said), transaction.atomic(), connection.cursor() as cursor:
        _copy_with(cursor, key, columns, values, changes)


def _copy_with(cursor: Any, key: int, columns: list[str], values: list[Any], changes: dict[str, Any]) -> None:
    """A second payment like the first, with something changed: inserted, since the row itself is closed to UPDATE."""
    new = {"reference": "PAY-2", "subject": "order:none", "idempotency_key": "another"} | changes
    parts = ", ".join("%s" if column in new else f'"{column}"' for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    cursor.execute(
        f"INSERT INTO payments_payment ({names}) SELECT {parts} FROM payments_payment WHERE id = {key}",
        [new[column] for column in columns if column in new],
    )


# --- money -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("door", [eur, round_cents, from_cents], ids=["eur", "round_cents", "from_cents"])
def test_floats_are_refused_at_every_door(door: Callable[[Any], Any]):
    with pytest.raises((TypeError, ValueError, NotAnAmount)):
        door(27.6)


def test_no_column_of_ours_holds_a_float(db, superuser):
    found = superuser.execute(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND data_type IN ('real', 'double precision', 'money')"
    ).fetchall()
    assert found == []


@pytest.mark.parametrize("day", ["'2026-11-22'", "NULL"])
def test_the_day_of_money_is_written_once(db, superuser, day):
    """The day on which VAT falls due, or is given back: the application could have moved it into another month."""
    order = place_order(make_wish(make_offers(make_magazine())["fixed"]))
    Payment.objects.update(**PAID)
    payment = payment_of(order)
    refund = Refund.objects.create(
        reference="REM-1", payment=payment, amount="27.60", reason="x", actor="x", idempotency_key="k", created_at=NOW,
        state_since=NOW,
    )  # fmt: skip
    Refund.objects.update(state="succeeded", refunded_on=TODAY)
    for table, column, key in (("payment", "received_on", payment.pk), ("refund", "refunded_on", refund.pk)):
        with pytest.raises(IntegrityError, match="written once"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE payments_{table} SET {column} = {day} WHERE id = %s", [key])
    Payment.objects.update(received_on=TODAY)  # the same again is no change
