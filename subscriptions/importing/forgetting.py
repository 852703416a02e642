"""Until when is it kept what a file said of people? Until it is let in, and thirty days where it is not.

Then a file that nobody decided about is put aside, and the lines that were not let in keep what was wrong with them by
column and code, without the words (GDPR art. 5, 1, e; law.md 4.10).
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from django.db import connection, transaction

from payments.actors import Actor
from subscriptions.importing.deciding import CannotDecide, discard
from subscriptions.models import ImportFile

State = ImportFile.State
KEPT = timedelta(days=30)
BECAUSE = "nobody decided about it in time"
# Sentences may say what was typed; the column and the code stay, and say what it was.
FORGET = """
UPDATE subscriptions_importrow AS row SET cells = '{}',
    faults = COALESCE((SELECT jsonb_agg(one - 'sentence' || '{"sentence": ""}') FROM jsonb_array_elements(faults) one), '[]'),
    warnings = COALESCE((SELECT jsonb_agg(one - 'sentence' || '{"sentence": ""}') FROM jsonb_array_elements(warnings) one), '[]')
FROM subscriptions_importfile AS file
WHERE file.id = row.file_id AND file.state IN ('let_in', 'discarded') AND file.state_since < %s
    AND (row.cells <> '{}' OR row.faults @? '$[*].sentence ? (@ != "")' OR row.warnings @? '$[*].sentence ? (@ != "")')
"""


def forget(*, actor: Actor, at: datetime) -> int:
    """Put aside what was left lying, and forget what was said; returns how many lines were emptied. Safe to repeat."""
    stale = ImportFile.objects.filter(state__in=(State.TO_CHECK, State.CHECKED), state_since__lt=at - KEPT)
    for key in stale.order_by("pk").values_list("pk", flat=True):
        with suppress(CannotDecide):  # somebody decided about it this very moment
            discard(key, actor=actor, reason=BECAUSE, at=at)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FORGET, [at - KEPT])
        return int(cursor.rowcount)
