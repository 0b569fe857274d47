"""Counts of verdicts."""

from __future__ import annotations

from analyzer.present.colours import DARK
from analyzer.present.plots.verdicts import verdicts


def test_bars_in_order_of_gravity_with_counts_and_shares() -> None:
    figure = verdicts({"closed": 19_000, "peer_dead": 990, "alive": 10}, "office.pcapng", DARK)
    [bars] = figure["data"]
    assert bars["customdata"] == ["peer_dead", "alive", "closed"]
    assert bars["x"] == [990, 10, 19_000]
    assert bars["text"] == ["990 (5 %)", "10 (0.05 %)", "19,000 (95 %)"]
    assert bars["marker"]["color"] == [DARK.verdicts[word] for word in bars["customdata"]]
    assert figure["layout"]["yaxis"]["ticktext"] == bars["customdata"]


def test_no_connection() -> None:
    assert verdicts({}, "office.pcapng", DARK)["data"] == []
