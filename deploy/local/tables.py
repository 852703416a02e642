"""`make tables`: print the tables that the code decides by into docs/tables.md, and the columns of an import into
docs/import.md; a test says when they are no longer those.

No row is written by hand: whoever changes a rule changes the page with it. What the reader is told is printed in French,
as it is told.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
from django.utils import translation

from deploy.local.check import SETTINGS

if TYPE_CHECKING:
    from payments.gateway import Row

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "tables.md"
#: The day on which the calendar of one renewal is shown; the page says how each day lies to it.
R = date(2027, 3, 15)
HEAD = """# The tables that the code decides by

Printed from the code by `make tables`; do not edit. `tests/docs/` fails when this page is not what the code says, and when
a row of the first five tables has no test of its name.
"""


def text() -> str:
    """The whole page."""
    with translation.override("fr"):
        parts = [
            HEAD,
            _codes(),
            _families(),
            _retries(),
            _states(),
            _copies(),
            _losses(),
            _transmissions(),
            _receipts(),
            _movements(),
            _discrepancies(),
            _year(),
            _letters(),
            _timetable(),
        ]
    return "\n".join(part.rstrip() + "\n" for part in parts)


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def _codes() -> str:
    from payments.gateway import rows

    said = (
        "## What each code of a bank or of Stripe leads to\n\nTests: `tests/gateway/test_codes.py` (as Stripe sends it), "
        "`tests/renewals/test_outcomes.py` (what becomes of the renewal). A code that is not here is of the family "
        "`other`, and is never tried again.\n\n"
    )
    return said + _table(
        ("code", "who says it", "family", "what happens to a renewal"),
        [(f"`{row.code}`", row.rail.value, row.family.value, _what_happens(row)) for row in rows()],
    )


def _what_happens(row: Row) -> str:
    from payments.gateway import Outcome, Rail
    from subscriptions.renewals.calendar import CARD_RETRIES, SEPA_RETRIES

    debit = row.rail in (Rail.SEPA, Rail.BANK)
    if row.outcome == Outcome.ACTION_REQUIRED:
        return "the reader confirms on the secure page"
    if row.retry and (SEPA_RETRIES if debit else CARD_RETRIES).get(row.family):
        return "tried again on another day"
    return "another means of payment is asked for"


def _families() -> str:
    from payments.gateway.families import SENTENCES

    return "## What the reader is told, by family\n\n" + _table(
        ("family", "sentence"), [(family.value, sentence) for family, sentence in SENTENCES.items()]
    )


def _retries() -> str:
    from payments.gateway import Family

    said = (
        "## When the same means is charged again\n\nDays after the first charge, as long as they lie 7 to 30 days after "
        "the word of the debit and before the end (R + 21). Test: `tests/pure/test_renewal_calendar.py`.\n\n"
    )
    return said + _table(
        ("family", "card", "SEPA debit"),
        [(family.value, _days(family, "card"), _days(family, "sepa_debit")) for family in Family],
    )


def _days(family: object, kind: str) -> str:
    from payments.gateway import Family
    from subscriptions.renewals.calendar import SEPA, next_try, renewal_days

    found = [
        next_try(
            renews_on=R,
            first_charged_on=R,
            tries=tries,
            family=Family(family),  # type: ignore[arg-type]
            method_kind=kind,
            pre_debit_sent_on=renewal_days(R, method_kind=SEPA if kind == SEPA else "card").pre_debit_on,
        )
        for tries in range(1, 6)
    ]
    return ", ".join(f"R + {(day - R).days}" for day in found if day) or "never"


def state_tables() -> Mapping[str, Mapping[str, frozenset[str]]]:
    """Every state table of the code, by what stands in it."""
    from payments import disputing, refunds, settling
    from payments.answering import moving as answers
    from payments.cheques import moving as cheques
    from payments.exports import moving as requests
    from subscriptions import moving
    from subscriptions.escrow import moving as escrow
    from subscriptions.fulfilment import moving as issues
    from subscriptions.importing import moving as imports
    from subscriptions.losses import moving as losses
    from subscriptions.notices import moving as notices
    from subscriptions.orders import moving as orders
    from subscriptions.renewals import moving as renewals
    from subscriptions.stopping import moving as declarations
    from subscriptions.transmitting import moving as transmissions

    return {
        "order": orders.TRANSITIONS,
        "payment": settling.TRANSITIONS,
        "refund": refunds.TRANSITIONS,
        "dispute": disputing.TRANSITIONS,
        "cheque": cheques.TRANSITIONS,
        "dispute_answer": answers.TRANSITIONS,
        "file_request": requests.TRANSITIONS,
        "renewal": renewals.TRANSITIONS,
        "subscription": moving.TRANSITIONS,
        "notice": {str(state): frozenset(map(str, to)) for state, to in notices.MOVES.items()},
        "issue": issues.TRANSITIONS,
        "run": issues.RUN_TRANSITIONS,
        "transmission": transmissions.TRANSITIONS,
        "escrow": escrow.TRANSITIONS,
        "declaration": declarations.TRANSITIONS,
        "claim": losses.TRANSITIONS,
        "doubt": losses.DOUBT_TRANSITIONS,
        "incident": losses.INCIDENT_TRANSITIONS,
        "import": imports.TRANSITIONS,
    }


def _states() -> str:
    parts = ["## From which state to which\n\nWhat is not here does not happen. Tests: `tests/states/test_tables.py`."]
    for name, table in state_tables().items():
        rows = [
            (f"`{came}`", ", ".join(f"`{to}`" for to in sorted(map(str, allowed))) or "final")
            for came, allowed in table.items()
        ]
        parts.append(f"### {name.capitalize()}\n\n" + _table(("from", "to"), rows))
    return "\n\n".join(parts)


def _copies() -> str:
    from subscriptions.moving import MOVEMENTS
    from subscriptions.singles import moving as singles

    rows = [
        (f"`{kind}`", ", ".join(f"`{state}`" for state in sorted(map(str, came))), f"`{to}`")
        for kind, (came, to) in MOVEMENTS.items()
    ]
    sold = [
        (f"`{kind}`", ", ".join(f"`{state}`" for state in sorted(map(str, came))), f"`{to}`")
        for kind, (came, to) in singles.MOVEMENTS.items()
    ]
    heads = ("movement", "from", "to")
    return f"### Copy (entitlement)\n\n{_table(heads, rows)}\n\n### Sold issue\n\n{_table(heads, sold)}"


def _losses() -> str:
    from subscriptions.losses.rules import CLAIMS, RETURNS

    back = _table(
        ("case", "when (the first that fits)", "the address", "copies", "letter", "a person", "sent again"),
        [
            (
                f"`{case}`", row.when, row.doubt or "as it was", "held" if row.holds else "sent", f"`{row.letter}`" if row.letter else "",
                "at once" if row.desk else "", "at once" if row.resend else "once the reader has answered" if row.doubt else "",
            )
            for case, row in RETURNS.items()
        ],
    )  # fmt: skip
    claims = _table(
        ("case", "when (the first that fits)", "the claim", "letter", "tracked"),
        [
            (f"`{case}`", row.when, f"`{row.state}`", f"`{row.letter}`", "yes" if row.tracked else "")
            for case, row in CLAIMS.items()
        ],
    )
    return (
        "## Copies that came back (PND)\n\nWithout an answer within the days of `LossRule` a person looks. Tests: "
        f"`tests/losses/test_rules.py`.\n\n{back}\n\n"
        f"## Claims\n\nThe figures are data (`LossRule`). Tests: `tests/losses/test_rules.py`.\n\n{claims}"
    )


def _transmissions() -> str:
    from subscriptions.transmitting.outcomes import OUTCOMES, WAITS

    waits = ", ".join(f"{wait.total_seconds() / 60:.0f}" for wait in WAITS)
    rows = [
        (f"`{word}`", row.sentence, f"after {waits} minutes" if row.again else "never: a person decides")
        for word, row in OUTCOMES.items()
    ]
    return (
        "## A file that did not reach the mailing house\n\nTests: `tests/transmitting/test_sending.py`.\n\n"
        + _table(("fault", "what is said on fulfilment’s desk", "tried again"), rows)
    )


def _receipts() -> str:
    from shop.account.receipts import SENTENCES, STEPS

    steps = [(f"`{step}`", words) for step, words in STEPS.items()]
    stands = [(f"`{name}`", sentence) for name, sentence in SENTENCES.items()]
    return (
        "## What the receipt of a copy says\n\nTests: `tests/receipts/test_receipts.py`. What happened, each with its day:\n\n"
        + _table(("step", "words"), steps)
        + "\n\nWhere it stands:\n\n"
        + _table(("copy", "sentence"), stands)
    )


def _movements() -> str:
    from payments.reconciliation.meanings import KEYS, TABLE, About

    said = (
        "## What a line of Stripe's balance is to the books\n\nTests: `tests/reconciliation/test_meanings.py`. By Stripe's type and "
        "category. What is about somebody's payment is booked by its owner; of another product it goes to `FOREIGN`, and "
        "what the books should know and do not to `UNEXPLAINED`, as does every type that is not here.\n\n"
    )
    rows = [
        (
            f"`{kind}`",
            f"`{category}`" if category else "any other",
            "a reader's payment" if isinstance(one, About) else one.label,
            _key(KEYS, one),
        )
        for (kind, category), one in TABLE.items()
    ]
    return said + _table(("type", "category", "is", "account key"), rows)


def _key(keys: Mapping[Any, str | None], one: Any) -> str:
    key = keys.get(one)
    return f"`{key}`" if key else "its owner's"


def _discrepancies() -> str:
    from payments.reconciliation.sentences import GONE_LATER, MATCHED_LATER, SENTENCES
    from shop.backoffice.payout_words import DISCREPANCY

    said = (
        "## What reconciliation cannot explain\n\nTests: `tests/reconciliation/test_rows.py` and `test_by_hand.py`, a story each. Finance ends any of them "
        "with a reason, or books its movement where it belongs.\n\n"
    )
    by_itself = {str(kind): "once it is matched" for kind in MATCHED_LATER}
    by_itself |= {str(kind): "once it is gone" for kind in GONE_LATER}
    rows = [
        (f"`{kind}`", DISCREPANCY[kind][0], sentence, by_itself.get(str(kind), "never"))
        for kind, sentence in SENTENCES.items()
    ]
    return said + _table(("kind", "at the desk", "in words", "ends by itself"), rows)


def _year() -> str:
    from subscriptions.calendar import last_day_to_refuse
    from subscriptions.renewals.calendar import SEPA, renewal_days

    card, debit = renewal_days(R, method_kind="card"), renewal_days(R, method_kind=SEPA)
    rows: list[tuple[str, date]] = [
        ("planned, price and address read", card.plan_on),
        ("the law’s window for the legal notice opens", card.legal.opens_on),
        ("legal notice sent at the earliest", card.legal.send_from),
        ("**legal notice sent**", card.legal.target_on),
        *(("another card asked for, where it ends before R", day) for day in card.ask_card_on),
        ("legal notice sent at the latest", card.legal.send_until),
        ("the law’s window closes: not proved by now, by choice only", card.legal.closes_on),
        ("word of a SEPA debit", debit.pre_debit_on),
        ("**word of a card’s debit**", card.pre_debit_on),
        ("the last day to refuse", last_day_to_refuse(R)),
        ("**charge, from ten o’clock**", card.charge_on),
        ("ends for want of payment", card.lapses_on),
    ]
    said = (
        "## The calendar of one renewal\n\nFor R = 15 March 2027; the law’s window is counted in months, so its distance "
        "to R varies by a few days. Test: `tests/pure/test_ten_years.py`.\n\n"
    )
    return said + _table(
        ("what", "day", "to R"),
        [(what, day.isoformat(), _to_r(day)) for what, day in sorted(rows, key=lambda row: row[1])],
    )


def _to_r(day: date) -> str:
    days = (day - R) // timedelta(days=1)
    return "R" if days == 0 else f"R {'+' if days > 0 else '−'} {abs(days)}"


def _letters() -> str:
    from subscriptions.notices.letter import always_true
    from subscriptions.notices.letters import LETTERS

    rows = [
        (
            f"`{kind}`",
            letter.rank.value,
            "always" if letter.untrue_because is always_true else f"unless `{_name(letter.untrue_because)}`",
            "sent again" if letter.on_stall.value == "queued" else "a person decides",
            letter.keep_days,
        )
        for kind, letter in LETTERS.items()
    ]
    return "## Letters\n\nLooked at twice, before it is set and once more when it leaves.\n\n" + _table(
        ("letter", "rank", "leaves", "when its sender died", "kept, days"), rows
    )


def _name(function: object) -> str:
    """Why it is withdrawn, as the function that decides it is called; a reminder's is its own method."""
    said = str(getattr(function, "__name__", "")).replace("_", " ")
    return "not to be reminded" if said == "untrue because" else said


