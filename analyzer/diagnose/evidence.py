"""The rows of the event store that diagnosis looks at, taken out of it in one pass."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analyzer import kinds
from analyzer.diagnose.runs import find_runs, probe_events
from analyzer.facts import Events, Rows
from analyzer.records import EVENT, as_records, taken

OF_ARP = (1 << kinds.ARP_ASK) | (1 << kinds.ARP_TELL)
OF_PROBING = 1 << kinds.KEEPALIVE_PROBE
"""Who wants keep-alive probes gets what answers them too, whatever its kind."""


def bits_of(wanted: tuple[int, ...]) -> int:
    """Kinds of segments as one bit each."""
    return sum(1 << kind for kind in wanted)


class Evidence:
    """rows: EVENT rows, ordered by flow, then frame. arp: those of ARP, which are of no flow."""

    def __init__(self, events: Events, wanted: NDArray[np.uint32], every: int) -> None:
        """events: the store. wanted: by flow, a bit for each kind; one more stands for rows of no flow.

        every: the bits that any flow has. ARP rows are kept where any flow wants them.
        """
        kept, arp = [np.zeros(0, EVENT)], [np.zeros(0, EVENT)]
        for batch in events.batches() if every else ():
            mask = are_wanted(batch, wanted[np.minimum(batch.flow, len(wanted) - 1)])
            if mask.any():
                kept.append(taken(batch, mask))
            if every & OF_ARP:
                arp.append(taken(batch, np.isin(batch.kind, (kinds.ARP_ASK, kinds.ARP_TELL))))
        self.rows = by_flow(np.concatenate(kept))
        self._flow = self.rows.flow.astype(np.int64)
        self.arp = as_records(np.concatenate(arp))

    def find_probing(self, chosen: NDArray[np.int64]) -> tuple[Rows, Rows]:
        """RUN rows and EVENT rows of probing of these flows, as CaptureResult.find_probing gives them."""
        probed = probe_events([self._about(np.unique(chosen))])
        return find_runs(probed), probed

    def of(self, chosen: NDArray[np.int64], wanted: tuple[int, ...]) -> Rows:
        """The rows of these flows (ascending) and kinds, in the same order."""
        rows = self._about(chosen)
        mask = are_wanted(rows, np.uint32(bits_of(wanted)))
        return rows if mask.all() else taken(rows, mask)

    def _about(self, chosen: NDArray[np.int64]) -> Rows:
        """The rows of these flows (ascending), in the same order."""
        begin = np.searchsorted(self._flow, chosen, "left")
        count = np.searchsorted(self._flow, chosen, "right") - begin
        before = np.cumsum(count) - count  # rows of the flows chosen before each
        return taken(self.rows, np.repeat(begin - before, count) + np.arange(count.sum()))


def by_flow(kept: NDArray[Any]) -> Rows:
    """Rows in frame order, ordered by flow, then frame. NumPy sorts 16 bits much faster than 32."""
    low = np.argsort((kept["flow"] & 0xFFFF).astype(np.uint16), kind="stable")
    high = (kept["flow"] >> 16).astype(np.uint16)
    order = low[np.argsort(high[low], kind="stable")] if high.any() else low
    return taken(kept, order)


def are_wanted(batch: Rows, bits: Any) -> NDArray[np.bool_]:
    """Which rows are of kinds among the bits (one for all, or one each)."""
    mask: NDArray[np.bool_] = (bits >> batch.kind & 1).astype(np.bool_)
    answers = (batch.answers != 0) & (batch.sender != kinds.NO_SENDER)  # others hold an address there
    mask |= answers & ((bits & OF_PROBING) != 0)
    return mask
