"""What diagnosis will want to know of a side: its distance, its rhythm, its clock (design 10)."""

import numpy as np

from analyzer import kinds
from analyzer.sequence import advance
from analyzer.track.kernels.probes import is_probe
from analyzer.track.kernels.steps import aside, step

SECOND = 1e-9


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
    """Hop distance, IP ID pattern and TTL: what tells a middlebox's RST from the peer's."""
    if x.ttl != segment.ttl or x.hops == 0:
        distance = hop_distance(np.int64(segment.ttl))
        hops = np.int64(x.hops)
        if not knows_hops(x, distance) and hops >> 24 == 0:
            x.hops = ((hops << 8) | (distance + 1)) & 0xFFFFFFFF
        x.ttl = segment.ttl
    if segment.ip_id == 0:
        x.ip_id_pattern |= 1
    elif x.marks & kinds.SIDE_SENT and x.ip_id != 0:
        step = (np.int64(segment.ip_id) - np.int64(x.ip_id)) & 0xFFFF
        x.ip_id_pattern |= 2 if 1 <= step <= 256 else 4
    x.ip_id = segment.ip_id


@aside
def talk_of(flow, talks, counters):
    """The flow's TALK row, taken from the pool if it has none yet."""
    if flow.talk == 0:
        counters.talks_used += 1
        flow.talk = counters.talks_used
    return talks[flow.talk - 1]


@aside
def note_message_gap(talk, gap_s):
    """Welford's running mean and variance of the pauses between a side's messages."""
    talk.gaps += 1
    delta = gap_s - talk.gap_mean_s
    talk.gap_mean_s += delta / talk.gaps
    talk.gap_m2 += delta * (gap_s - talk.gap_mean_s)
    if talk.gaps == 1 or gap_s < talk.gap_min_s:
        talk.gap_min_s = gap_s
    if gap_s > talk.gap_max_s:
        talk.gap_max_s = gap_s


@aside
def note_clock(talk, segment):
    """The rate of the sender's timestamp clock, from its first TSval to the latest (RFC 7323 4.2.2)."""
    if not segment.options & kinds.OPTION_TIMESTAMPS:
        return
    if talk.ts_first_time == 0:
        talk.ts_first_time = segment.time_ns
        talk.ts_first = segment.tsval
        return
    elapsed = segment.time_ns - talk.ts_first_time
    if elapsed > 100_000_000:  # below 0.1 s the millisecond ticks are too coarse to measure with
        ticks = advance(np.int64(segment.tsval), -np.int64(talk.ts_first))
        talk.ts_rate_hz = ticks / (elapsed * SECOND)


@step
def note_talk(flow, sender, segment, kind, talks, counters):
    """The rhythm of messages, and the timestamp clock wherever rhythm or probes make it useful."""
    x = flow.side[sender]
    time_ns = segment.time_ns
    new_payload = segment.length > 0 and kind != kinds.RETRANSMISSION and not is_probe(kind)
    if new_payload:
        before = x.last_payload_time
        if before != 0:
            peer_spoke = flow.side[1 - sender].last_payload_time > before
            if peer_spoke or time_ns - before >= counters.message_pause_ns:
                talk = talk_of(flow, talks, counters).side[sender]
                note_message_gap(talk, (time_ns - before) * SECOND)
                note_clock(talk, segment)
        x.last_payload_time = time_ns
    elif is_probe(kind) or kind == kinds.KEEPALIVE_REPLY or kind == kinds.TENTATIVE:
        note_clock(talk_of(flow, talks, counters).side[sender], segment)
