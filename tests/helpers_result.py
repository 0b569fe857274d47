"""Analyzed captures built by hand, for the tests of what comes after analysis.

`life()` has seven connections, one for each thing that people must be able to tell apart:

0 peer_dead       idle 60 s, three probes unanswered 10 s apart, the client gave up
1 closed          handshake, a burst of data, both FINs; over IPv6
2 alive           begun before the capture; 60 pairs of probe and answer, 45 s apart
3 peer_rebooted   the answer to a probe was a RST
4 no_answer       three SYNs
5 refused         SYN, RST
6 probing         a closed window; window probes, the last unanswered

Frame 3 is an ICMP error without a flow of its own, frame 4 an ARP request.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analyzer import found, kinds
from analyzer.errors import Damage
from analyzer.facts import CaptureFacts, CaptureResult, Finding, Findings, Interface
from analyzer.kinds import MISSING
from analyzer.measured import RUN
from analyzer.records import EVENT, FLOW, PROBING, TALK, as_records, rows, taken
from analyzer.wording import moment

START = 1_795_176_191_204_000_000  # 2026-11-20 12:03:11.204 UTC
S = 1_000_000_000
QUIET = np.array(sorted(kinds.PACKETS_ONLY), np.uint8)


class Stored:
    """`facts.Events` in memory, handed out in small batches."""

    def __init__(self, array: Any, batch: int = 50) -> None:
        self._array, self._batch = array, batch

    def __len__(self) -> int:
        return len(self._array)

    def batches(self) -> Iterator[Any]:
        for start in range(0, len(self._array), self._batch):
            yield as_records(self._array[start : start + self._batch])


def ipv4(text: str) -> tuple[int, int]:
    a, b, c, d = map(int, text.split("."))
    return 0, 0xFFFF << 32 | a << 24 | b << 16 | c << 8 | d


@dataclass
class Line:
    """One segment to be: seconds since the capture's start, side, kind, and what it carries."""

    at: float
    side: int
    kind: int
    length: int = 0
    window: int = 502
    answers: int | None = None  # index in the same script of the probe it answers


