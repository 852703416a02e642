"""What goes wrong: importing this fills the table of faults."""

from __future__ import annotations

from tests.simulation.faults import bank as bank
from tests.simulation.faults import clocks as clocks
from tests.simulation.faults import dying as dying
from tests.simulation.faults import letters as letters
from tests.simulation.faults import network as network
from tests.simulation.faults import stripe_account as stripe_account
from tests.simulation.faults import webhooks as webhooks
