"""What readers, staff and the world do: importing this fills the tables of acts."""

from __future__ import annotations

from tests.simulation.acts import account as account
from tests.simulation.acts import banks as banks
from tests.simulation.acts import buying as buying
from tests.simulation.acts import claiming as claiming
from tests.simulation.acts import free_copies as free_copies
from tests.simulation.acts import given_back as given_back
from tests.simulation.acts import giving as giving
from tests.simulation.acts import institutions as institutions
from tests.simulation.acts import losing as losing
from tests.simulation.acts import moving_house as moving_house
from tests.simulation.acts import pausing as pausing
from tests.simulation.acts import renewing as renewing
from tests.simulation.acts import returning as returning
from tests.simulation.acts import singles as singles
from tests.simulation.acts import staff as staff
from tests.simulation.acts import staying as staying
from tests.simulation.acts import stopping as stopping
from tests.simulation.acts import taking_over as taking_over
