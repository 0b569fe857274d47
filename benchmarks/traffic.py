"""Scripted TCP exchanges, played for thousands of connections at once.

A script is a tuple of steps, a step is one segment. `play` walks a script once and
fills one row per step and connection, so that the cost of Python is that of the
longest script and not of the number of frames. All sequence numbers, acknowledgments
and timestamps follow from the state of the connection, so every script leaves both
sides with nothing outstanding.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Table = npt.NDArray[np.void]
Ints = npt.NDArray[np.int64]

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
ACTOR, PEER = 0, 1
TIMESTAMPS, SYN_OPTIONS, NO_OPTIONS = 0, 1, 2
FULL = 1400  # payload of a full segment, fits an MTU of 1500 with IPv6 and timestamps
WINDOW_CLIENT, WINDOW_SERVER = 501, 509

KINDS = (
    "syn",
    "syn_ack",
    "handshake_ack",
    "data",
    "ack",
    "retransmission",
    "keepalive_probe",
    "keepalive_reply",
    "keepalive_reset",
    "keepalive_timeout",
    "reset",
    "fin",
)
KIND = {word: code for code, word in enumerate(KINDS)}
NOT_EVENTS = frozenset({"data", "ack", "retransmission"})  # kinds the events table leaves out

FRAME = np.dtype(
    [
        ("time", "i8"),  # ns since the epoch
        ("flow", "u4"),  # addresses and ports follow from it
        ("sender", "u1"),  # 0 client, 1 server
        ("flags", "u1"),
        ("kind", "u1"),  # index into KINDS: the truth about this frame
        ("options", "u1"),  # TIMESTAMPS, SYN_OPTIONS or NO_OPTIONS
        ("seq", "u4"),
        ("ack", "u4"),
        ("length", "u2"),  # payload on the wire, bytes
        ("window", "u2"),
        ("ip_id", "u2"),
        ("ts", "u4"),  # timestamp option, ms
        ("ts_echo", "u4"),
        ("sack", "u1"),  # SYN only: 1 permits selective acknowledgments
    ]
)
CONNECTION = np.dtype(
    [
        ("flow", "u4"),
        ("next_seq", "i8", 2),  # per side, reduced to 32 bits when a frame is written
        ("ip_id", "u2", 2),
        ("clock", "u4", 2),  # ms, offset of the timestamp clock of each side
        ("last_ts", "u4", 2),  # last timestamp each side sent
        ("rtt", "i8"),  # ns
        ("prober", "u1"),  # side that sends keep-alive probes
        ("probe_length", "u1"),  # 0, or 1 for the stacks that send a garbage byte
    ]
)


@dataclass(frozen=True)
class Step:
    """One segment: who sends it, what it is, how long after the one before."""

    role: int
    flags: int
    kind: str
    size: str = ""  # name of a payload length: "request", "response", "full", "probe"
    rtts: float = 0.0  # pause before it, in round trips
    pause: float = 0.0  # and in seconds
    again: bool = False  # covers old ground: starts its size (a probe: 1) below next_seq
    options: int = TIMESTAMPS


Script = tuple[Step, ...]

_TURN = 0.5  # round trips between hearing something and being heard
_REQUEST = Step(ACTOR, PSH | ACK, "data", "request")
_RESPONSE = Step(PEER, PSH | ACK, "data", "response", _TURN, 0.002)
_PIECE = Step(PEER, ACK, "data", "full")
_HEARD = Step(ACTOR, ACK, "ack", rtts=_TURN)
_ACKED = Step(PEER, ACK, "ack", rtts=_TURN)
_PAIR = (_PIECE, _PIECE, _HEARD)
_PROBE = Step(ACTOR, ACK, "keepalive_probe", "probe", again=True)

FLOOD: Script = (Step(ACTOR, SYN, "syn", options=SYN_OPTIONS),)
HANDSHAKE: Script = (
    *FLOOD,
    Step(PEER, SYN | ACK, "syn_ack", rtts=_TURN, options=SYN_OPTIONS),
    Step(ACTOR, ACK, "handshake_ack", rtts=_TURN),
)
EXCHANGE: Script = (_REQUEST, _RESPONSE, _HEARD)
SLOW_EXCHANGE: Script = (_REQUEST, _ACKED, _RESPONSE, _HEARD)
ONE_WAY: Script = (_REQUEST, _ACKED)
DOWNLOAD: Script = (_REQUEST, *_PAIR, *_PAIR, *_PAIR, _RESPONSE, _HEARD)
LOSS: Script = (
    _REQUEST,
    Step(ACTOR, PSH | ACK, "retransmission", "request", 1.0, 0.2, again=True),
    _ACKED,
)
PROBE_ANSWERED: Script = (_PROBE, Step(PEER, ACK, "keepalive_reply", rtts=1.0))
PROBE_LOST: Script = (_PROBE,)
PROBE_RESET: Script = (_PROBE, Step(PEER, RST, "keepalive_reset", rtts=1.0, options=NO_OPTIONS))
GIVE_UP: Script = (Step(ACTOR, RST | ACK, "keepalive_timeout"),)
ABORT: Script = (Step(ACTOR, RST | ACK, "reset", options=NO_OPTIONS),)
CLOSE: Script = (
    Step(ACTOR, FIN | ACK, "fin"),
    Step(PEER, FIN | ACK, "fin", rtts=_TURN),
    _HEARD,
)


def connect(flows: Ints, rng: np.random.Generator) -> Table:
    """New connections, one per flow number, with random initial sequence numbers."""
    count = flows.size
    new = np.zeros(count, CONNECTION)
    new["flow"] = flows
    new["next_seq"] = rng.integers(0, 1 << 32, (count, 2))
    new["ip_id"] = rng.integers(0, 1 << 16, (count, 2))
    new["clock"] = rng.integers(0, 1 << 32, (count, 2))
    new["rtt"] = np.exp(rng.normal(np.log(8e6), 0.8, count)).clip(2e5, 4e8)
    new["prober"] = rng.random(count) < 0.4
    new["probe_length"] = rng.random(count) < 0.2
    return new


def play(script: Script, who: Table, actor: Ints, start: Ints, rng: np.random.Generator) -> Table:
    """Frames of one script for all connections in `who`, which is brought up to date.

    `actor` is the side (0 client, 1 server) that begins, `start` the time in ns of the
    first frame. The frames come out as rows of steps: shape (steps, connections).
    """
    count = who.size
    sizes = {
        "": np.zeros(count, np.int64),
        "request": rng.integers(20, 700, count),
        "response": rng.integers(60, FULL, count),
        "full": np.full(count, FULL),
        "probe": who["probe_length"].astype(np.int64),
    }
    frames = np.zeros((len(script), count), FRAME)
    now = start.copy()
    for number, step in enumerate(script):
        if number:
            jitter = rng.random(count)
            travel = step.rtts * who["rtt"] * (0.9 + 0.2 * jitter)
            now += (step.pause * 1e9 + travel + 2e3 + 2e4 * jitter).astype("i8")
        _send(step, sizes[step.size], frames[number], (who, actor ^ step.role, now))
    return frames


def _send(step: Step, size: Ints, frame: Table, state: tuple[Table, Ints, Ints]) -> None:
    """One segment of every connection; state is the connections, who sends, and when."""
    who, sender, now = state
    row = np.arange(who.size)
    peer = 1 - sender
    clock = (now // 1_000_000 + who["clock"][row, sender]).astype("u4")
    back: Any = 0 if not step.again else 1 if step.size == "probe" else size
    bare = step.flags & ACK == 0
    frame["time"], frame["flow"], frame["sender"] = now, who["flow"], sender
    frame["flags"], frame["kind"], frame["options"] = step.flags, KIND[step.kind], step.options
    frame["seq"] = who["next_seq"][row, sender] - back & 0xFFFFFFFF
    frame["ack"] = 0 if bare else who["next_seq"][row, peer] & 0xFFFFFFFF
    frame["length"] = size
    frame["window"] = 0 if step.kind == "keepalive_reset" else np.where(sender, WINDOW_SERVER, WINDOW_CLIENT)
    if step.flags & SYN:
        frame["window"] = 64240
        frame["sack"] = 1 - who["probe_length"]
    frame["ip_id"] = who["ip_id"][row, sender]
    frame["ts"] = clock
    frame["ts_echo"] = 0 if bare else who["last_ts"][row, peer]
    who["ip_id"][row, sender] += 1
    who["last_ts"][row, sender] = clock
    if not step.again:
        who["next_seq"][row, sender] += size + (1 if step.flags & (SYN | FIN) else 0)
