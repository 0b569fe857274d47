"""A flood of connections that nobody answers, or that never were, with real ones among it.

The real connections open first and keep each other alive by probes before, during and after the flood; then
some peers fall silent, some come back rebooted, and the others stay. Each of the flood's connections has one
segment (two with its refusal), and a 4-tuple of its own.
"""

from collections.abc import Iterator

import numpy as np

from benchmarks import traffic
from benchmarks.lives import NEVER, ROUND_NS, START_NS, in_order
from benchmarks.traffic import ACK, ACTOR, PEER, PSH, RST, Script, Step, Table

FLOODS: dict[str, Script] = {
    "syn": traffic.FLOOD,
    "refused": (*traffic.FLOOD, Step(PEER, RST | ACK, "reset", rtts=0.5, options=traffic.NO_OPTIONS)),
    "ack": (Step(ACTOR, ACK, "ack"),),
    "rst": (Step(ACTOR, RST, "reset", options=traffic.NO_OPTIONS),),
    "data": (Step(ACTOR, PSH | ACK, "data", "request"),),
}
"""By name: what each connection of the flood consists of."""

RATE = 50_000  # connections of the flood a second
PROBED_S = 10  # between two probes of a real connection
CALM_S = 30  # before the flood, and after it until the ends begin
LOST = 4  # probes without an answer until the prober gives up
DIES, REBOOTS = 5, 5  # one of so many real connections


def fates(real: int) -> dict[str, int]:
    """How many of the real connections end in which verdict."""
    dead, rebooted = real // DIES, real // REBOOTS
    return {"peer_dead": dead, "peer_rebooted": rebooted, "alive": real - dead - rebooted}


def flooded(real: int, flood: int, kind: str, rng: np.random.Generator) -> Iterator[Table]:
    """Batches of frames: `real` connections (the first flow numbers), and `flood` others of a kind."""
    who = traffic.connect(np.arange(real), rng)
    phase = START_NS + rng.integers(0, ROUND_NS, real)
    waiting: list[Table] = []
    flood_s = -(-flood // RATE)
    ends_s = (2 * CALM_S + flood_s) // PROBED_S * PROBED_S
    for second in range(ends_s + (LOST + 1) * PROBED_S + 1):
        start = phase + second * ROUND_NS
        if second % PROBED_S == 0:
            waiting += _real(who, second - ends_s, start, rng, first=not second)
        first = (second - CALM_S) * RATE
        if 0 <= first < flood:
            some = traffic.connect(real + np.arange(first, min(first + RATE, flood)), rng)
            begin = START_NS + second * ROUND_NS + rng.integers(0, ROUND_NS, some.size)
            client = np.zeros(some.size, np.int64)
            waiting.append(traffic.play(FLOODS[kind], some, client, begin, rng).ravel())
        ready, rest = in_order([*waiting, np.zeros(0, traffic.FRAME)], START_NS + (second + 1) * ROUND_NS)
        waiting = [rest]
        if ready.size:
            yield ready
    yield in_order(waiting, int(NEVER))[0]


def _real(
    who: Table, since_end_s: int, start: traffic.Ints, rng: np.random.Generator, *, first: bool
) -> Iterator[Table]:
    """What the real connections do in one turn. since_end_s: negative while all are alive."""
    if first:
        yield _played(traffic.HANDSHAKE, who, slice(None), start, rng)
        return
    count = fates(who.size)
    dead = slice(0, count["peer_dead"])
    rebooted = slice(dead.stop, dead.stop + count["peer_rebooted"])
    if since_end_s < 0:
        yield _played(traffic.PROBE_ANSWERED, who, slice(None), start, rng)
        return
    yield _played(traffic.PROBE_ANSWERED, who, slice(rebooted.stop, None), start, rng)
    if since_end_s == 0:
        yield _played(traffic.PROBE_RESET, who, rebooted, start, rng)
    if since_end_s < LOST * PROBED_S:
        yield _played(traffic.PROBE_LOST, who, dead, start, rng)
    elif since_end_s == LOST * PROBED_S:
        yield _played(traffic.GIVE_UP, who, dead, start, rng)


def _played(
    script: Script, who: Table, chosen: slice, start: traffic.Ints, rng: np.random.Generator
) -> Table:
    some = who[chosen]
    actor = np.zeros(some.size, np.int64) if script is traffic.HANDSHAKE else some["prober"].astype(np.int64)
    return traffic.play(script, some, actor, start[chosen], rng).ravel()
