"""The labelled segments of one capture: in memory up to a million, beyond that in Arrow files."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from analyzer import kinds
from analyzer.facts import Events, Rows
from analyzer.records import EVENT, PROBING, as_records, rows, taken
from analyzer.track.kernels.probes import ORDINAL_SHIFT

IN_MEMORY = 1_000_000
BATCH = 1 << 16  # rows: 4 MB
NO_EVENT = np.zeros(256, bool)
NO_EVENT[list(kinds.PACKETS_ONLY)] = True
COUNTED_KINDS = {
    "data_count": kinds.DATA,
    "retransmission_count": kinds.RETRANSMISSION,
    "window_update_count": kinds.WINDOW_UPDATE,
    "dup_ack_count": kinds.DUP_ACK,
    "ack_count": kinds.ACK,
}
"""FLOW fields of the kinds that a tentative segment may be otherwise."""


class EventStore:
    """Rows in the order they were written, which is frame order.

    in_memory: how many to hold before they are spilled to a temporary folder, which goes when
    the store does.
    """

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        self._in_memory = in_memory
        self._held: list[Rows] = []
        self._held_rows = 0
        self._spilled: list[Path] = []
        self._folder: str | None = None
        self.rows = 0

    @classmethod
    def holding(cls, batch: Rows) -> EventStore:
        """A store of these EVENT rows, which are not copied."""
        store = cls()
        store._held = [as_records(batch[start : start + BATCH]) for start in range(0, len(batch), BATCH)]
        store._held_rows = store.rows = len(batch)
        return store

    def __len__(self) -> int:
        return self.rows

    def append(self, batch: Rows) -> None:
        """Keep a copy of some EVENT rows."""
        if not len(batch):
            return
        self._held.append(as_records(np.array(batch)))
        self._held_rows += len(batch)
        self.rows += len(batch)
        if self._held_rows > self._in_memory:
            self._spill()

    def _spill(self) -> None:
        import pyarrow as pa

        if self._folder is None:
            self._folder = tempfile.mkdtemp(prefix="keepalive-")
            weakref.finalize(self, shutil.rmtree, self._folder, True)
        path = Path(self._folder) / f"events-{len(self._spilled):05}.arrow"
        schema = pa.schema([("event", pa.binary(EVENT.itemsize))])
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
            for batch in self._held:
                whole = pa.py_buffer(np.ascontiguousarray(batch).view(np.uint8))
                column = pa.FixedSizeBinaryArray.from_buffers(
                    pa.binary(EVENT.itemsize), len(batch), [None, whole]
                )
                writer.write_batch(pa.record_batch([column], schema=schema))
        self._spilled.append(path)
        self._held.clear()
        self._held_rows = 0

    def batches(self) -> Iterator[Rows]:
        """Yield what was appended, in order; read-only."""
        for path in self._spilled:
            yield from read_spilled(path)
        self._join_held()
        yield from self._held

    def _join_held(self) -> None:
        """Make few large batches of many small ones: each costs every reader some calls of NumPy."""
        held = self._held[::-1]
        self._held = []
        while held:
            some = [held.pop()]
            while held and sum(map(len, some)) + len(held[-1]) <= BATCH:
                some.append(held.pop())
            self._held.append(some[0] if len(some) == 1 else as_records(np.concatenate(some)))


def read_spilled(path: Path) -> Iterator[Rows]:
    """The EVENT rows of one spilled file, mapped rather than loaded."""
    import pyarrow as pa

    with pa.memory_map(str(path)) as source:
        reader = pa.ipc.open_file(source)
        for index in range(reader.num_record_batches):
            column = reader.get_batch(index).column(0)
            data = np.frombuffer(column.buffers()[1], np.uint8)
            yield as_records(data[: len(column) * EVENT.itemsize].view(EVENT))


class LabelledEvents:
    """A view of a store with its labels final: tentative segments are probes or what they else were.

    flows, probings: the tables of the finished capture. only_events: leave out the kinds that only
    the packets table has.
    """

    def __init__(self, store: Events, flows: Rows, probings: Rows, *, only_events: bool) -> None:
        self._store = store
        self._flows = flows
        self._probings = probings
        self._only_events = only_events
        self._length: int | None = None

    def __len__(self) -> int:
        if self._length is None:
            self._length = sum(len(batch) for batch in self.batches())
        return self._length

    def batches(self) -> Iterator[Rows]:
        """Yield EVENT rows in frame order."""
        for raw in self._store.batches():
            batch = resolved(raw, self._flows, self._probings)
            if self._only_events:
                batch = without_packets(batch)
            if len(batch):
                yield batch


def without_packets(batch: Rows) -> Rows:
    """Final EVENT rows without the kinds that only the packets table has."""
    unwanted = NO_EVENT[batch.kind]
    return taken(batch, ~unwanted) if unwanted.any() else batch


def is_open(raw: Rows) -> Any:
    """bool[n]: which EVENT rows depend on what tentative segments prove to be."""
    return (raw.kind == kinds.TENTATIVE) | (raw.otherwise == kinds.TENTATIVE)


def resolved(raw: Rows, flows: Rows, probings: Rows) -> Rows:
    """EVENT rows with the labels that their flows give them by now; the same array where nothing is open."""
    touched = np.flatnonzero(is_open(raw))
    if not len(touched):
        return raw
    batch = as_records(np.array(raw))
    events = taken(raw, touched)
    own = events.kind == kinds.TENTATIVE
    proven, kind = became_probes(events, flows, probings)
    peer_proven, _ = outcome_of(events, 1 - events.sender, flows, probings)
    batch.kind[touched] = np.where(own, np.where(proven, kind, events.otherwise), events.kind)
    other_gap = np.where(own, ~proven, peer_proven)
    batch.gap_ns[touched] = np.where(other_gap, events.rtt_ns, events.gap_ns)
    batch.rtt_ns[touched] = kinds.MISSING
    batch.answers[touched] = events.answers & ((1 << ORDINAL_SHIFT) - 1)
    return batch


def count_ordinary(batch: Rows, flows: Rows, probings: Rows) -> None:
    """Count the tentative segments among EVENT rows that stay what they seem to be, in their FLOW rows."""
    tentative = taken(batch, batch.kind == kinds.TENTATIVE)
    if not len(tentative):
        return
    proven, _ = became_probes(tentative, flows, probings)
    for name, kind in COUNTED_KINDS.items():
        chosen = ~proven & (tentative.otherwise == kind)
        np.add.at(flows[name], tentative.flow[chosen], 1)


def probe_sides(events: Rows, sender: Any, flows: Rows, probings: Rows) -> tuple[Any, Any]:
    """bool[n]: which flows have a PROBING row; and the PROBE_SIDE rows of the given sides (or any)."""
    row = flows.probing[events.flow].astype(np.int64)
    table = probings if len(probings) else rows(1, PROBING)
    return row > 0, table.side[np.maximum(row, 1) - 1, sender]


def outcome_of(events: Rows, sender: Any, flows: Rows, probings: Rows) -> tuple[Any, Any]:
    """Whether the tentative segments of the given sides proved to be probes (bool[n]), of which kind."""
    known, side = probe_sides(events, sender, flows, probings)
    return known & (side["tentative_kind"] != kinds.TENTATIVE), side["tentative_kind"]


def became_probes(events: Rows, flows: Rows, probings: Rows) -> tuple[Any, Any]:
    """Whether tentative segments proved to be probes (bool[n]), of which kind.

    Each has its number among those of its side; the side knows which is the oldest that counts.
    """
    proven, kind = outcome_of(events, events.sender, flows, probings)
    kept_from = probe_sides(events, events.sender, flows, probings)[1]["kept_from"]
    return proven & (events.answers >> ORDINAL_SHIFT >= kept_from), kind