@dataclass
class Builder:
    """Collects scripts of connections and turns them into one CaptureResult."""

    events: list[tuple[float, int, int, Line]] = field(default_factory=list)
    flows: list[dict[str, Any]] = field(default_factory=list)
    scripts: list[list[Line]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    marks: dict[int, tuple[int, ...]] = field(default_factory=dict)
    wide: list[Finding] = field(default_factory=list)

    def flow(self, verdict: int, ends: tuple[Any, Any], script: list[Line], **fields: Any) -> int:
        self.flows.append({"verdict": verdict, "ends": ends, **fields})
        self.scripts.append(script)
        return len(self.flows) - 1

    def run(self, flow: int, side: int, script_indexes: list[int], outcome: int, answered: int) -> None:
        self.runs.append(
            {"flow": flow, "side": side, "at": script_indexes, "outcome": outcome, "answered": answered}
        )

    def packets(self) -> tuple[Any, dict[tuple[int, int], int]]:
        """EVENT rows of everything, and (flow, script index) to frame."""
        order = sorted(
            (line.at, flow, index)
            for flow, script in enumerate(self.scripts)
            for index, line in enumerate(script)
        )
        frames = {(flow, index): 5 + place for place, (_, flow, index) in enumerate(order)}
        out = rows(len(order) + 2, EVENT)
        _beside(out)
        last: dict[int, float] = {}
        for row, (at, flow, index) in zip(out[2:], order, strict=True):
            line = self.scripts[flow][index]
            row.frame, row.time_ns, row.flow = frames[flow, index], START + round(at * S), flow
            row.kind, row.sender, row.length, row.window = line.kind, line.side, line.length, line.window
            row.seq, row.ack = 1000 + index, 2000 + index
            row.gap_ns = round((at - last[flow]) * S) if flow in last else MISSING
            row.rtt_ns = MISSING
            if line.answers is not None:
                row.answers = frames[flow, line.answers]
                row.rtt_ns = round((at - self.scripts[flow][line.answers].at) * S)
            last[flow] = at
        return out, frames

    def build(self, packets: bool = True, capture: int = 0, first_flow: int = 0) -> CaptureResult:
        array, frames = self.packets()
        events = array[~np.isin(array["kind"], QUIET)]
        facts = CaptureFacts(
            "office.pcapng",
            "pcapng",
            [Interface(1, 262144, "eth0", dropped=2)],
            damages=[Damage(104212, "cut short in the middle of a record")],
            files=["office.pcapng"],
        )
        return CaptureResult(
            facts=facts,
            capture=capture,
            first_flow=first_flow,
            flows=self._flows(frames),
            probings=rows(0, PROBING),
            talks=rows(0, TALK),
            find_probing=lambda chosen: (
                _of(self._runs(frames), chosen),
                _of(_probe_events(array), chosen),
            ),
            events=Stored(events),
            labelled=Stored(array),
            packets=Stored(array) if packets else None,
            frames=len(array) + 3,
            tcp_segments=len(array) - 2,
            skipped={"not_tcp": 1, "unknown_link_type": 1},
            start_ns=START,
            end_ns=START + round(max(line.at for script in self.scripts for line in script) * S) + S,
            findings=self._findings(),
            verdicts=[sum(flow["verdict"] == code for flow in self.flows) for code in range(13)],
        )

    def _findings(self) -> Findings:
        marks = np.zeros(len(self.flows), np.uint32)
        for flow, names in self.marks.items():
            marks[flow] = sum(1 << name for name in names)
        for finding in self.wide:
            marks[finding.flows] |= np.uint32(1 << finding.name)
        return Findings(marks, tuple(self.wide))

    def _flows(self, frames: dict[tuple[int, int], int]) -> Any:
        out = rows(len(self.flows), FLOW)
        for number, (row, script) in enumerate(zip(out, self.scripts, strict=True)):
            fields = dict(self.flows[number])
            for side, ((high, low), port) in enumerate(fields.pop("ends")):
                row.address_high[side], row.address_low[side], row.port[side] = high, low, port
            own = sorted(frame for (flow, _), frame in frames.items() if flow == number)
            row.first_frame, row.last_frame, row.frames = own[0], own[-1], len(own)
            row.start, row.handshake_rtt_ns = START + round(script[0].at * S), MISSING
            row.first_closer = 255
            for line in script:
                _note(row.side[line.side], line)
                if line.kind in kinds_closing and row.first_closer == 255:
                    row.first_closer = line.side
            for name, value in fields.items():
                row[name] = value
        return out

    def _runs(self, frames: dict[tuple[int, int], int]) -> Any:
        out = rows(len(self.runs), RUN)
        for row, run in zip(out, self.runs, strict=True):
            script, at = self.scripts[run["flow"]], run["at"]
            times = [START + round(script[index].at * S) for index in at]
            spacing = np.diff(times) if len(times) > 1 else np.array([MISSING])
            row.flow, row.prober, row.outcome = run["flow"], run["side"], run["outcome"]
            row.probes, row.answered = len(at), run["answered"]
            row.start_ns, row.end_ns = times[0], times[-1]
            row.idle_ns = times[0] - START - round(script[at[0] - 1].at * S) if at[0] else MISSING
            row.spacing_min_ns, row.spacing_max_ns = spacing.min(), spacing.max()
            row.spacing_median_ns = int(np.median(spacing)) if len(times) > 1 else MISSING
            row.first_frame, row.last_frame = frames[run["flow"], at[0]], frames[run["flow"], at[-1]]
        return out


kinds_closing = (kinds.FIN, kinds.RESET, kinds.KEEPALIVE_RESET, kinds.KEEPALIVE_TIMEOUT)


def _of(found: Any, chosen: Any) -> Any:
    return found if chosen is None else taken(found, np.isin(found["flow"], chosen))


def _probe_events(array: Any) -> Any:
    sent = array[array["sender"] != kinds.NO_SENDER]
    probes = (sent["kind"] == kinds.KEEPALIVE_PROBE) | (sent["kind"] == kinds.KEEPALIVE_TIMEOUT)
    kept = sent[probes | (sent["answers"] > 0)]
    return as_records(kept[np.lexsort((kept["frame"], kept["flow"]))])


def _beside(out: Any) -> None:
    """An ICMP error of no known flow in frame 3, an ARP request in frame 4."""
    for row, frame, kind, address in (
        (out[0], 3, kinds.ICMP, "192.0.2.1"),
        (out[1], 4, kinds.ARP_ASK, "10.0.0.9"),
    ):
        high, low = ipv4(address)
        row.frame, row.time_ns, row.kind = frame, START, kind
        row.flow, row.sender, row.gap_ns = kinds.NO_FLOW, kinds.NO_SENDER, MISSING
        row.rtt_ns, row.answers = high, low


def _note(side: Any, line: Line) -> None:
    side.last_time = START + round(line.at * S)
    side["marks"] |= kinds.SIDE_SENT
    if line.kind == kinds.DATA:
        side.bytes += line.length
    if line.kind in (kinds.SYN, kinds.SYN_ACK, kinds.SYN_RETRANSMISSION):
        side["marks"] |= kinds.SIDE_SYN
        side.syn_count += 1
        side.mss, side.window_scale = 1460, 7
        side.options = kinds.OPTION_MSS | kinds.OPTION_WINDOW_SCALE | kinds.OPTION_SACK_PERMITTED


HANDSHAKE = (Line(0, 0, kinds.SYN), Line(0.041, 1, kinds.SYN_ACK), Line(0.041_012, 0, kinds.HANDSHAKE_ACK))


def handshake(at: float) -> list[Line]:
    return [Line(at + line.at, line.side, line.kind) for line in HANDSHAKE]


def talk(at: float, count: int, pause: float = 0.01) -> list[Line]:
    """Data of the server, each acknowledged."""
    return [
        Line(
            at + index * pause,
            index % 2 ^ 1,
            kinds.ACK if index % 2 else kinds.DATA,
            0 if index % 2 else 1448,
        )
        for index in range(count)
    ]


WEB = (ipv4("10.0.0.2"), 443)


def life_builder() -> Builder:
    b = Builder()
    v6 = [(0x20010DB8 << 32, 1), (0x20010DB8 << 32, 2)]
    established = {"marks": kinds.FLOW_ESTABLISHED | kinds.FLOW_CLIENT_KNOWN, "handshake_rtt_ns": 41_012_000}

    probes = [Line(61.2 + 10 * n, 0, kinds.KEEPALIVE_PROBE) for n in range(3)]
    gave_up = Line(91.2, 0, kinds.KEEPALIVE_TIMEOUT)
    script = [*handshake(0), *talk(0.2, 100), *probes, gave_up]
    dead = b.flow(kinds.PEER_DEAD, ((ipv4("10.0.0.1"), 51234), WEB), script, **established)
    b.run(dead, 0, [103, 104, 105], kinds.RUN_GAVE_UP, 0)

    fins = [Line(2.0, 0, kinds.FIN), Line(2.02, 1, kinds.FIN), Line(2.021, 0, kinds.ACK)]
    b.flow(
        kinds.CLOSED, ((v6[0], 40000), (v6[1], 8080)), [*handshake(1), *talk(1.2, 3), *fins], **established
    )

    pairs = []
    for n in range(60):
        pairs += [Line(3 + 45 * n, 1, kinds.KEEPALIVE_PROBE)]
        pairs += [Line(3.0004 + 45 * n, 0, kinds.KEEPALIVE_REPLY, answers=2 * n)]
    alive = b.flow(kinds.ALIVE, ((ipv4("10.0.0.1"), 51300), (ipv4("10.0.0.7"), 5432)), pairs, client=0)
    b.run(alive, 1, list(range(0, 120, 2)), kinds.RUN_ANSWERED, 60)

    script = [*handshake(4), *talk(4.1, 4), Line(64.1, 0, kinds.KEEPALIVE_PROBE)]
    script += [Line(64.1021, 1, kinds.KEEPALIVE_RESET, answers=7)]
    rebooted = b.flow(kinds.PEER_REBOOTED, ((ipv4("10.0.0.1"), 51301), WEB), script, **established)
    b.run(rebooted, 0, [7], kinds.RUN_RESET, 0)

    syns = [Line(5, 0, kinds.SYN), Line(6, 0, kinds.SYN_RETRANSMISSION), Line(8, 0, kinds.SYN_RETRANSMISSION)]
    b.flow(
        kinds.NO_ANSWER,
        ((ipv4("10.0.0.1"), 51302), (ipv4("10.9.9.9"), 22)),
        syns,
        marks=kinds.FLOW_SYN_RETRIED,
    )
    b.flow(
        kinds.REFUSED,
        ((ipv4("10.0.0.1"), 51303), (ipv4("10.0.0.2"), 81)),
        [Line(9, 0, kinds.SYN), Line(9.0003, 1, kinds.RESET)],
        marks=kinds.FLOW_RESET,
    )
    script = [Line(10, 0, kinds.DATA, 1448), Line(10.1, 1, kinds.ZERO_WINDOW, 0, 0)]
    for n in range(4):
        script.append(Line(10.3 + 0.2 * 2**n, 0, kinds.ZERO_WINDOW_PROBE))
        if n < 3:
            script.append(
                Line(10.301 + 0.2 * 2**n, 1, kinds.ZERO_WINDOW_REPLY, 0, 0, answers=len(script) - 1)
            )
    b.flow(kinds.PROBING, ((ipv4("10.0.0.1"), 51304), (ipv4("10.0.0.8"), 9100)), script)
    b.marks = {
        0: (found.PEER_DEAD, found.SLOW_DETECTION),
        1: (found.SYN_RETRIES,),
        2: (found.HEARTBEAT,),
        3: (found.PEER_REBOOTED,),
        4: (found.NO_ANSWER,),
        5: (found.REFUSED,),
    }
    b.wide = [
        wide_finding(found.MIDDLEBOX_TIMEOUT, found.OF_PATH, [0, 3]),
        wide_finding(found.CAPTURE_INCOMPLETE, found.OF_CAPTURE, []),
    ]
    return b


def wide_finding(name: int, scope: int, flows: list[int]) -> Finding:
    """A finding about more than one connection."""
    return Finding(
        name=name,
        severity=found.SEVERITY[name],
        confidence=found.LIKELY,
        scope=scope,
        capture=0,
        flows=np.array(flows, np.int64),
        start_ns=START if flows else MISSING,
        end_ns=START + 61 * S if flows else MISSING,
        frames=(142, 145),
        summary="after 60.0 s of silence nothing passes between 10.0.0.1 and 10.0.0.2; 40.0 s were no "
        f"problem until {moment(START + 40 * S)}"
        if flows
        else "the capturing program lost 2 frames",
        advice="Probe sooner: `sysctl -w net.ipv4.tcp_keepalive_time=30`." if flows else "",
    )


def life(packets: bool = True) -> CaptureResult:
    return life_builder().build(packets)
