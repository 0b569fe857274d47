"""The board of a live capture: who is shown, in which order, and what is counted down."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from analyzer import kinds
from analyzer.news import SORTS, Board, Wish
from analyzer.pipeline import Diagnosis
from analyzer.reading import decoded
from analyzer.rules import SECOND_NS, Options, Rules
from analyzer.sources import open_source
from analyzer.watch import boards as boards_module
from analyzer.watch.boards import Boards
from analyzer.watch.processes import Processes
from analyzer.watch.searching import Search
from analyzer.watch.watching import Watch

RECORDED = Path(__file__).parents[2] / "captures" / "recorded"


def watched(name: str, until_s: float | None = None, first: int = 1) -> Watch:
    """A recording as a live capture, from its `first` frame until so many seconds after its start."""
    with open_source(str(RECORDED / f"{name}.pcapng"), chunk_frames=1) as source:
        watch = Watch(source.facts, Options())
        for batch in islice(decoded(source, watch.decoder), first - 1, None):
            if until_s is not None and watch.now_ns != kinds.MISSING:
                if batch.end_ns > watch.totals().start_ns + until_s * SECOND_NS:
                    break
            watch.step(batch)
    watch.look(watch.now_ns, Search.EVERYWHERE)
    return watch


def board_of(watch: Watch, wish: Wish, later_s: float = 0.0, processes: Processes | None = None) -> Board:
    now_ns = watch.now_ns + round(later_s * SECOND_NS)
    return Boards(watch, Diagnosis(Rules()), processes).board(wish, watch.totals(), 0.0, now_ns)


@pytest.fixture(scope="module")
def many() -> Watch:
    return watched("many-connections")


def test_a_dead_peer_is_shown_with_its_timers_and_what_was_unanswered() -> None:
    board = board_of(watched("peer-dead"), Wish(), later_s=3.0)
    assert (len(board), board.passing, board.flow.tolist()) == (1, 1, [0])
    assert board.verdict.tolist() == [kinds.PEER_DEAD]
    assert (board.prober, board.probes.tolist(), board.unanswered.tolist()) == (["client"], [3], [3])
    assert board.keepalive_time_s[0] == pytest.approx(2.0, abs=0.1)
    assert board.keepalive_interval_s[0] == pytest.approx(1.0, abs=0.1)
    assert board.life_s[0] > 3.0
    assert np.isnan(board.next_probe_s[0])


def test_the_next_probe_is_counted_down_until_it_is_overdue() -> None:
    watch = watched("alive")
    board = board_of(watch, Wish())
    first = float(board.next_probe_s[0])
    assert 0 < first <= float(board.keepalive_time_s[0]) + 0.1
    later = board_of(watch, Wish(), later_s=first + 1)
    assert later.next_probe_s[0] == pytest.approx(-1.0, abs=1e-6)
    assert later.life_s[0] == pytest.approx(float(board.life_s[0]) + first + 1, abs=1e-6)


def test_while_probes_wait_the_next_one_is_due_after_their_spacing() -> None:
    whole = watched("peer-dead")
    result = whole.result()
    probes = [e for batch in result.events.batches() for e in batch if e.kind == kinds.KEEPALIVE_PROBE]
    until_s = (int(probes[1].time_ns) - whole.totals().start_ns) / SECOND_NS
    board = board_of(watched("peer-dead", until_s + 0.001), Wish())
    assert board.unanswered.tolist() == [2]
    assert board.next_probe_s[0] == pytest.approx((probes[1].time_ns - probes[0].time_ns) / SECOND_NS)
    assert board.verdict.tolist() == [kinds.PROBING]


def test_of_a_connection_that_was_idle_before_the_next_probe_is_counted_down_too() -> None:
    """Frames 10, 12 and 14 are probes, which all are answered; then data comes."""
    since = watched("alive", until_s=4.5, first=10)
    [side] = since.tracker.probings[0]["side"][:1]
    assert (side["probes"], side["idle_ns"]) == (3, kinds.MISSING)
    known = board_of(watched("alive", until_s=6.5), Wish()).next_probe_s
    assert board_of(since, Wish()).next_probe_s == pytest.approx(known, abs=0.1)
    assert np.isnan(board_of(watched("alive", first=21), Wish()).next_probe_s)  # of one probe nothing tells


@pytest.mark.parametrize("sort", SORTS)
def test_every_sort_shows_each_connection_once_and_pages_fit_together(many: Watch, sort: str) -> None:
    whole = board_of(many, Wish(sort=sort, count=10_000))
    assert sorted(whole.flow.tolist()) == list(range(many.totals().connections))
    reverse = board_of(many, Wish(sort=sort, count=10_000, descending=True))
    assert reverse.flow.tolist() == whole.flow.tolist()[::-1]
    pages = [board_of(many, Wish(sort=sort, first=first, count=7)) for first in range(0, len(whole), 7)]
    assert [flow for page in pages for flow in page.flow.tolist()] == whole.flow.tolist()
    assert {page.passing for page in pages} == {len(whole)}


@pytest.mark.parametrize("descending", [False, True])
def test_the_place_of_a_connection_is_told_wherever_it_is(many: Watch, descending: bool) -> None:
    wish = Wish(sort="client", descending=descending, count=10_000)
    whole = board_of(many, wish).flow.tolist()
    for place, number in enumerate(whole):
        assert board_of(many, replace(wish, first=3, count=2, selected=number)).selected_at == place
    assert board_of(many, replace(wish, selected=len(whole))).selected_at == -1
    assert board_of(many, replace(wish, selected=whole[0], search="no such")).selected_at == -1
    assert board_of(many, wish).selected_at == -1


def test_sorts_say_what_comes_first(many: Watch) -> None:
    by = {sort: board_of(many, Wish(sort=sort, count=10_000)) for sort in SORTS}
    assert by["flow"].flow.tolist() == sorted(by["flow"].flow.tolist())
    assert np.all(np.diff(by["life_s"].life_s) >= 0)
    assert np.all(np.diff(by["probes"].probes) <= 0)
    assert np.all(np.diff(by["unanswered"].unanswered) <= 0)
    due = by["next_probe_s"].next_probe_s
    assert np.all(np.diff(due[~np.isnan(due)]) >= 0)
    assert not np.isnan(due[: np.count_nonzero(~np.isnan(due))]).any()
    severity = np.array(kinds.VERDICT_SEVERITY)[by["verdict"].verdict]
    assert np.all(np.diff(severity.astype(int)) <= 0)


def test_verdicts_and_a_search_choose(many: Watch) -> None:
    every = board_of(many, Wish(count=10_000))
    wanted = int(every.verdict[0])
    chosen = board_of(many, Wish(count=10_000, verdicts=frozenset({wanted})))
    assert chosen.passing == np.count_nonzero(every.verdict == wanted) == len(chosen)
    end = every.client[3]
    found = board_of(many, Wish(search=end.upper(), count=10_000))
    expected = [
        flow
        for flow, client, server in zip(every.flow.tolist(), every.client, every.server, strict=True)
        if end in f"{client} {server}"
    ]
    assert sorted(found.flow.tolist()) == sorted(expected)
    assert board_of(many, Wish(search="no such host")).passing == 0


def test_processes_are_shown_and_found_by_name(many: Watch) -> None:
    every = board_of(many, Wish(count=3))
    host, port = every.client[1].rsplit(":", 1)
    peer, peer_port = every.server[1].rsplit(":", 1)
    ends = (host.strip("[]"), int(port)), (peer.strip("[]"), int(peer_port))
    known = Processes(lambda: iter([(ends, "Postgres[7]")]))
    known.refresh()
    assert known._thread is not None
    known._thread.join()
    assert board_of(many, Wish(count=3), processes=known).process == ["", "Postgres[7]", ""]
    assert board_of(many, Wish(search="postgres"), processes=known).flow.tolist() == [every.flow[1]]


def test_texts_of_ends_do_not_pile_up(many: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boards_module, "MOST_ENDS", 5)
    boards = Boards(many, Diagnosis(Rules()))
    wish = Wish(count=4)
    pages = [
        boards.board(replace(wish, first=first), many.totals(), 0.0, many.now_ns) for first in range(0, 20, 4)
    ]
    assert all(len(page.client) == len(page) for page in pages)
    assert len(boards._ends) <= 5
