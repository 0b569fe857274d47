"""How long-lived connections spend a capture: talking, idle under keep-alive, ending.

Time advances in rounds. In each round every connection whose turn has come plays one
script; what it does next, and when, is drawn at random. Frames that reach beyond the
round wait for the next one, so that the frames handed out are in order of time.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from benchmarks import traffic
from benchmarks.traffic import Ints, Script, Table

Bools = npt.NDArray[np.bool_]

ROUND_NS = 1_000_000_000
START_NS = 1_700_000_000 * 1_000_000_000
NEVER = np.iinfo(np.int64).max
OPENING_S = 5.0  # all connections open within this time
GAP_S, LONGEST_GAP_S = 6.0, 9.5  # between two exchanges of a connection in use: under any keep-alive time
BATCH = 100_000  # frames gathered before they are sorted

TIMERS = np.array([(10, 3, 4), (15, 5, 6), (20, 10, 3), (45, 15, 3)])
"""Keep-alive time, interval (s) and count, one row drawn per connection."""

TALK: tuple[tuple[float, Script], ...] = (
    (0.40, traffic.EXCHANGE),
    (0.30, traffic.SLOW_EXCHANGE),
    (0.20, traffic.ONE_WAY),
    (0.09, traffic.DOWNLOAD),
    (0.01, traffic.LOSS),
)
TALK_FRAMES = sum(weight * len(script) for weight, script in TALK)
SCRIPTS: tuple[Script, ...] = (
    *(script for _, script in TALK),
    traffic.HANDSHAKE,
    traffic.PROBE_ANSWERED,
    traffic.PROBE_LOST,
    traffic.PROBE_RESET,
    traffic.GIVE_UP,
    traffic.CLOSE,
    traffic.ABORT,
)
OPEN, ANSWERED, LOST, RESET, GIVE_UP, CLOSE, ABORT = range(len(TALK), len(SCRIPTS))
_LAST_SCRIPTS = (RESET, GIVE_UP, CLOSE, ABORT)

NEW, TALKING, IDLE, OVER = range(4)  # phases
STAYS, CLOSES, REBOOTS, DIES, ABORTS = range(5)  # fates
FATES = (0.45, 0.33, 0.08, 0.08, 0.06)
LOSS_RATE = 0.03  # of probes to a living peer
RECOVERY = 0.5  # that the next probe after a lost one is answered


def phase_switches(share: float) -> tuple[float, float]:
    """Chance to fall idle after an exchange, and to wake after an answered probe.

    Chosen so that probes and their answers are `share` of all frames.
    """
    turns = share * TALK_FRAMES / (2 * (1 - share) + share * TALK_FRAMES)  # turns that are probes
    wake = 0.4
    fall = turns * wake / (1 - turns)
    return (fall, wake) if fall <= 1 else (1.0, (1 - turns) / turns)


class Lives:
    """All connections of a capture, from their SYN to whatever ends them."""

    def __init__(self, flows: int, share: float, rng: np.random.Generator) -> None:
        self.rng = rng
        self.connections = traffic.connect(np.arange(flows), rng)
        self.fall, self.wake = phase_switches(share)
        self.due: Ints = START_NS + (rng.random(flows) * OPENING_S * 1e9).astype(np.int64)
        self.phase = np.full(flows, NEW)
        self.misses = np.zeros(flows, np.int64)
        self.timers = TIMERS[rng.integers(0, len(TIMERS), flows)]
        self.fate = rng.choice(len(FATES), flows, p=FATES)
        self.fate[0] = STAYS  # somebody has to fill the capture to its end
        self.ends_at = rng.uniform(0.3, 1.0, flows)  # share of the capture written by then

    def frames(self, wanted: int) -> Iterator[Table]:
        """Batches of frames in order of time, without end; `wanted` sets the pace of endings."""
        round_end = START_NS + ROUND_NS
        waiting: list[Table] = []
        held = done = 0
        while True:
            turn = np.flatnonzero(self.due < round_end)
            for batch in self._play(turn, min(done + held, wanted) / wanted, round_end):
                waiting.append(batch)
                held += batch.size
            if held >= min(BATCH, wanted):
                ready, rest = in_order(waiting, round_end)
                waiting, held, done = [rest], rest.size, done + ready.size
                yield ready
            round_end += ROUND_NS

    def _play(self, turn: Ints, progress: float, round_end: int) -> Iterator[Table]:
        scripts = self._choose(turn, progress)
        for number in np.unique(scripts):
            chosen = turn[scripts == number]
            who = self.connections[chosen]
            actor = self._actor(int(number), who)
            frames = traffic.play(SCRIPTS[number], who, actor, self.due[chosen], self.rng)
            self.connections[chosen] = who
            self._schedule(int(number), chosen, frames["time"][-1], round_end)
            yield frames.ravel()

    def _actor(self, script: int, who: Table) -> Ints:
        if script in (ANSWERED, LOST, RESET, GIVE_UP):
            return who["prober"].astype(np.int64)
        if script == OPEN:
            return np.zeros(who.size, np.int64)
        return (self.rng.random(who.size) < 0.15).astype(np.int64)  # servers push and close, too

    def _choose(self, turn: Ints, progress: float) -> Ints:
        """The script of each connection whose turn it is."""
        count = turn.size
        phase, fate = self.phase[turn], np.where(self.ends_at[turn] < progress, self.fate[turn], STAYS)
        talk = self.rng.choice(len(TALK), count, p=[weight for weight, _ in TALK])
        missed, luck = self.misses[turn], self.rng.random(count)
        attempts = self.timers[turn, 2]
        lost = np.where(missed > 0, luck > RECOVERY, luck < LOSS_RATE) & (missed < attempts - 1)
        probe = np.where(lost, LOST, ANSWERED)
        probe[fate == REBOOTS] = RESET
        probe[fate == DIES] = np.where(missed < attempts, LOST, GIVE_UP)[fate == DIES]
        probe[(fate == CLOSES) & (missed == 0)] = CLOSE
        talk[fate == CLOSES] = CLOSE
        talk[fate == ABORTS] = ABORT
        return np.select([phase == NEW, phase == TALKING], [np.full(count, OPEN), talk], probe)

    def _schedule(self, script: int, chosen: Ints, last: Ints, round_end: int) -> None:
        """When it is their turn again, and what they will be doing then."""
        if script in _LAST_SCRIPTS:
            self.phase[chosen], self.due[chosen] = OVER, NEVER
            return
        time_s, interval_s = self.timers[chosen, 0], self.timers[chosen, 1]
        if script == LOST:
            self.misses[chosen] += 1
            self.due[chosen] = last + interval_s * 1_000_000_000
            return
        luck = self.rng.random(chosen.size)
        idle: Bools = luck > self.wake if script == ANSWERED else luck < self.fall
        gap = self.rng.exponential(GAP_S, chosen.size).clip(0.0, LONGEST_GAP_S)
        due = last + (np.where(idle, time_s, gap) * 1e9).astype(np.int64)
        self.misses[chosen] = 0
        self.phase[chosen] = np.where(idle, IDLE, TALKING)
        self.due[chosen] = np.where(due < round_end, due + ROUND_NS, due)


def in_order(batches: list[Table], until: int) -> tuple[Table, Table]:
    """All frames before `until` sorted by time, and the frames that must wait."""
    frames = np.concatenate(batches)
    frames = frames[np.argsort(frames["time"], kind="stable")]
    cut = int(np.searchsorted(frames["time"], until))
    return frames[:cut], frames[cut:]


def short_connections(count: int, flood: float, per_s: float, rng: np.random.Generator) -> Iterator[Table]:
    """Batches of frames of `count` connections: a share of lone SYNs, the rest brief and complete.

    per_s: how many begin in a second.
    """
    brief = traffic.HANDSHAKE + traffic.EXCHANGE + traffic.CLOSE
    step = 20_000  # connections begun per round
    round_ns = round(step / per_s * ROUND_NS)
    waiting: list[Table] = []
    for first in range(0, count, step):
        who = traffic.connect(np.arange(first, min(first + step, count)), rng)
        begin = START_NS + first // step * round_ns
        start = begin + rng.integers(0, round_ns, who.size)
        lone = rng.random(who.size) < flood
        for script, part in ((traffic.FLOOD, lone), (brief, ~lone)):
            frames = traffic.play(script, who[part], np.zeros(int(part.sum()), np.int64), start[part], rng)
            waiting.append(frames.ravel())
        ready, rest = in_order(waiting, begin + round_ns)
        waiting = [rest]
        yield ready
    yield in_order(waiting, int(NEVER))[0]
