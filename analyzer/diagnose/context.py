"""One capture as diagnosis sees it: what the checks of findings are given.

A check first picks candidates, a stretch of the flows at a time, by NumPy over columns (`Flows`).
Then it looks at the events of its candidates, or at one connection at a time (`Case`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from analyzer import found, kinds
from analyzer.diagnose.case import ALWAYS_BITS, Case, cases_of
from analyzer.diagnose.evidence import Evidence
from analyzer.diagnose.proof import Proof
from analyzer.facts import CaptureResult, Finding, Rows
from analyzer.records import EVENT, as_records, taken
from analyzer.rules import Rules
from analyzer.wording import few

if TYPE_CHECKING:
    from analyzer.diagnose.profiles import Profiles

T = TypeVar("T")
STRETCH = 1 << 13  # flows at a time: 2.5 MB of FLOW rows, which stay in the processor's cache
KEPT_CASES = 1 << 11  # cases to keep at hand: reasons and findings of the same flows are asked for in turn


class Context:
    """One capture: its result, the thresholds, and what its framing says.

    result: the capture (flows, probings, talks, start_ns, end_ns, facts). marks: what was found so
    far, uint32 by flow; complete for the flows' own findings when wide checks are asked.
    wants: for each name of a finding the kinds of events that its check looks at, as bits.
    profile_paths: users' files of stacks and middleboxes.
    arp: the ARP rows, for wide checks, where one of them wants these.
    """

    def __init__(
        self,
        result: CaptureResult,
        rules: Rules,
        wants: NDArray[np.uint32],
        profile_paths: tuple[str, ...] = (),
    ) -> None:
        self.result = result
        self.rules = rules
        self.wants = wants
        self.profile_paths = profile_paths
        self.marks = result.findings.marks
        self.arp: Rows = as_records(np.zeros(0, EVENT))
        self._cases: dict[int, Case] = {}
        self._made: dict[Any, Any] = {}

    @cached_property
    def profiles(self) -> Profiles:
        """What is known of stacks and middleboxes; read when the first check asks."""
        from analyzer.diagnose.profiles import load

        return load(self.profile_paths)

    @property
    def dropped(self) -> int:
        """Frames that the capturing program says it lost; 0 also where it says nothing."""
        return self.result.facts.dropped or 0

    @property
    def cut(self) -> int:
        """Frames that the snap length cut before the end of the TCP header."""
        return self.result.skipped.get(kinds.STATUS_WORDS[kinds.TRUNCATED], 0)

    @property
    def lossy(self) -> bool:
        """Whether segments may be missing: dropped while capturing, cut, or lost with a damaged file."""
        return bool(self.dropped or self.cut or self.result.facts.damages)

    def stretches(self) -> Iterator[Flows]:
        """All flows in turn, some thousands at a time."""
        for start in range(0, len(self.result.flows), STRETCH):
            yield Flows(self, start, min(start + STRETCH, len(self.result.flows)))

    def made(self, make: Callable[[Context], T]) -> T:
        """What `make` makes of this capture, made once: for what several checks need."""
        if make not in self._made:
            self._made[make] = make(self)
        return cast(T, self._made[make])

    def cases(self, chosen: NDArray[np.int64]) -> list[Case]:
        """Cases of these flows, with the events that the findings marked on them need."""
        lacking = np.array([row for row in chosen.tolist() if row not in self._cases], np.int64)
        if len(lacking):
            if len(self._cases) + len(lacking) > KEPT_CASES:
                self._cases.clear()
                lacking = chosen
            evidence = Evidence(self.result.labelled, *self._wanted(lacking))
            for case in cases_of(self, lacking, evidence):
                self._cases[case.row] = case
        return [self._cases[row] for row in chosen.tolist()]

    def forget(self) -> None:
        """Let the cases go: they hold this context, and with it the capture, until garbage is collected."""
        self._cases.clear()

    def _wanted(self, chosen: NDArray[np.int64]) -> tuple[NDArray[np.uint32], int]:
        """The kinds of events that reasons and findings of these flows need, as `Evidence` wants it."""
        wanted = np.zeros(len(self.result.flows) + 1, np.uint32)
        bits = np.full(len(chosen), ALWAYS_BITS, np.uint32)
        for name in np.flatnonzero(self.wants).tolist():
            bits[(self.marks[chosen] >> np.uint32(name) & 1).astype(np.bool_)] |= self.wants[name]
        wanted[chosen] = bits
        return wanted, int(np.bitwise_or.reduce(bits)) if len(bits) else 0

    def finding(
        self, name: int, summary: str, advice: str, proof: Proof, scope: int, flows: NDArray[np.int64]
    ) -> Finding:
        """A finding about more than one flow; `Case.finding` is its like for one.

        scope: found.OF_HOST, OF_PATH or OF_CAPTURE. flows: row numbers of those that it explains.
        """
        return Finding(
            name=name,
            severity=found.SEVERITY[name],
            confidence=proof.confidence_in(self.lossy),
            scope=scope,
            capture=self.result.capture,
            flows=flows,
            start_ns=proof.start_ns,
            end_ns=max(proof.start_ns, proof.end_ns),  # times of merged files may run backwards
            frames=few(sorted(proof.frames)),
            summary=summary,
            advice=advice,
        )


class Flows:
    """A stretch of a capture's flows as columns, to pick candidates from without looping.

    context: the capture. rows: their FLOW row numbers. Columns are copied once and kept.
    """

    def __init__(self, context: Context, start: int, stop: int) -> None:
        self.context = context
        self.rows = np.arange(start, stop)
        self._table = context.result.flows[start:stop]
        self._columns: dict[tuple[str, str], NDArray[Any]] = {}
        self._parts: dict[str, Flows | None] = {}

    @classmethod
    def of(cls, context: Context, rows: NDArray[np.int64]) -> Flows:
        """Some flows, wherever they stand."""
        flows = cls(context, 0, 0)
        flows.rows, flows._table = rows, taken(context.result.flows, rows)
        return flows

    def __len__(self) -> int:
        return len(self.rows)

    def probed(self) -> Flows:
        """At least those that somebody probed."""
        return self._part("probed", lambda: self.flow("probing") > 0)

    def mutual(self) -> Flows:
        """At least those of which both sides were seen: most of a SYN flood has only one."""
        return self._part("mutual", lambda: np.asarray(self.side_marked(kinds.SIDE_SENT).all(axis=1)))

    def spoken(self) -> Flows:
        """At least those with a TALK row."""
        return self._part("spoken", lambda: self.flow("talk") > 0)

    def _part(self, name: str, choose: Callable[[], NDArray[np.bool_]]) -> Flows:
        """Those that are chosen, or all: copying most of them would cost more than it spares."""
        if name not in self._parts:
            chosen = choose()
            many = 2 * np.count_nonzero(chosen) > len(self)
            self._parts[name] = None if many else Flows.of(self.context, self.rows[chosen])
        part = self._parts[name]
        return self if part is None else part  # not kept as itself: in a ring it would outlive its use

    def flow(self, name: str) -> NDArray[Any]:
        """A field of FLOW; shape (n,), or (n, 2) by side for addresses and ports."""
        return self._column("flow", name, lambda: self._table[name])

    def side(self, name: str) -> NDArray[Any]:
        """A field of SIDE, shape (n, 2): side 0 and side 1. `[:, ::-1]` is the peer's."""
        return self._column("side", name, lambda: self._table["side"][name])

    def probe(self, name: str) -> NDArray[Any]:
        """A field of PROBE_SIDE, shape (n, 2) by side; 0 where nobody probed. Counts are int64."""
        return self._column(
            "probe", name, lambda: self._beside(self.context.result.probings, "probing", name)
        )

    def talk(self, name: str) -> NDArray[Any]:
        """A field of TALK_SIDE, shape (n, 2) by side; 0 where the flow has no such row."""
        return self._column("talk", name, lambda: self._beside(self.context.result.talks, "talk", name))

    def rhythm(self, name: str) -> NDArray[Any]:
        """A field of TALK that is of both sides, shape (n,); 0 where the flow has no such row."""
        row = self.flow("talk").astype(np.int64)
        field = self.context.result.talks[name]
        out = np.zeros(len(row), field.dtype)
        out[row > 0] = field[row[row > 0] - 1]
        return out

    def ends(self, by_side: NDArray[Any]) -> NDArray[Any]:
        """Such a column in the order client, server."""
        client = self.flow("client")[:, None] != 0
        return np.where(client, by_side[:, ::-1], by_side)

    def judged(self, *verdicts: int) -> NDArray[np.bool_]:
        """Which flows have one of these verdicts."""
        wanted: NDArray[np.bool_] = np.isin(np.arange(256), verdicts)[self.flow("verdict")]
        return wanted

    def marked(self, mark: int) -> NDArray[np.bool_]:
        """Which flows have this kinds.FLOW_* bit."""
        return np.asarray((self.flow("marks") & mark) != 0)

    def side_marked(self, mark: int) -> NDArray[np.bool_]:
        """Which sides have this kinds.SIDE_* bit, shape (n, 2)."""
        return np.asarray((self.side("marks") & mark) != 0)

    def _column(self, table: str, name: str, make: Callable[[], Any]) -> NDArray[Any]:
        key = table, name
        if key not in self._columns:
            self._columns[key] = np.array(make())
        return self._columns[key]

    def _beside(self, table: Any, index: str, name: str) -> NDArray[Any]:
        """A side field of the rows that flows refer to by a 1-based index."""
        row = self.flow(index).astype(np.int64)
        field = table["side"][name]
        counts = field.dtype.kind == "u"  # so that differences of counts do not wrap
        out = np.zeros((len(row), 2), np.int64 if counts else field.dtype)
        out[row > 0] = field[row[row > 0] - 1]
        return out
