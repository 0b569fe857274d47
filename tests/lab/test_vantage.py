"""What a vantage point sees."""

from __future__ import annotations

from analyzer.lab.network import CLIENT, SERVER
from analyzer.lab.vantage import (
    BOTH_PORTS,
    NEAR_CLIENT,
    NEAR_SERVER,
    ON_CLIENT,
    ONLY_CLIENT,
    SHORT_FRAMES,
    WHOLE_ROUTER,
)


def seen(vantage, method: str) -> list[str]:
    return [end for end in (CLIENT, SERVER) if getattr(vantage, method)(end)]


def test_a_filter_leaves_one_end_unheard() -> None:
    assert seen(NEAR_CLIENT, "hears") == [CLIENT, SERVER]
    assert seen(ONLY_CLIENT, "hears") == [CLIENT]


def test_what_the_router_drops_was_seen_only_on_the_link_that_it_came_from() -> None:
    assert seen(NEAR_CLIENT, "meets") == [CLIENT]
    assert seen(NEAR_SERVER, "meets") == [SERVER]
    assert seen(ON_CLIENT, "meets") == [CLIENT]
    assert seen(WHOLE_ROUTER, "meets") == seen(BOTH_PORTS, "meets") == [CLIENT, SERVER]


def test_frames_are_cut_at_the_same_place_of_the_tcp_header_over_either_ip_version() -> None:
    assert SHORT_FRAMES.over(4) == SHORT_FRAMES
    assert SHORT_FRAMES.over(6).snap_length == SHORT_FRAMES.snap_length + 40 - 20  # IPv6 and IPv4 headers
    assert NEAR_CLIENT.over(6) == NEAR_CLIENT


def test_segments_that_share_a_frame_cannot_be_counted_by_frames() -> None:
    assert seen(NEAR_CLIENT, "counts") == [CLIENT, SERVER]
    assert seen(ON_CLIENT, "counts") == [SERVER]
    assert seen(ONLY_CLIENT, "counts") == [CLIENT]
