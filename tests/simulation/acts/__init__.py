"""What readers, staff and the world do: importing this fills the tables of acts."""

from __future__ import annotations

from tests.simulation.acts import account as account
from tests.simulation.acts import banks as banks
from tests.simulation.acts import buying as buying
from tests.simulation.acts import giving as giving
from tests.simulation.acts import pausing as pausing
from tests.simulation.acts import renewing as renewing
from tests.simulation.acts import staff as staff
from tests.simulation.acts import stopping as stopping
