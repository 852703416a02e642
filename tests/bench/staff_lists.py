"""staff-lists: every list of the desks, the search and the pages of one reader, at a million readers against a thousand.

The same pages are looked at twice in one run, by colleagues who are signed in: with a thousand readers, then with the rest
beside them. A list is read by key, so that its first page, the page in its middle and a filtered one cost what they cost when
the shop was small; and each page makes the same queries.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterator
from datetime import datetime, time
from typing import TYPE_CHECKING, Any

import psycopg

from tests.bench.many import FIRST, fill, superuser_of
from tests.bench.stack import clock, inside, queries, stack

if TYPE_CHECKING:
    from tests.backoffice.colleagues import Colleague

READERS = int(os.environ.get("STAFF_LISTS_READERS", "1000000"))
FEW = 1000
ROUNDS = int(os.environ.get("STAFF_LISTS_ROUNDS", "30"))
MOST = 2.0
#: What reading a page varies by on a machine that does other things too: below it nothing is said of a ratio.
LEAST_MS = 5.0

#: Names and towns as people have them, so that words find some readers, or nearly all.
NAMES = """
UPDATE customers_customer SET
    first_name = (ARRAY['Camille', 'Amandine', 'Étienne', 'Jean-Marc', 'Solène', 'Idriss', 'Hélène', 'Minh'])[1 + id %% 8],
    last_name = (ARRAY['Lenoir', 'Lefèvre', 'Moreau', 'Benali', 'Costa', 'Le Goff', 'Diallo'])[1 + id %% 7] || ' ' || id,
    search = '#' || id || ' ' || (ARRAY['camille', 'amandine', 'etienne', 'jean-marc', 'solene', 'idriss', 'helene', 'minh'])[1 + id %% 8]
        || ' ' || (ARRAY['lenoir', 'lefevre', 'moreau', 'benali', 'costa', 'le goff', 'diallo'])[1 + id %% 7] || ' ' || id
        || ' r' || id || '@exemple.fr ' || lpad((id %% 99999)::text, 5, '0') || ' lyon'
