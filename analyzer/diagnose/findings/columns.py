"""Columns that several families make of those of `Flows`, shape (n, 2) by side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analyzer import kinds
from analyzer.diagnose.context import Flows
from analyzer.sequence import distances

NEVER_NS = (1 << 63) - 1
RESET_VERDICTS = (kinds.MIDDLEBOX_RESET, kinds.PEER_REBOOTED, kinds.RESET_VERDICT)


def heard_until(flows: Flows) -> NDArray[np.int64]:
    """When each side was last heard, in ns; the RST that ended the connection does not count."""
    until: NDArray[np.int64] = flows.side("last_time").copy()
    ended = np.flatnonzero(flows.judged(*RESET_VERDICTS) & (flows.flow("decided_life") != kinds.MISSING))
    until[ended, flows.flow("decided_by")[ended]] = flows.flow("decided_life")[ended]
    return until


def pending_octets(flows: Flows) -> NDArray[np.int64]:
    """Octets of payload that each side had sent and that were not acknowledged at the end.

    0 where the peer never acknowledged anything, and where numbers ran backwards: nobody knows then.
    """
    fin = flows.side_marked(kinds.SIDE_FIN) & ~flows.side_marked(kinds.SIDE_FIN_ACKED)
    octets = distances(flows.side("next_seq"), flows.side("acked")) - fin
    known = flows.side_marked(kinds.SIDE_ACKED) & ~flows.side_marked(kinds.SIDE_DISORDER)
    pending: NDArray[np.int64] = np.where(known, np.maximum(octets, 0), 0)
    return pending