def _timetable() -> str:
    from tasks.schedule import TIMETABLE

    def every(seconds: int) -> str:
        for unit, name in ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
            if seconds % unit == 0:
                count = seconds // unit
                return f"{count} {name}{'s' if count > 1 else ''}"
        return ""

    rows = [
        (
            f"`{job.name}`",
            f"every day at {job.at[0]}:{job.at[1]:02d}" if job.at else f"every {every(job.every)}",
            every(job.alarm_after),
            job.reason,
        )
        for job in TIMETABLE
    ]
    return "## The timetable\n\nHours of Paris.\n\n" + _table(("job", "when", "alarm after", "why"), rows)


#: What a file of another house's subscribers says, for whoever makes it.
COLUMNS_PAGE = PAGE.with_name("import.md")
COLUMNS_HEAD = """# Fichier de reprise d’abonnés

Imprimé depuis le code par `make tables` ; ne pas modifier. `tests/docs/` échoue quand cette page ne dit pas ce que dit le code.

Un fichier CSV, une ligne par abonné, des points-virgules entre les cellules, en UTF-8 (avec ou sans marque d’ordre des
octets) ou en Windows-1252 si on le dit en le déposant. La première ligne porte les noms des colonnes, dans n’importe quel
ordre. Une colonne qui n’est pas exigée peut manquer, ou rester vide. Une cellule ne contient ni saut de ligne ni caractère
de contrôle, et ne commence pas comme une formule de tableur (`=`, `+`, `-`, `@`).

Le fichier se dépose sous « Reprises d’abonnés » avec les totaux que l’ancienne maison déclare : abonnés, exemplaires dus,
valeur hors taxes de ces exemplaires (celle des exemplaires restants dans le prix payé, comme au paragraphe 6.3 de la page
de droit). Il est lu ligne par ligne ; rien n’entre avant que toutes les lignes soient justes, que les trois totaux
concordent, et qu’un collègue ait dit oui. Aucune facture n’est émise et aucune TVA n’est comptée : l’ancienne maison l’a
fait.
"""


def columns_text() -> str:
    """The page of the columns of an import."""
    from subscriptions.importing.columns import COLUMNS
    from subscriptions.importing.lines import LARGEST, LONGEST_LINE, MOST_LINES

    rows = [
        (
            f"`{column.name}`",
            "jamais vide" if column.filled else "la colonne" if column.required else "",
            column.says,
            f"`{column.example}`",
        )
        for column in COLUMNS
    ]
    limits = (
        f"Au plus {LARGEST // 1024 // 1024} Mo, {MOST_LINES:,} abonnés et {LONGEST_LINE:,} octets par ligne."
    ).replace(",", "\u00a0")
    return f"{COLUMNS_HEAD}\n{limits}\n\n{_table(('colonne', 'exigée', 'ce qui s’y trouve', 'exemple'), rows)}\n"


def main() -> None:
    """Write the pages."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("STATIC_ROOT", str(PAGE.parent))
    django.setup()
    PAGE.write_text(text(), encoding="utf-8")
    COLUMNS_PAGE.write_text(columns_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
