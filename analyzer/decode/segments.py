"""`Decoder`: allocates, checks, calls the kernel and counts what it left out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from analyzer import kinds, records
from analyzer.decode import links
from analyzer.decode.kernels import decode_frames
from analyzer.decode.kernels.layers import CURSOR

Records = np.recarray[Any, Any]

CHUNK_FRAMES = 1 << 14


class Decoder:
    """Turns the frames of one capture into SEGMENT records, chunk by chunk.

    counts: frames so far by decode status, int64, as `kinds.STATUS_WORDS` lists them.
    """

    def __init__(self, capacity: int = CHUNK_FRAMES) -> None:
        """Make room for `capacity` frames a chunk; a longer chunk makes more room."""
        self.counts: npt.NDArray[np.int64] = np.zeros(len(kinds.STATUS_WORDS), np.int64)
        self._unknown: npt.NDArray[np.int64] = np.zeros(1 << 16, np.int64)
        self._starts = links.start_table()
        self._cursor = records.rows(1, CURSOR)
        self._rows = records.rows(max(capacity, 1), records.SEGMENT)

    def decode(
        self,
        buffer: npt.NDArray[np.uint8],
        frames: Records,
        first_frame: int,
        out: Records | None = None,
    ) -> Records:
        """The rows of interest among `frames`, in frame order; `frames[0]` is number `first_frame`.

        Of interest are TCP segments, ICMP errors that quote one, ARP and malformed TCP headers.
        The result is a view of `out`, as long as `frames` or longer, or without one of an array
        of the decoder's that the next call overwrites.
        """
        if out is None:
            if len(frames) > len(self._rows):
                self._rows = records.rows(len(frames), records.SEGMENT)
            out = self._rows
        elif len(out) < len(frames):
            raise ValueError(f"room for {len(out)} rows, but {len(frames)} frames")
        written = decode_frames(
            np.require(buffer, np.uint8, ["C", "W"]),  # one signature, one compilation
            frames,
            first_frame,
            self._starts,
            self._cursor,
            out,
            self.counts,
            self._unknown,
        )
        return records.as_records(out[:written])

    def skipped(self) -> dict[str, int]:
        """Frames that gave no row, by reason; unknown link types are named, each a reason of its own."""
        reasons = {
            kinds.STATUS_WORDS[status]: int(self.counts[status])
            for status in range(kinds.NOT_TCP, len(kinds.STATUS_WORDS))
            if status != kinds.UNKNOWN_LINK and self.counts[status]
        }
        for number in np.flatnonzero(self._unknown):
            reasons[links.link_name(int(number))] = int(self._unknown[number])
        return reasons
