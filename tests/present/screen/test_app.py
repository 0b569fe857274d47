"""The screen as its users see it: keys go in, text comes out."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from textual import events
from textual.pilot import Pilot

from analyzer import kinds
from analyzer.errors import KeepaliveError
from analyzer.present.screen.app import THEMES, LiveApp, run_screen
from analyzer.present.screen.lines import LinesView
from analyzer.present.screen.opened import GONE, LEFT, Opened
from tests.helpers.boards import Row, TableFeed
from tests.helpers.opened import opened

NARROW, WIDE = (80, 24), (200, 50)
OF_DAY = r"\d\d:\d\d:\d\d\.\d{3}"
ENOUGH = 2000  # looks, until a test gives up

Story = Callable[["Seen"], Awaitable[None]]


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Seen:
    """An app under a pilot, and what stands on its screen."""

    def __init__(self, app: LiveApp, pilot: Pilot[None], clock: Clock) -> None:
        self.app, self.pilot, self.clock = app, pilot, clock

    @property
    def lines(self) -> list[str]:
        """What stands on the screen."""
        return ["".join(part.text for part in strip).rstrip() for strip in self.strips()]

    def strips(self):  # type: ignore[no-untyped-def]
        return self.app.screen._compositor.render_strips()

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    async def until(self, holds: Callable[[], bool]) -> None:
        for _ in range(ENOUGH):
            await self.pilot.pause(0.005)
            if holds():
                return
        raise AssertionError(self.text)

    async def sees(self, *words: str) -> None:
        await self.until(lambda: all(word in self.text for word in words))

    async def misses(self, word: str) -> None:
        await self.until(lambda: word not in self.text)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    def selected(self) -> str:
        """The one line that is shown the other way round."""
        found = [
            "".join(part.text for part in strip)
            for strip in self.strips()
            if any(part.style and part.style.reverse and len(part.text) > 1 for part in strip)
        ]
        assert len(found) <= 1, found
        return found[0].rstrip() if found else ""


def play(feed: TableFeed, story: Story, size: tuple[int, int] = NARROW) -> None:
    """Run the screen on a feed."""

    async def run() -> None:
        clock = Clock()
        app = LiveApp(feed, "eth0", clock_s=clock)
        async with app.run_test(size=size) as pilot:
            seen = Seen(app, pilot, clock)
            await seen.until(lambda: app.state.board is not None)
            await story(seen)

    asyncio.run(run())


def many(count: int = 10_000) -> list[Row]:
    return [
        Row(flow, client=f"10.0.{flow // 256}.{flow % 256}:{flow % 60_000 + 1024}") for flow in range(count)
    ]


def mixed() -> list[Row]:
    return [
        Row(0, kinds.ALIVE, "10.0.0.1:1", "10.0.0.9:443", "nginx[7]", "client", 60, 10, 5, 55, 0, 12),
        Row(
            1,
            kinds.PEER_DEAD,
            "10.0.0.2:1",
            "10.0.0.9:5432",
            "",
            "client",
            60,
            10,
            95,
            unanswered=3,
            probes=3,
        ),
        Row(2, kinds.PROBING, "10.0.0.3:1", "10.0.0.9:22", "", "server", 60, 10, 75, 5, 1, 1),
        Row(3, kinds.CLOSED, "10.0.0.4:1", "10.0.0.9:80"),
    ]


def in_order(seen: Seen, *words: str) -> bool:
    places = [seen.text.find(word) for word in words]
    return -1 not in places and places == sorted(places)


@pytest.mark.parametrize("size", [NARROW, WIDE])
def test_it_shows_connections_the_gravest_first(size: tuple[int, int]) -> None:
    async def story(seen: Seen) -> None:
        await seen.sees("eth0", "● live", "4 connections", "✖ peer_dead", "▲ probing", "? help")
        assert in_order(seen, "10.0.0.2:1", "10.0.0.3:1", "10.0.0.1:1", "10.0.0.4:1")
        assert ("nginx[7]" in seen.text) is (size == WIDE)
        assert len(seen.lines) == size[1]

    play(TableFeed(mixed()), story, size)


@pytest.mark.parametrize("size", [NARROW, WIDE])
def test_ten_thousand_connections_are_scrolled_by_asking_for_what_is_in_view(size: tuple[int, int]) -> None:
    feed = TableFeed(many())

    async def story(seen: Seen) -> None:
        await seen.sees("10,000 connections", "10.0.0.0:1024")
        await seen.press("end")
        await seen.sees("10.0.39.15:11023")
        assert "10.0.39.15:11023" in seen.selected()
        await seen.press("pageup", "up")
        place = 9999 - seen.app.main.table.rows - 1
        await seen.until(lambda: f"10.0.{place // 256}.{place % 256}:" in seen.selected())
        await seen.press("home")
        await seen.until(lambda: "10.0.0.0:1024" in seen.selected())
        await seen.press(*["pagedown"] * 30)
        place = 30 * seen.app.main.table.rows
        await seen.until(lambda: f"10.0.{place // 256}.{place % 256}:" in seen.selected())
        assert max(wish.count for wish in feed.wishes) <= 3 * size[1]

    play(feed, story, size)


def test_the_selected_connection_stays_selected_when_the_order_changes() -> None:
    feed = TableFeed(many(1000))

    async def story(seen: Seen) -> None:
        await seen.press("down", "down", "down")
        await seen.until(lambda: "10.0.0.2:1026" in seen.selected())
        feed.rows = [replace(row, verdict=kinds.CLOSED) if row.flow < 5 else row for row in feed.rows]
        await seen.until(lambda: "closed" in seen.selected())
        assert "10.0.0.2:1026" in seen.selected()
        assert seen.app.main.table.selection.place == 997
        feed.rows = [row for row in feed.rows if row.flow != 2]
        await seen.until(lambda: "10.0.0.3:1027" in seen.selected())

    play(feed, story)


def test_connections_are_ordered_by_keys() -> None:
    async def story(seen: Seen) -> None:
        await seen.press("s", "down")
        await seen.sees("In which order", "in order of appearance")
        await seen.press("enter")
        await seen.until(lambda: in_order(seen, "10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1", "10.0.0.4:1"))
        await seen.press("r")
        await seen.until(lambda: in_order(seen, "latest first", "10.0.0.4:1", "10.0.0.3:1", "10.0.0.2:1"))
        await seen.press("s", "escape")
        await seen.misses("In which order")
        assert seen.app.state.wish.sort == "flow"

    play(TableFeed(mixed()), story)


def test_a_click_on_a_heading_orders_by_it_and_another_turns_it() -> None:
    async def story(seen: Seen) -> None:
        await seen.sees("SILENT")
        y = next(place for place, line in enumerate(seen.lines) if "SILENT" in line)
        x = seen.lines[y].index("SILENT")
        await seen.pilot.click(offset=(x, y))
        await seen.sees("▼SILENT")
        y = next(place for place, line in enumerate(seen.lines) if "SILENT" in line)
        await seen.pilot.click(offset=(x, y))
        await seen.sees("▲SILENT")

    play(TableFeed(mixed()), story)


def test_a_double_click_opens() -> None:
    async def story(seen: Seen) -> None:
        await seen.sees("10.0.0.3:1")
        y = next(place for place, line in enumerate(seen.lines) if "10.0.0.3:1" in line)
        await seen.pilot.click(offset=(20, y), times=2)
        await seen.sees("Connection 2")

    play(TableFeed(mixed(), {2: opened("outage", 2)}), story)


def test_verdicts_are_chosen() -> None:
    async def story(seen: Seen) -> None:
        await seen.press("f", "space", "enter")
        await seen.misses("10.0.0.1:1")
        await seen.sees("1 shown", "only peer_dead", "10.0.0.2:1")
        await seen.press("f", "p")
        await seen.sees("[x] peer_rebooted", "[x] stalled", "[ ] probing")
        await seen.press("a")
        await seen.misses("[x]")
        await seen.press("escape", "escape")
        await seen.sees("10.0.0.1:1")
        assert seen.app.state.wish.verdicts == frozenset()

    play(TableFeed(mixed()), story)


def test_search_narrows_while_it_is_typed_and_its_letters_are_no_keys() -> None:
    async def story(seen: Seen) -> None:
        await seen.press("slash", *"nginx")
        await seen.misses("10.0.0.2:1")
        await seen.sees("Search nginx", "1 shown", "10.0.0.1:1")
        await seen.press("enter")
        await seen.misses("Search nginx")
        await seen.press("slash", *"qq")
        await seen.sees("no connection is like that")
        await seen.press("escape")
        await seen.sees("10.0.0.2:1")
        await seen.misses("shown")

    play(TableFeed(mixed()), story)


def test_what_is_typed_at_once_after_the_key_belongs_to_the_search() -> None:
    async def story(seen: Seen) -> None:
        for letter in "/q/s":
            seen.app.post_message(events.Key("slash" if letter == "/" else letter, letter))
        await seen.sees("Search q/s", "no connection is like that")

    play(TableFeed(mixed()), story)


def test_countdowns_tick_between_boards() -> None:
    async def story(seen: Seen) -> None:
        await seen.sees("5 s")
        seen.app._puller.rest(True)
        await seen.pilot.pause(0.1)
        seen.app.state.came_s = seen.clock.now_s
        seen.clock.now_s += 3
        seen.app.tick()
        await seen.pilot.pause()
        line = next(line for line in seen.lines if "10.0.0.3:1" in line)
        assert line.split()[-5:] == ["78", "s", "2", "s", "1"]

    play(TableFeed(mixed()), story)


def test_paused_it_stands_still_and_can_be_scrolled() -> None:
    feed = TableFeed(many(3000))

    async def story(seen: Seen) -> None:
        await seen.press("space")
        await seen.sees("paused")
        await seen.until(lambda: seen.app.state.answered.count == 10_000)
        asked = len(feed.wishes)
        feed.rows = [Row(9, kinds.PEER_DEAD)]
        seen.clock.now_s += 100
        await seen.press("end")
        await seen.sees("10.0.11.183:4023")
        await seen.pilot.pause(0.7)
        assert len(feed.wishes) == asked
        assert "3,000 connections" in seen.text
        await seen.press("space")
        await seen.sees("● live", "1 connection: 1 peer_dead")

    play(feed, story)


def test_an_opened_connection_shows_its_timeline_and_goes_on() -> None:
    feed = TableFeed(mixed(), {1: opened("peer-dead", 1)})

    async def story(seen: Seen) -> None:
        await seen.sees("10.0.0.2:1")
        await seen.press("enter")
        await seen.sees("Connection 1", "silent for 95 s", "✖ peer_dead: 3 probes", "RST: gave up")
        view = seen.app.screen.query_one(LinesView)
        assert view.scroll_offset.y == view.max_scroll_y > 0
        await seen.press("home")
        await seen.sees("client 192.0.2.2:50001 → server")
        top = view.scroll_offset.y
        await seen.press("down", "down")
        assert view.scroll_offset.y == top + 2
        await seen.press("end", "pageup", "pagedown", "up")
        feed.connections[1] = opened("outage", 1)
        await seen.press("home")
        await seen.sees("outage.pcapng")
        await seen.press("escape")
        await seen.sees("4 connections")
        assert "10.0.0.2:1" in seen.selected()

    play(feed, story)


def test_an_opened_connection_can_be_drawn_another_way() -> None:
    async def story(seen: Seen) -> None:
        await seen.press("down", "enter")
        await seen.sees("Connection 1")
        view = seen.app.screen.query_one(LinesView)
        await seen.until(lambda: len(view.lines) > 5)
        before = len(view.lines)
        await seen.press("w")
        await seen.until(lambda: len(view.lines) > before)
        assert len(re.findall(OF_DAY, seen.text)) == 1  # when it began
        await seen.press("c")
        await seen.until(lambda: len(re.findall(OF_DAY, seen.text)) > 10)
        assert seen.app.request().clock == "utc"

    play(TableFeed(mixed(), {1: opened("both-probe", 1)}), story, WIDE)


def test_a_connection_that_left_memory_stays_as_it_was_known() -> None:
    feed = TableFeed(mixed(), {1: opened("peer-dead", 1)})

    async def story(seen: Seen) -> None:
        await seen.press("down", "enter")
        await seen.sees("RST: gave up")
        feed.connections.clear()
        await seen.sees(LEFT, "RST: gave up")
        await seen.press("escape", "down", "enter")
        await seen.sees("Connection 2", GONE)

    play(feed, story)


def test_the_end_is_said_and_the_screen_stays() -> None:
    feed = TableFeed(many(300))

    async def story(seen: Seen) -> None:
        await seen.sees("● live")
        feed.ended = "eth0 went down"
        await seen.sees("✖ ended: eth0 went down")
        await seen.press("end")
        await seen.sees("10.0.1.43:1323")
        await seen.press("q")
        assert not seen.app.is_running or seen.app._exit

    play(feed, story)


@pytest.mark.parametrize("size", [NARROW, WIDE])
def test_help_names_the_keys_of_where_it_is_asked(size: tuple[int, int]) -> None:
    async def story(seen: Seen) -> None:
        await seen.press("question_mark")
        await seen.sees("Keys", "choose which verdicts are shown")
        await seen.press("escape", "down", "enter")
        await seen.sees("Connection 1")
        await seen.press("question_mark")
        await seen.sees("Keys", "back to all connections")

    play(TableFeed(mixed()), story, size)


def test_what_processes_are_called_is_only_text() -> None:
    names = ["[bold red]x[/]", "a\x1b[2Jb", "[link=file:///]", "\u202egnp", "[/"]
    rows = [Row(flow, process=name) for flow, name in enumerate(names)]

    async def story(seen: Seen) -> None:
        await seen.sees("[bold red]x[/]", r"a\x1b[2Jb", "[link=file:///]", r"\u202egnp", "[/")
        await seen.press("down")
        await seen.sees("0  10.0.0.1:40000 → 10.0.0.2:443  [bold red]x[/]")

    play(TableFeed(rows), story, WIDE)


def test_no_colour_where_none_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def story(seen: Seen) -> None:
        await seen.sees("peer_dead")
        await seen.press("down")
        for theme in THEMES:
            assert seen.app.theme == theme
            drawn = seen.app.screen._compositor.render_update(full=True).render_segments(seen.app.console)
            assert "38;" not in drawn
            assert "48;" not in drawn
            assert "\x1b[1" in drawn  # bold is no colour
            await seen.press("t")

    play(TableFeed(mixed()), story)


@pytest.mark.parametrize("wish", ["", None])
def test_colour_where_it_is_not_forbidden(wish: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    if wish is None:
        monkeypatch.delenv("NO_COLOR", raising=False)
    else:
        monkeypatch.setenv("NO_COLOR", wish)

    async def story(seen: Seen) -> None:
        await seen.sees("peer_dead")
        drawn = seen.app.screen._compositor.render_update(full=True).render_segments(seen.app.console)
        assert "38;5;160" in drawn

    play(TableFeed(mixed()), story)


def test_an_empty_capture_says_so() -> None:
    async def story(seen: Seen) -> None:
        await seen.sees("0 connections", "no TCP connection yet")
        await seen.press("down", "up", "end", "home", "enter", "pagedown", "escape")
        assert seen.app.opened is None
        assert not isinstance(seen.app.screen, Opened)

    play(TableFeed([]), story)


def test_a_feed_that_breaks_closes_the_screen_and_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    feed = TableFeed([])
    feed.broken = KeepaliveError("the capture is broken")
    monkeypatch.setattr(LiveApp, "run", lambda self: asyncio.run(self.run_async(headless=True)))
    with pytest.raises(KeepaliveError, match="the capture is broken"):
        run_screen(feed, "eth0")


def test_sigterm_closes_the_screen_and_whoever_handled_it_does_so_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Ending(TableFeed):
        def failure(self) -> str | None:
            if self.wishes:
                os.kill(os.getpid(), signal.SIGTERM)
            return None

    def before(*_: object) -> None:
        raise AssertionError("the screen did not take it")

    monkeypatch.setattr(LiveApp, "run", lambda self: asyncio.run(self.run_async(headless=True)))
    present = signal.signal(signal.SIGTERM, before)
    try:
        run_screen(Ending(mixed()))
        assert signal.getsignal(signal.SIGTERM) is before
    finally:
        signal.signal(signal.SIGTERM, present)
