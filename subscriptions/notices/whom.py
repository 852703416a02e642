"""Which record of a reader is written to by now: the one that took the place of a merged one."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model


def reader_by_now(customer_id: int | None) -> Any:
    """The living record of a reader that money or a paper still names by an older one; None if erased. One query.

    Whoever has no e-mail is a reader all the same: their letters go on paper.
    """
    if customer_id is None:
        return None
    people: Any = get_user_model()._default_manager
    found = people.select_related("merged_into").filter(pk=customer_id).first()
    living = found.merged_into or found if found is not None else None
    return living if living is not None and living.erased_on is None else None
