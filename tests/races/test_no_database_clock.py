"""The database is never asked what time it is (design, rule 14): not in the schema, not in the code, not on the wire."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from payments.invoicing import rendering
from payments.models import Payment
from subscriptions.notices.delivering import deliver
from subscriptions.texts import load_texts
from tasks import money
from tests.makers import make_wish, open_page, place_order

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("payments", "subscriptions", "shop", "tasks", "deploy")
CLOCK = re.compile(
    r"\b(?:now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday|age)\s*\(|"
    r"\b(?:current_date|current_time|current_timestamp|localtime|localtimestamp)\b|"
    r"'(?:now|today|tomorrow|yesterday)'",
    re.IGNORECASE,
)
SQL = re.compile(r"\b(?:select|insert|update|delete|create|alter|do|set|default|check)\b", re.IGNORECASE)


def asked(text: str) -> list[str]:
    """What in a piece of SQL asks for the time."""
    return [found[0] for found in CLOCK.finditer(text)]


def in_code(source: str) -> Iterator[str]:
    """What in a Python source would ask the database for the time: SQL, Django's functions, defaults."""
    tree = ast.parse(source)
    prose = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            if SQL.search(node.value):
                yield from asked(node.value)
        elif isinstance(node, ast.keyword) and node.arg == "db_default":
            yield "db_default"
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("django.db.models"):
            yield from (name.name for name in node.names if name.name in ("Now", "Age"))
        elif isinstance(node, ast.Attribute) and node.attr == "Now":
            yield "Now"


def test_the_search_finds_what_it_looks_for():
    """The control: each way of asking is seen, and none of the innocent ones."""
    guilty = [
        'sql = "UPDATE t SET at = now()"',
        'sql = "SELECT CURRENT_DATE"',
        "sql = \"CREATE VIEW v AS SELECT * FROM t WHERE at < 'now'::timestamptz\"",
        "from django.db.models.functions import Now",
        "functions.Now()",
        "field = DateTimeField(db_default=1)",
        'RunSQL("ALTER TABLE t ALTER at SET DEFAULT localtimestamp")',
    ]
    assert [len(list(in_code(one))) for one in guilty] == [1] * len(guilty)
    innocent = [
        '"""We select what is due now (at)."""',
        "timezone.now()",
        'word = "now"',
        'sql = "SELECT known, at FROM t"',
    ]
    assert [list(in_code(one)) for one in innocent] == [[]] * len(innocent)


def test_no_migration_view_or_query_of_ours_asks_the_database_for_the_time():
    found = {
        str(path.relative_to(ROOT)): clocks
        for floor in FLOORS
        for path in sorted((ROOT / floor).rglob("*.py"))
        if (clocks := list(in_code(path.read_text(encoding="utf-8"))))
    }
    assert found == {}
    scripts = {
        str(path.relative_to(ROOT)): asked(path.read_text(encoding="utf-8"))
        for floor in FLOORS
        for path in (ROOT / floor).rglob("*.sql")
    }
    assert len(scripts) >= 1
    assert not any(scripts.values()), scripts


CATALOGUE = {
    "functions": "SELECT p.proname, pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang"
    " WHERE p.pronamespace = 'public'::regnamespace AND l.lanname IN ('plpgsql', 'sql') AND NOT EXISTS"
    " (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')",
    "views": "SELECT c.relname, pg_get_viewdef(c.oid) FROM pg_class c"
    " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('v', 'm')",
    "constraints": "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace",
    "defaults": "SELECT adrelid::regclass::text, pg_get_expr(adbin, adrelid) FROM pg_attrdef",
    "indexes": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "triggers": "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
}


@pytest.mark.parametrize("kind", CATALOGUE)
def test_nothing_in_the_schema_as_it_stands_asks_for_the_time(db, kind):
    with connection.cursor() as cursor:
        cursor.execute(CATALOGUE[kind])
        rows = cursor.fetchall()
    if kind not in ("views", "defaults"):
        assert rows
    assert {name: asked(text) for name, text in rows if asked(text)} == {}


def test_no_query_of_a_purchase_asks_for_the_time(offers, till, hear):
    load_texts(timezone.localdate())
    with CaptureQueriesContext(connection) as caught:
        order = place_order(make_wish(offers["automatic"]), at=timezone.now())
        till.pay(open_page(order, at=timezone.now()).checkout_url)
        hear()
        till.settle()
        for job in (money.unknown_payments, money.order_expiry, money.balance_movements, money.event_catch_up):
            job()
        deliver(20, at=timezone.now())
        rendering.render_pending(20, at=timezone.now())
    said = [query["sql"] for query in caught.captured_queries]
    assert len(said) > 60
    assert [text for text in said if re.search(CLOCK, _without_values(text))] == []


def test_such_a_query_would_be_seen(offers):
    """The control."""
    with CaptureQueriesContext(connection) as caught:
        list(Payment.objects.filter(created_at__lte=Now()).annotate(of=F("pk")))
    [query] = caught.captured_queries
    assert asked(_without_values(query["sql"])) != []


def _without_values(text: str) -> str:
    """A captured query without the values that were put into it: letters may well speak of today."""
    return re.sub(r"'(?:[^']|'')*'", "''", text)
