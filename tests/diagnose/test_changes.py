"""How states change over time: against a host that walks through them, and in stories."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer import kinds
from analyzer.diagnose import in_force, state_changes
from analyzer.facts import Rows
from analyzer.rules import Rules
from tests.helpers import naive, naive_states
from tests.helpers.conversation import Conversation
from tests.helpers.hosts import Clock, Host, Step
from tests.helpers.segment import Record, Segment
from tests.helpers.strategies import conversations
from tests.helpers.timeline import START_NS

from .support import OPENING, SECOND, Case, diagnose, tell

TIME_WAIT_NS = Rules().time_wait_ns
EXAMPLES = int(os.environ.get("KEEPALIVE_EXAMPLES", "150"))
RANDOM = settings(
    max_examples=EXAMPLES,
    derandomize="KEEPALIVE_EXAMPLES" not in os.environ,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def changes_of(case: Case) -> Rows:
    return state_changes(case.result, np.arange(len(case.result.flows)), TIME_WAIT_NS)


def course(text: str, end: float | None = None) -> list[tuple[float, int, str, str]]:
    """Second, flow, who and state of each change of a story."""
    case = tell(text, end=end)
    return [
        (
            (int(each.time_ns) - START_NS) / SECOND,
            int(each.flow),
            kinds.SENDER_WORDS[each.side ^ case.result.flows.client[each.flow]],
            kinds.STATE_WORDS[each.state],
        )
        for each in changes_of(case)
    ]


OPENED = [
    (0, 0, "client", "SYN-SENT"),
    (0.01, 0, "server", "SYN-RECEIVED"),
    (0.011, 0, "client", "ESTABLISHED"),
    (0.011, 0, "server", "ESTABLISHED"),
]
CLOSING = "1 c>s FA 101:201\n1.1 s>c FA 201:102\n1.2 c>s A 102:202\n"


class TestStories:
    def test_both_ends_through_a_connection_and_time_wait(self) -> None:
        assert course(OPENING + CLOSING, end=99) == [
            *OPENED,
            (1, 0, "client", "FIN-WAIT-1"),
            (1.1, 0, "client", "TIME-WAIT"),
            (1.1, 0, "server", "LAST-ACK"),
            (1.2, 0, "server", "CLOSED"),
            (61.2, 0, "client", "CLOSED"),
        ]

    def test_application_that_does_not_close(self) -> None:
        closing = "1 c>s FA 101:201\n1.1 s>c A 201:102\n30 s>c FA 201:102\n30.1 c>s A 102:202"
        assert course(OPENING + closing)[len(OPENED) :] == [
            (1, 0, "client", "FIN-WAIT-1"),
            (1.1, 0, "client", "FIN-WAIT-2"),
            (1.1, 0, "server", "CLOSE-WAIT"),
            (30, 0, "client", "TIME-WAIT"),
            (30, 0, "server", "LAST-ACK"),
            (30.1, 0, "server", "CLOSED"),
        ]

    def test_what_a_dead_peer_knows_is_unknown_from_the_first_unanswered_probe_on(self) -> None:
        dead = (
            "60 c>s A 100:201\n60.1 s>c A 201:101\n120 c>s A 100:201\n130 c>s A 100:201\n140 c>s RA 101:201"
        )
        assert course(OPENING + dead)[len(OPENED) :] == [
            (120, 0, "server", "UNKNOWN"),
            (140, 0, "client", "CLOSED"),
        ]

    def test_open_before_the_capture_began(self) -> None:
        late = "0 x>y S 0\n5 c>s PA 0+5:0\n5.1 s>c A 0:5"
        ends = {"x": ("10.0.0.3", 1), "y": ("10.0.0.4", 2)}
        case = tell(late, endpoints=ends)
        table = changes_of(case)
        found = [(int(each.time_ns) - START_NS, kinds.STATE_WORDS[each.state]) for each in table if each.flow]
        assert found == [(0, "ESTABLISHED"), (0, "ESTABLISHED")]

    def test_port_used_anew_ends_what_was_left_of_the_old_connection(self) -> None:
        anew = "5 c>s S 900\n5.1 s>c SA 900:901\n5.2 c>s A 901:901"
        assert course(OPENING + CLOSING + anew)[-5:] == [
            (5, 0, "client", "CLOSED"),
            (5, 1, "client", "SYN-SENT"),
            (5.1, 1, "server", "SYN-RECEIVED"),
            (5.2, 1, "client", "ESTABLISHED"),
            (5.2, 1, "server", "ESTABLISHED"),
        ]

    def test_connection_lives_until_the_rst_that_was_not_ignored(self) -> None:
        ignored = "9 s>c R 9201\n20 s>c PA 201+9:101\n20.02 c>s A 101:210\n"
        assert course(OPENING + ignored) == OPENED
        ends = [(30, 0, "client", "CLOSED"), (30, 0, "server", "CLOSED")]
        assert course(OPENING + ignored + "30 c>s RA 101:210") == OPENED + ends

    def test_fin_of_which_only_one_direction_was_captured(self) -> None:
        lonely = "0 c>s S 0\n0.1 c>s A 1:1\n1 c>s PA 1+9:1\n2 c>s FA 10:1\n"
        assert course(lonely)[-1] == (2, 0, "client", "UNKNOWN")
        assert tell(lonely).states == ("UNKNOWN", "UNKNOWN")

    def test_netstat_shows_no_closed_connection(self) -> None:
        case = tell(OPENING + CLOSING, end=99)
        held = in_force(changes_of(case), START_NS + 2 * SECOND)
        assert [kinds.STATE_WORDS[each.state] for each in held] == ["TIME-WAIT"]
        assert len(in_force(changes_of(case), START_NS + 70 * SECOND)) == 0


WAITS_NS = tuple(seconds * SECOND for seconds in (0, 1, 20, 61, 75))
ACTIONS = ("exchange", "data", "ack", "fin", "fin", "close", "probed", "reset", "syn")


@st.composite
def orderly(draw: st.DrawFn) -> list[Record]:
    """Conversations as hosts lead them: nothing but what a host may send in its state; nothing lost."""
    clock = Clock(START_NS)
    talk = Conversation(Host(("10.0.0.1", 40000), 1000), Host(("10.0.0.2", 443), 2000), clock)
    opening = draw(st.sampled_from((0, 4, 7)))  # 7: nobody answers the SYN
    talk.do(Step("syn", 0, False, 0, opening))
    closed: set[bool] = set()
    over = False
    for action in draw(st.lists(st.sampled_from(ACTIONS), max_size=8 if opening < 7 else 0)):
        by_server, wait_ns = draw(st.booleans()), draw(st.sampled_from(WAITS_NS))
        variant = draw(st.integers(0, 5))
        speaks = action in ("exchange", "data", "fin", "close")
        if action == "syn":
            if not over:
                continue
            closed, over, by_server, variant = set(), False, False, 1
        elif over or (speaks and by_server in closed) or (action == "close" and closed):
            continue
        if action == "fin":
            closed.add(by_server)
        elif action == "close":
            closed = {True, False}
        elif action == "reset":
            variant %= 3  # of the peer's own TTL
        elif action == "ack":
            variant = 0
        over = over or action == "reset" or len(closed) == 2
        talk.do(Step(action, 0, by_server, wait_ns, variant))
    clock.now_ns += draw(st.sampled_from(WAITS_NS))
    return list(clock.records)


def words_at(case: Case, at_ns: int) -> list[dict[object, str]]:
    """For each flow the states of its ends at a moment, by port, CLOSED included."""
    ends: list[dict[object, str]] = [{} for _ in case.result.flows]
    for each in changes_of(case):
        if each.time_ns <= at_ns:
            port = int(case.result.flows[each.flow].port[each.side])
            ends[each.flow][port] = kinds.STATE_WORDS[each.state]
    return ends


@RANDOM
@given(orderly())
def test_states_equal_those_of_a_host_that_walks_through_them(records: list[Record]) -> None:
    end_ns = max(record.time_ns for record in records) + 30 * SECOND
    flows = naive.label(records, end_ns=end_ns).flows
    case = diagnose(records, end=(end_ns - START_NS) / SECOND)
    for at_ns in sorted({record.time_ns for record in records} | {end_ns - 1, end_ns}):
        found = words_at(case, at_ns)
        for number, flow in enumerate(flows):
            successor = flows[number + 1] if number + 1 < len(flows) else None
            if flow.rows[0].time_ns > at_ns:
                assert found[number] == {}
                continue
            expected = naive_states.states_at(flow, at_ns, successor)
            assert found[number] == {end[1]: state for end, state in expected.items()}, (at_ns, number)


@RANDOM
@given(conversations(icmp=True))
def test_every_change_follows_from_the_one_before_and_leads_to_the_end(records: list[Record]) -> None:
    if not any(isinstance(record, Segment) for record in records):
        return
    case = diagnose([replace(record, frame=place) for place, record in enumerate(records, 1)])
    table = changes_of(case)
    assert (np.diff(table.time_ns) >= 0).all()
    latest: dict[tuple[int, int], Rows] = {}
    for each in table:
        key = int(each.flow), int(each.side)
        before = latest.get(key)
        assert each.before == (255 if before is None else before.state)
        assert each.state not in (each.before, 255)
        assert before is None or before.until_ns == each.time_ns
        latest[key] = each
    for row, flow in enumerate(case.result.flows):
        for side in (0, 1):
            assert latest[row, side].state == case.summaries[row].state[side ^ flow.client]
            assert latest[row, side].until_ns == kinds.MISSING


@pytest.mark.parametrize("chosen", [[], [1], [0, 2]])
def test_only_the_chosen_flows(chosen: list[int]) -> None:
    three = "".join(f"{at} c>s S {at * 1000}\n{at}.1 s>c RA 0:{at * 1000 + 1}\n" for at in range(3))
    table = state_changes(tell(three).result, np.array(chosen, np.int64), TIME_WAIT_NS)
    assert sorted(set(table.flow.tolist())) == chosen
