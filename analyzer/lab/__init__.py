"""The lab: records what every outcome of keep-alive looks like, from a real kernel.

Hosts are network namespaces (`hosts`, with `agent` inside), joined through a router (`network`),
which may track connections (`middlebox`), or by a switch (`lan`). A scenario (`scenarios/`) plays
on a stage (`stage`, which acts on hosts and network by `setting`) while one of the router's
interfaces is captured (`capture`), and states what the recording must give (`truth`), which the
kernel's own counters have to confirm (`tally`). `recording` puts capture and statement (`sidecar`)
into one folder; `side_by_side` makes several recordings at once.

Needs Linux, root, iproute2, util-linux, and dumpcap or tcpdump, a middlebox iptables too; importing
it needs none of them.
"""

from analyzer.lab.hosts import LabError, require_lab
from analyzer.lab.recording import Recording, record
from analyzer.lab.scenarios import SCENARIOS, Scenario
from analyzer.lab.side_by_side import run_side_by_side

__all__ = ["SCENARIOS", "LabError", "Recording", "Scenario", "record", "require_lab", "run_side_by_side"]
