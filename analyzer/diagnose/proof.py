"""What a finding rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analyzer import found


@dataclass(frozen=True)
class Proof:
    """frames: all the evidence, of which few are kept. start_ns, end_ns: from when to when it was so.

    confidence: found.CERTAIN, LIKELY or POSSIBLE. unseen: it rests on frames that are not there, so
    it is a step less sure where the capture may have lost them.
    """

    frames: list[int]
    start_ns: int
    end_ns: int
    confidence: int = found.CERTAIN
    unseen: bool = False

    @classmethod
    def of(cls, events: Sequence[Any], confidence: int = found.CERTAIN, unseen: bool = False) -> Proof:
        """Proof by events, as EVENT rows or tuples, in frame order: their frames and their times."""
        frames = [int(event.frame) for event in events]
        times_ns = [int(event.time_ns) for event in events]
        return cls(frames, min(times_ns), max(times_ns), confidence, unseen)

    def confidence_in(self, incomplete: bool) -> int:
        """How sure it is. incomplete: the capture may lack what should be there."""
        doubted = self.unseen and incomplete
        return max(found.POSSIBLE, self.confidence - 1) if doubted else self.confidence
