"""What readers, staff and the world do: importing this fills the table of acts."""

from __future__ import annotations

from tests.simulation.acts import buying as buying
from tests.simulation.acts import renewing as renewing
