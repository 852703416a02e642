"""The stand-in's clock: the machine's, moved by an offset, or standing still. Seconds since 1970, UTC."""

import time
from typing import Any

DAY = 86_400


class Clock:
    """Reads the time; may be set, advanced, frozen and released. Its state is one small dict that the store keeps."""

    def __init__(self) -> None:
        self._offset = 0
        self._frozen: int | None = None

    def now(self) -> int:
        """The present second."""
        return self._frozen if self._frozen is not None else int(time.time()) + self._offset

    def set(self, instant: int) -> None:
        """Show `instant` from now on; a frozen clock stays frozen there."""
        if self._frozen is not None:
            self._frozen = instant
        else:
            self._offset = instant - int(time.time())

    def freeze(self) -> None:
        """Stand still at the present second."""
        self._frozen = self.now()

    def release(self) -> None:
        """Run again from where it stood."""
        instant, self._frozen = self.now(), None
        self._offset = instant - int(time.time())

    @property
    def frozen(self) -> bool:
        """Whether it stands still."""
        return self._frozen is not None

    def state(self) -> dict[str, Any]:
        """What must survive a restart."""
        return {"offset": self._offset, "frozen": self._frozen}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up the state kept by a store."""
        self._offset, self._frozen = state["offset"], state["frozen"]


def add_business_days(instant: int, days: int) -> int:
    """`instant` moved by so many days, Saturdays and Sundays not counted."""
    while days > 0:
        instant += DAY
        if time.gmtime(instant).tm_wday < 5:
            days -= 1
    return instant
