"""The page of `keepalive states` where room is short; the rest is in tests/commands/test_states.py."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from analyzer.present import Clock, Paper
from analyzer.present.states import HostView, StateCourse, StatesView, states_page, steps_for
from analyzer.tables.about import about
from tests.helpers_result import START, S, life

ROW = {
    "host": "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff",
    "port": 50001,
    "peer": "2001:db8:1111:2222:3333:4444:5555:6666",
    "peer_port": 443,
    "state": "CLOSE-WAIT",
    "time": START + S,
    "flow": 7,
}


def view(steps: int, rows: int = 1) -> StatesView:
    course = StateCourse("CLOSE-WAIT", 12345, 1234567, START + S, tuple(range(steps)))
    host = HostView(ROW["host"], 20000, 12345, [course], [ROW] * rows)
    return StatesView(about(life()), Clock("relative", START), START + 9 * S, [host], 1)


def page(shown: StatesView, width: int) -> list[str]:
    return [Paper(width, unicode=False).plain(line) for line in states_page(shown, width)]


def test_courses_fit_the_width() -> None:
    for width, mode in product((60, 80, 200), ("relative", "utc")):
        shown = replace(view(0, rows=0), clock=Clock(mode, START))
        steps = tuple(range(steps_for(shown.clock, width)))
        course = replace(shown.hosts[0].courses[0], highest=steps)
        lines = page(replace(shown, hosts=[replace(shown.hosts[0], courses=[course])]), width)
        [drawn] = [line for line in lines if line.startswith("  CLOSE-WAIT")]
        assert len(drawn) <= width and len(steps) == min(60, len(steps) + width - len(drawn))


def test_warnings_are_marked() -> None:
    styles = {style for line in states_page(view(10), 80) for text, style in line if "CLOSE-WAIT" in text}
    assert styles == {"warning"}


def test_more_than_is_shown() -> None:
    lines = page(replace(view(10), host_count=9), 80)
    assert "  ... and 12,344 more: --limit 0 shows all" in lines
    assert lines[-1] == "... and 8 hosts more: --limit 0 shows all, --host and --port choose"


def test_a_capture_that_ends_before() -> None:
    assert "does not reach to that moment" in page(replace(view(10), at_ns=None), 80)[-1]


def test_no_connection() -> None:
    assert page(replace(view(10), hosts=[], host_count=0), 80)[-1] == "no connection to show"
