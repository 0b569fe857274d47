"""What a connection was doing when."""

from __future__ import annotations

from analyzer import kinds
from analyzer.kinds import MISSING, VERDICT_WORDS
from analyzer.present.lanes import (
    ACTIVE,
    ANSWERED,
    CLOSED,
    DEAD,
    IDLE,
    LONE,
    MOST,
    PROBING,
    REPLY,
    RST,
    SYN,
    TAILS,
    Event,
    lane,
)

S = 1_000_000_000
NAN = float("nan")


def event(frame: int, at: float, kind: int, gap_s: float = NAN, answers: int = MISSING) -> Event:
    return Event(frame, round(at * S), kind, gap_s, answers)


def phases(
    events: list[Event], end: float, verdict: int = kinds.ALIVE, heard: float | None = None
) -> list[object]:
    heard_ns = MISSING if heard is None else round(heard * S)
    return [(phase, since / S) for phase, since in lane(events, 0, round(end * S), verdict, heard_ns).phases]


OPENING = [event(1, 0, kinds.SYN), event(2, 0, kinds.SYN_ACK, 0.0), event(3, 0, kinds.HANDSHAKE_ACK, 0.0)]


def test_idle_from_the_last_activity_to_the_answer() -> None:
    events = [
        *OPENING,
        event(9, 61, kinds.KEEPALIVE_PROBE, 60.0),
        event(10, 61.1, kinds.KEEPALIVE_REPLY, 0.1, 9),
    ]
    assert phases(events, 61.1) == [(ACTIVE, 0), (IDLE, 1)]


def test_probing_from_the_first_probe_without_an_answer_to_the_next_sign_of_life() -> None:
    events = [
        *OPENING,
        event(9, 61, kinds.KEEPALIVE_PROBE, 60.0),
        event(10, 71, kinds.KEEPALIVE_PROBE, 10.0),
        event(11, 81, kinds.KEEPALIVE_PROBE, 10.0),
        event(12, 81.1, kinds.KEEPALIVE_REPLY, 0.1, 11),
    ]
    assert phases(events, 81.1) == [(ACTIVE, 0), (IDLE, 1), (PROBING, 61), (IDLE, 81.1)]
    marks = [mark for mark, _ in lane(events, 0, 82 * S, kinds.ALIVE, MISSING).marks]
    assert marks == [SYN, LONE, LONE, ANSWERED, REPLY]


def test_giving_up_ends_it() -> None:
    events = [
        *OPENING,
        event(9, 61, kinds.KEEPALIVE_PROBE, 60.0),
        event(10, 71, kinds.KEEPALIVE_TIMEOUT, 10.0),
    ]
    assert phases(events, 71, kinds.PEER_DEAD) == [(ACTIVE, 0), (IDLE, 1), (PROBING, 61)]
    assert lane(events, 0, 71 * S, kinds.PEER_DEAD, MISSING).marks[-1] == (RST, 71 * S)


def test_data_between_two_events_is_activity() -> None:
    """Data is no event: that the probe's pause began later than the answer before it shows there was some."""
    events = [
        *OPENING,
        event(9, 61, kinds.KEEPALIVE_PROBE, 61.0),
        event(10, 61, kinds.KEEPALIVE_REPLY, 0.0, 9),
        event(30, 200, kinds.KEEPALIVE_PROBE, 60.0),
        event(31, 200, kinds.KEEPALIVE_REPLY, 0.0, 30),
    ]
    assert phases(events, 260) == [(ACTIVE, 0), (IDLE, 0), (ACTIVE, 61), (IDLE, 140), (ACTIVE, 200)][1:]


def test_a_pause_that_a_fin_ends() -> None:
    wanted = [(ACTIVE, 0), (IDLE, 1), (ACTIVE, 31)]
    assert phases([*OPENING, event(9, 31, kinds.FIN, 30.0)], 32, kinds.HALF_CLOSED) == wanted


def test_data_sent_again_without_an_answer() -> None:
    assert phases(OPENING, 30, kinds.STALLED, heard=4) == [(ACTIVE, 0), (PROBING, 4)]


def test_syns_without_an_answer() -> None:
    syns = [event(1, 0, kinds.SYN), event(2, 1, kinds.SYN_RETRANSMISSION, 1.0)]
    assert phases(syns, 1, kinds.NO_ANSWER) == [(PROBING, 0)]


def test_without_events_there_is_activity() -> None:
    assert phases([], 5) == [(ACTIVE, 0)]


def test_thousands_of_changes_are_thinned_to_the_longest() -> None:
    events = [event(n, n * 10, kinds.FIN, 2.0 + n % 7) for n in range(1, 1000)]
    thinned = phases(events, 10_000)
    assert len(thinned) <= MOST and thinned[0] == (ACTIVE, 0)
    assert thinned == sorted(thinned, key=lambda each: each[1])  # type: ignore[index]
    assert all(one[0] != other[0] for one, other in zip(thinned, thinned[1:], strict=False))  # type: ignore[index]


def test_what_comes_behind_the_last_segment() -> None:
    tails = {word: TAILS[code] for code, word in enumerate(VERDICT_WORDS)}
    assert {word for word, tail in tails.items() if tail == DEAD} == {"peer_dead"}
    assert {word for word, tail in tails.items() if tail == PROBING} == {"probing", "stalled"}
    assert {word for word, tail in tails.items() if tail == IDLE} == {
        "half_closed",
        "open",
        "alive",
        "unknown",
    }
    assert {tails[word] for word in ("closed", "reset", "refused", "peer_rebooted", "no_answer")} == {CLOSED}
