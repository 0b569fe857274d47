"""What diagnosis wants to know of a side: its distance (design 10)."""

import numpy as np

from analyzer.track.kernels.steps import step


@step
def hop_distance(ttl):
    """Routers passed, if the initial TTL was the next of 32, 64, 128 and 255 (design 5)."""
    if ttl <= 32:
        return 32 - ttl
    if ttl <= 64:
        return 64 - ttl
    if ttl <= 128:
        return 128 - ttl
    return 255 - ttl


@step
def knows_hops(x, distance):
    """Whether the side was seen at this hop distance before."""
    hops = np.int64(x.hops)
    mark = distance + 1
    return (
        hops & 0xFF == mark
        or (hops >> 8) & 0xFF == mark
        or (hops >> 16) & 0xFF == mark
        or (hops >> 24) & 0xFF == mark
    )


@step
def has_own_ttl(x, distance):
    """Whether the side may send with a TTL of its own, and a RST over `distance` hops be its kernel's.

    A socket's IP_TTL (1 for BGP's neighbours) is next to no usual initial TTL; its distance then
    seems longer than it is. No usual path has more than 30 hops (traceroute's limit).
    """
    ttl = np.int64(x.ttl)
    seen = hop_distance(ttl)
    return (ttl <= 32 or seen > 30) and distance <= seen


@step
def note_network(x, segment):
    """Hop distance and TTL: what tells a middlebox's RST from the peer's."""
    if x.ttl != segment.ttl or x.hops == 0:
        distance = hop_distance(np.int64(segment.ttl))
        hops = np.int64(x.hops)
        if not knows_hops(x, distance) and hops >> 24 == 0:
            x.hops = ((hops << 8) | (distance + 1)) & 0xFFFFFFFF
        x.ttl = segment.ttl
