"""What a simulation is told: how long, how many, from which seed, with which faults. The same plan is the same run."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Plan:
    """`faults`: their names. `bulk`: readers beside the `readers`, who buy without the pages and renew automatically;
    `bulk_days`: within how many days they come; `bulk_live`: they do what readers do.

    `until_step`: stop before this step, to look at what a report named. `audit_months`: how often the invariants are asked.
    """

    years: float = 3
    readers: int = 100
    seed: int = 0
    faults: Sequence[str] = ()
    begins: date = date(2026, 12, 1)
    bulk: int = 0
    bulk_days: int = 365
    bulk_live: bool = False
    until_step: int | None = None
    audit_months: int = 1

    def chance(self, *of: object) -> random.Random:
        """A source of chance of its own for one matter: what others draw does not change it."""
        return random.Random("/".join(map(str, (self.seed, *of))))