WHERE id >= %(first)s
"""
#: One posted run of the issue that has left last, a line for each reader who got it; of these one in sixteen came back and
#: one in eight was claimed: many more than ever are, so that a page of them is full at a thousand readers too.
LOST = (
    """
    INSERT INTO subscriptions_mailingrun (issue_id, house_id, kind, sequence, state, asked_by, asked_at, asked_because,
        closed_by, closed_at, closed_alone, closed_because, deposit_on, dispatches, copies, counts, sha256, size,
        handed_over_by, handed_over_how, received_by, received_copies, posted_on)
    SELECT issue.id, house.id, 'main', 1, 'posted', 'staff:1', %(at)s, '', 'staff:2', %(at)s, false, '', issue.post_on, 0, 0,
        '{}', repeat('0', 64), 0, 'staff:1', 'download', 'staff:1', 0, issue.posted_on
    FROM (SELECT * FROM subscriptions_issue WHERE id >= 1000 AND posted_on IS NOT NULL ORDER BY number DESC LIMIT 1) AS issue,
        (SELECT min(id) AS id FROM subscriptions_mailinghouse) AS house
    ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO subscriptions_dispatch (run_id, issue_id, place, key, kind, subscription_id, entitlement_id, number, contract,
        address_id, copies, zone, copies_left, insert_code)
    SELECT run.id, run.issue_id, term.subscription_id, 'K' || term.subscription_id, 'ABO', term.subscription_id, copy.id,
        'n', 'n-1', term.subscription_id, 1, 'METR', 1, ''
    FROM subscriptions_mailingrun run JOIN subscriptions_entitlement copy ON copy.issue_id = run.issue_id
    JOIN subscriptions_term term ON term.id = copy.term_id AND term.id >= %(first)s WHERE run.closed_by = 'staff:2'
    """,
    """
    INSERT INTO subscriptions_copyreturn (dispatch_id, reason_code, source, "on", effect, effect_at, actor, at)
    SELECT id, 1 + id %% 4, 'file', %(at)s, 'moved', %(at)s, 'staff:1', %(at)s
    FROM subscriptions_dispatch WHERE subscription_id >= %(first)s AND subscription_id %% 16 = 0
    """,
    """
    INSERT INTO subscriptions_claim (subscription_id, entitlement_id, issue_id, round, reason, by, department, in_window, nth,
        state, state_since, tracked, actor, at)
    SELECT subscription_id, entitlement_id, issue_id, 1, 'not_received', 'reader', '69', true, 1,
        CASE WHEN subscription_id %% 16 = 0 THEN 'on_desk' ELSE 'credited' END,
        %(at)s - subscription_id %% 1000000 * INTERVAL '1 second', false, 'reader:1', %(at)s
    FROM subscriptions_dispatch WHERE subscription_id >= %(first)s AND subscription_id %% 8 = 0
    """,
    """
    INSERT INTO payments_deskitem (desk, kind, subject, sentence, opened_at, closed_by, closed_because)
    SELECT (ARRAY['fulfilment', 'support', 'finance'])[1 + s %% 3], 'claim', 'subscription:' || s, 'À regarder.', %(at)s, '', ''
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS s WHERE s %% 1000 = 0
    """,
)


def run() -> dict[str, Any]:
    """The worst page: its 95th percentile at all readers over the same at a thousand; whether its queries are the same."""
    with stack() as shop:
        inside(shop)
        at = datetime.combine(datetime.now().astimezone().date(), time(11)).astimezone()
        _add(superuser_of(shop), FIRST, FEW, at=at)
        team = _team()
        before = dict(_look(team, FEW))
        begun = clock()
        _add(superuser_of(shop), FIRST + FEW, READERS - FEW, at=at)
        print(f"  {READERS:,} readers made in {clock() - begun:.0f} s", flush=True)
        after = dict(_look(team, READERS))
    ratios, usual = {}, {}
    for name, (few, few_usual, asked) in before.items():
        many, many_usual, asked_then = after[name]
        ratios[name] = many / max(few, LEAST_MS)
        usual[name] = many_usual / max(few_usual, LEAST_MS)
        same = "" if asked == asked_then else f", {asked_then} at the end"
        print(
            f"  {few:7.1f} ms {many:9.1f} ms  {ratios[name]:6.2f} ({usual[name]:.2f})  {asked:3d} queries{same}  {name}"
        )
    worst = max(ratios, key=lambda name: ratios[name])
    other = [name for name in before if before[name][2] != after[name][2]]
    return {
        "value": round(after[worst][0], 1),
        "reference": round(before[worst][0], 1),
        "ratio": round(ratios[worst], 2),
        "unit": f"ms (p95) of the worst page, {worst}, at {READERS:,} readers and at {FEW:,}",
        "queries": after[worst][2],
        "pages": len(ratios),
        "slower_than_twice": {name: round(ratio, 2) for name, ratio in ratios.items() if ratio > MOST},
        "by_the_median": {name: round(ratio, 2) for name, ratio in usual.items() if ratio > MOST},
        "targets": {
            f"{ratios[worst]:.2f} times as long at the most <= {MOST:.0f}": ratios[worst] <= MOST,
            f"{len(other)} pages with other queries ({', '.join(other) or 'none'}) <= 0": not other,
        },
    }


def _add(superuser: str, first: int, many: int, *, at: datetime) -> None:
    fill(superuser, subscriptions=many, at=at, first=first)
    with psycopg.connect(superuser, autocommit=True) as database:
        database.execute("SET session_replication_role = replica")
        said = {"first": first, "last": first + many - 1, "at": at}
        for statement in (NAMES, *LOST):
            database.execute(statement, said)
        database.execute("VACUUM ANALYZE")


def _team() -> list[Colleague]:
    """One colleague of each role, signed in with both factors."""
    from django.test import Client

    from shop.backoffice.roles import ensure_roles
    from tests.backoffice.colleagues import hire

    ensure_roles()
    team = [hire(role) for role in ("administrator", "finance", "fulfilment", "support")]
    for colleague in team:
        colleague.sign_in(Client(headers={"host": os.environ["SITE_URL"].partition("://")[2]}))
    return team


def _pages(readers: int) -> Iterator[tuple[str, str]]:
    """Each page by its name: lists from their beginning, from their middle and filtered; searches; one reader."""
    from django.urls import reverse

    from shop.backoffice.menu import DESK_RIGHTS, ROOMS

    one = FIRST + FEW // 2
    yield "home", reverse("desk_home")
    for desk in DESK_RIGHTS:
        yield f"desk {desk}", reverse("desk_items", args=[desk])
    for _right, _label, name in ROOMS:
        yield name, reverse(name)
    for name, state in (
        ("desk_orders", "paid"), ("desk_letters", "sent"), ("desk_payments", "succeeded"), ("desk_claims", "on_desk"),
    ):  # fmt: skip
        yield f"{name}, {state}", f"{reverse(name)}?etat={state}"
    for name in ("desk_orders", "desk_payments", "desk_invoices"):
        yield f"{name}, from the middle", f"{reverse(name)}?apres={_place(FIRST + readers // 2)}"
    search = reverse("desk_search")
    for what, words in (
        ("one in eight", "amandine"), ("nearly all", "lyon"), ("two words", "amandine lefevre"), ("e-mail", f"r{one}@exemple.fr"),
        ("a number", str(one)), ("a slip of the pen", f"amendine lefevvre {one}"), ("nobody", "zzyzx"),
    ):  # fmt: skip
        yield f"search: {what}", f"{search}?q={words}"
    yield "one reader", reverse("desk_person", args=[one])
    yield "one subscription", reverse("desk_subscription", args=[one])


def _place(key: int) -> str:
    """Where a list goes on after a row."""
    from django.core import signing

    from shop.backoffice.paging import _SALT

    return signing.Signer(salt=_SALT).sign_object([str(key), key])


def _look(team: list[Colleague], readers: int) -> Iterator[tuple[str, tuple[float, float, int]]]:
    """Each page some times: milliseconds (p95 and median) and queries."""
    for name, url in _pages(readers):
        browser = next((one.browser for one in team if one.browser.get(url).status_code in (200, 302)), None)
        assert browser is not None, f"nobody may see {name}"
        with queries() as made:
            browser.get(url)
        took = []
        for _round in range(ROUNDS):
            begun = clock()
            browser.get(url)
            took.append((clock() - begun) * 1000)
        yield name, (statistics.quantiles(took, n=20)[-1], statistics.median(took), len(made))
