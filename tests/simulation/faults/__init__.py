"""What goes wrong: importing this fills the table of faults."""

from __future__ import annotations

from tests.simulation.faults import dying as dying
