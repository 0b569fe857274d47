"""What has been told of each connection of a live capture, so that each thing is told once.

A verdict that the next segment may change (an answer is on its way, a handshake goes on) is told once it
has held for a while; one that a frame has decided, at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analyzer import kinds
from analyzer.facts import Rows
from analyzer.records import as_records, taken

TOLD = np.dtype(
    [
        ("since", "<i8"),  # ns, the latest segment when the verdict became what it is
        ("marks", "<u4"),  # findings told, bit 1 << name
        ("verdict", "u1"),  # told last, UNDECIDED: none
        ("now", "u1"),  # the verdict of now
        ("stirred", "?"),  # something of it came since findings were looked for
        ("spared", "?"),  # the verdict of now is not told, being one of too many
    ]
)

FINAL = np.zeros(256, np.bool_)
FINAL[
    [
        kinds.REFUSED,
        kinds.CLOSED,
        kinds.MIDDLEBOX_RESET,
        kinds.PEER_REBOOTED,
        kinds.PEER_DEAD,
        kinds.RESET_VERDICT,
    ]
] = True
"""Verdicts that are told at once."""

WELL = np.zeros(256, np.bool_)
WELL[[kinds.ALIVE, kinds.OPEN]] = True
"""Verdicts between which a healthy connection goes back and forth."""

CROWD = np.zeros(256, np.bool_)
CROWD[[kinds.NO_ANSWER, kinds.UNKNOWN, kinds.REFUSED]] = True
"""Verdicts that anybody can bring about in any number, with answers or without."""

UNSAID = np.zeros(256, np.bool_)
UNSAID[[kinds.UNKNOWN, kinds.UNDECIDED]] = True
"""Verdicts that say nothing."""


def of_the_crowd(verdicts: NDArray[np.uint8], flows: Rows) -> NDArray[np.bool_]:
    """Which of these flows anybody could have made, in any number: nothing ever came of them."""
    lone = ~(flows.side["marks"] & kinds.SIDE_SENT != 0).all(axis=1)
    crowd: NDArray[np.bool_] = CROWD[verdicts] | lone
    return crowd


class Told:
    """One row for each of the flow table, in the same order."""

    def __init__(self) -> None:
        self.rows = as_records(np.zeros(0, TOLD))

    def note(self, verdicts: NDArray[np.uint8], flows: Rows) -> None:
        """The verdicts of now, of all FLOW rows; new rows are those at the end."""
        if len(verdicts) > len(self.rows):
            more = as_records(np.zeros(len(verdicts) - len(self.rows), TOLD))
            more.verdict[:] = more.now[:] = kinds.UNDECIDED
            self.rows = as_records(np.concatenate([self.rows, more]))
        changed = np.flatnonzero(self.rows.now != verdicts)
        self.rows.now[:] = verdicts
        self.rows.spared[changed] = False
        self.rows.since[changed] = flows.side["last_time"][changed].max(axis=1, initial=kinds.MISSING)

    def due(self, now_ns: int, settled_ns: int) -> NDArray[np.bool_]:
        """Whose verdict is to be told. settled_ns: how long one holds before it is believed."""
        rows = self.rows
        settled = FINAL[rows.now] | (now_ns - rows.since >= settled_ns)
        due: NDArray[np.bool_] = settled & self.changed()
        return due

    def changed(self) -> NDArray[np.bool_]:
        """Whose verdict is not the one that was told; one that says nothing, where one was."""
        rows = self.rows
        well = WELL[rows.now] & WELL[rows.verdict]
        unsaid = UNSAID[rows.now] & UNSAID[rows.verdict]
        changed: NDArray[np.bool_] = (rows.now != rows.verdict) & ~well & ~unsaid
        return changed

    def only(self, chosen: NDArray[np.bool_]) -> Told:
        """A copy of these rows."""
        some = Told()
        some.rows = taken(self.rows, chosen)
        return some

    def keep(self, kept: NDArray[np.bool_]) -> None:
        """The other rows left the flow table."""
        self.rows = taken(self.rows, kept)
