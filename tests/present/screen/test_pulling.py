"""The thread between feed and screen."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

import pytest

from analyzer.errors import KeepaliveError
from analyzer.news import Wish
from analyzer.present.screen.pulling import Pulled, Puller, Request, pull
from tests.helpers.boards import Row, TableFeed
from tests.helpers.opened import opened

Came = queue.Queue[Pulled]
LONG_S = 20  # until a test gives up


@pytest.fixture
def feed() -> TableFeed:
    return TableFeed([Row(0), Row(1)], {1: opened("peer-dead", 1)})


@pytest.fixture
def came() -> Came:
    return queue.Queue()


@pytest.fixture
def puller(feed: TableFeed, came: Came) -> Iterator[Puller]:
    thread = Puller(feed, came.put, every_s=0.001)
    yield thread
    thread.close()
    assert not thread.is_alive()


def test_everything_is_asked_for_once(feed: TableFeed) -> None:
    pulled = pull(feed, Request(Wish(first=1), opened=1))
    assert pulled.board is not None
    assert pulled.board.flow.tolist() == [1]
    assert pulled.lines is not None
    assert any("RST: gave up" in text for line in pulled.lines for text, _ in line)
    assert pulled.failure is None
    assert pull(feed, Request(Wish(), opened=0)).lines is None


def test_a_timeline_is_as_wide_as_asked(feed: TableFeed) -> None:
    lines = pull(feed, Request(Wish(), opened=1, width=70)).lines
    assert lines is not None
    assert max(len("".join(text for text, _ in line)) for line in lines) <= 70


def test_boards_come_by_themselves_and_in_another_thread(feed: TableFeed, puller: Puller, came: Came) -> None:
    puller.start()
    for _ in range(3):
        assert came.get(timeout=LONG_S).board is not None
    assert threading.get_ident() not in feed.threads


def test_what_is_asked_comes_even_while_resting(puller: Puller, came: Came) -> None:
    puller.rest(True)
    puller.start()
    came.get(timeout=LONG_S)
    for first in (5, 6):
        puller.ask(Request(Wish(first=first)), soon=True)
        assert came.get(timeout=LONG_S).request.wish.first == first
    puller.ask(Request(Wish(first=7)), soon=False)
    puller.rest(False)
    assert came.get(timeout=LONG_S).request.wish.first == 7


def test_a_broken_feed_is_told_and_ends_it(feed: TableFeed, puller: Puller, came: Came) -> None:
    feed.broken = KeepaliveError("broken")
    puller.start()
    assert came.get(timeout=LONG_S).error is feed.broken
    puller.join(LONG_S)
    assert not puller.is_alive()


def test_what_comes_with_the_end_is_final(feed: TableFeed) -> None:
    feed.ended = "it broke"
    assert pull(feed, Request(Wish())).failure == "it broke"
