"""The lab: records what every outcome of keep-alive looks like, from a real kernel.

Hosts are network namespaces (`hosts`, with `agent` inside), joined through a router (`network`),
which may track connections (`middlebox`), or by a switch (`lan`). A scenario (`scenarios/`) plays
on a stage (`stage`, which acts on hosts and network by `setting`) while one of the router's
interfaces is captured (`capture`), and states what the recording must give (`truth`), which the
kernel's own counters have to confirm (`tally`). `recording` puts capture and statement (`sidecar`)
into one folder; `side_by_side` makes several recordings at once.

`requirements` is what all this needs of a machine; importing it needs nothing.
"""

from analyzer.lab.failures import LabError, NotAsPlannedError
from analyzer.lab.recording import Recording, record
from analyzer.lab.requirements import require_lab
from analyzer.lab.scenarios import SCENARIOS, OverIPv6, Scenario
from analyzer.lab.side_by_side import run_side_by_side

__all__ = [
    "SCENARIOS",
    "LabError",
    "NotAsPlannedError",
    "OverIPv6",
    "Recording",
    "Scenario",
    "record",
    "require_lab",
    "run_side_by_side",
]
