"""The record dtypes: what the stages hand to each other. The dtype is the schema.

Every field is commented with its unit and, where it mirrors a header, the RFC's name for it.
Times are int64 nanoseconds since the epoch. Sequence numbers are uint32; widen them to int64
before any arithmetic (`sequence`). Addresses are two uint64, high and low half; IPv4 is stored
as the mapped form ::ffff:a.b.c.d (RFC 4291 2.5.5.2).

No field bears the name of an ndarray attribute (flags, data, shape): interpreted, that would hide it.

`rows` is the one constructor of arrays: it hands out `np.recarray`, because nested fields such
as `flow.side[0].next_seq` work on those also when numba is switched off.
"""

from __future__ import annotations

from typing import Any

import numpy as np

CACHE_LINE = 64  # bytes, on every processor of interest

FRAME = np.dtype(
    [
        ("time_ns", "<i8"),  # ns since the epoch
        ("offset", "<i8"),  # of the frame's first byte in the chunk's buffer
        ("captured", "<u4"),  # bytes of the frame that are in the buffer
        ("original", "<u4"),  # bytes the frame had on the wire, FCS included where captured
        ("link_type", "<u2"),  # LINKTYPE_ value (tcpdump.org/linktypes.html)
        ("interface", "<u2"),  # index into the capture's interfaces
        ("fcs", "u1"),  # bytes of frame check sequence at the end of the frame
    ],
    align=True,
)
"""One frame as the file framing tells it (`sources`)."""

SEGMENT = np.dtype(
    [
        ("frame", "<i8"),  # number in the capture, from 1, over all frames
        ("time_ns", "<i8"),  # ns since the epoch
        ("source_high", "<u8"),  # sender's address; of an ICMP error: the quoted sender's
        ("source_low", "<u8"),
        ("destination_high", "<u8"),
        ("destination_low", "<u8"),
        ("reporter_high", "<u8"),  # who sent the ICMP error (else 0)
        ("reporter_low", "<u8"),
        ("seq", "<u4"),  # SEG.SEQ
        ("ack", "<u4"),  # SEG.ACK, 0 where the ACK flag is clear
        ("length", "<u4"),  # payload octets on the wire, from the IP length (design 4.4)
        ("tsval", "<u4"),  # TSval, RFC 7323
        ("tsecr", "<u4"),  # TSecr
        ("sack_left", "<u4"),  # first SACK block, RFC 2018
        ("sack_right", "<u4"),  # one past its last octet
        ("source_port", "<u2"),
        ("destination_port", "<u2"),
        ("control", "<u2"),  # control bits, kinds.FLAG_*
        ("window", "<u2"),  # SEG.WND, unscaled
        ("urgent", "<u2"),  # SEG.UP
        ("checksum", "<u2"),  # as sent, not verified
        ("ip_id", "<u2"),  # IPv4 identification of the innermost header; 0 for IPv6 without fragment header
        ("mss", "<u2"),  # MSS option, bytes
        ("user_timeout", "<u2"),  # UTO option: granularity bit 15 (1: minutes), value below
        ("interface", "<u2"),  # index into the capture's interfaces
        ("status", "u1"),  # kinds.SEGMENT and its neighbours: why the rest may be empty
        ("options", "u1"),  # OPTION_*
        ("window_scale", "u1"),  # shift count of the window scale option
        ("mptcp", "u1"),  # subtype of the MPTCP option
        ("ttl", "u1"),  # TTL or hop limit of the innermost IP header
        ("dont_fragment", "u1"),  # IPv4 DF bit; 1 for IPv6
        ("icmp_type", "u1"),  # of an ICMP error
        ("icmp_code", "u1"),
    ],
    align=True,
)
"""One decoded frame (`decode`): a TCP header, an ICMP error that quotes one, or an ARP row.

An ARP row has the sender's protocol address as source, the target's as destination.
A `malformed` row has addresses and ports as far as they could be read (else 0).
"""

SIDE = np.dtype(
    [
        ("last_time", "<i8"),  # ns, its latest segment that is no duplicate
        ("last_payload_time", "<i8"),  # ns, its latest segment with new payload
        ("pending_since", "<i8"),  # ns, when its oldest unacknowledged octet was first sent
        ("fin_acked_time", "<i8"),  # ns, when its FIN was acknowledged
        ("bytes", "<i8"),  # payload octets, each once
        ("next_seq", "<u4"),  # highest sequence end it sent or the peer acknowledged (design 4)
        ("acked", "<u4"),  # highest acknowledgment the peer sent
        ("base_seq", "<u4"),  # initial sequence number, or a guess: what tells 4-tuple reuse
        ("hole_left", "<u4"),  # octets skipped in the capture: first
        ("hole_right", "<u4"),  # one past the last
        ("longest_pause_s", "<f4"),  # longest of its silences that both sides spoke after (note_pause)
        ("recent", "<u4"),  # number of its latest segment in the ring of recent ones, 0 = none
        ("hops", "<u4"),  # up to four distinct hop distances + 1, one a byte, 0 = none (design 5)
        ("window", "<u2"),  # last advertised, unscaled
        ("marks", "<u2"),  # kinds.SIDE_*
        ("mss", "<u2"),  # from its SYN, bytes, 0 = not sent
        ("user_timeout", "<u2"),  # UTO option as sent, RFC 5482
        ("options", "u1"),  # OPTION_* of its SYN
        ("window_scale", "u1"),  # shift count of its SYN
        ("syn_count", "u1"),  # SYN or SYN-ACK segments, saturating
        ("retransmissions", "u1"),  # of its unacknowledged data, saturating
        ("ttl", "u1"),  # of its latest segment
    ],
    align=True,
)
"""One endpoint of a flow, what every flow needs."""

FLOW = np.dtype(
    [
        ("address_high", "<u8", (2,)),  # of side 0 and side 1
        ("address_low", "<u8", (2,)),
        ("port", "<u2", (2,)),
        ("previous", "<u4"),  # 1 + flow that used the 4-tuple before, 0 = none
        ("probing", "<u4"),  # 1 + PROBING row, 0 = none
        ("talk", "<u4"),  # 1 + TALK row, 0 = none
        ("frames", "<u4"),  # segments, duplicates included
        ("data_count", "<u4"),  # segments by kind, those that have no event
        ("retransmission_count", "<u4"),
        ("out_of_order_count", "<u4"),
        ("window_update_count", "<u4"),
        ("dup_ack_count", "<u4"),
        ("ack_count", "<u4"),
        ("duplicate_count", "<u4"),
        ("start", "<i8"),  # ns, first segment
        ("first_frame", "<i8"),
        ("last_frame", "<i8"),
        ("decided_frame", "<i8"),  # the frame that decided the verdict, 0 = none
        ("decided_life", "<i8"),  # ns, what the side that decided had sent last before, or MISSING
        ("handshake_rtt_ns", "<i8"),  # SYN to the ACK that completes the handshake, or MISSING
        ("verdict", "u1"),  # kinds.CLOSED …; UNDECIDED until a frame or the end decides
        ("decided_by", "u1"),  # side whose segment decided
        ("client", "u1"),  # side that is the client
        ("last_sender", "u1"),  # side of the latest segment that is no duplicate
        ("first_closer", "u1"),  # side that sent the first FIN or RST (+ CROSSED: FINs crossed), 255 = none
        ("marks", "u1"),  # kinds.FLOW_*
        ("event_marks", "u1"),  # kinds.EVENT_* that any of its rows bears: who is worth a look
        ("watch", "u1"),  # kinds.WATCH_*: what its TALK row waits for
        ("side", SIDE, (2,)),  # side 0 sent the first segment seen
    ],
    align=True,
)
"""One TCP connection. Its row number is its `stream`."""

PROBE_SIDE = np.dtype(
    [
        ("last_time", "<i8"),  # ns, last probe
        ("last_frame", "<i8"),  # its frame
        ("spacing_ns", "<i8"),  # between its last two probes, MISSING before the second
        ("heard_time", "<i8"),  # ns, the peer's last segment that it can have accepted, or MISSING
        ("active_time", "<i8"),  # ns, PROBING.activity_time, but no RST of the peer counts
        ("idle_ns", "<i8"),  # shortest silence before the first probe of a run, MISSING: not seen
        ("last_seq", "<u4"),  # its SEG.SEQ
        ("last_ack", "<u4"),  # its SEG.ACK
        ("waiting", "<u4"),  # probes unanswered since the last answer
        ("probes", "<u4"),  # keep-alive probes
        ("replies", "<u4"),  # of these, answered (not by a RST)
        ("resets", "<u4"),  # of these, answered by a RST
        ("window_probes", "<u4"),  # zero-window probes
        ("tsecr", "<u4"),  # TSecr of the last probe
        ("unheard", "<u4"),  # latest probes in a row with that TSecr, 0: it has no timestamps
        ("answer_tsval", "<u4"),  # TSval of the last answer
        ("tentative", "<u4"),  # tentative segments so far, exact repeats included
        ("kept_from", "<u4"),  # ordinal of the oldest tentative segment that became a probe
        ("kind", "u1"),  # kinds.KEEPALIVE_PROBE or ZERO_WINDOW_PROBE, of the last probe
        ("answer_timed", "u1"),  # 1: the last answer had timestamps
        ("at_next", "u1"),  # 1: the last probe was at next_seq (a refused byte)
        ("last_length", "u1"),  # octets of the last probe, 0 or 1
        ("tentative_kind", "u1"),  # what they became: a probe kind, or TENTATIVE for nothing
    ],
    align=True,
)

PROBER = np.dtype(
    [
        ("clock_time", "<i8"),  # ns, its first segment with timestamps since PROBING began, or MISSING
        ("echo_time", "<i8"),  # ns, its first probe that was answered with timestamps, or MISSING
        ("clock_tsval", "<u4"),  # TSval at clock_time
        ("clock_hz", "<f4"),  # ticks a second of its timestamp clock since then, 0 = not known
        ("echo_tsval", "<u4"),  # TSval of the probe at echo_time
        ("echo_tsecr", "<u4"),  # TSecr of the answer: what the peer had accepted last from it
        ("tsval", "<u4"),  # of its last probe
        ("timed", "u1"),  # 1: its last probe had timestamps
        ("form", "u1"),  # kinds.FORM_* of its keep-alive probes
        ("tentative_form", "u1"),  # of the tentative ones, until they prove to be some
        ("ttl", "u1"),  # of its last probe
    ],
    align=True,
)
"""What a side shows of its stack once a side has probed: its clock, and the form of its probes.

Linux echoes the TSval from before the silence in its answer to a probe without an octet, since such
a probe is not acceptable (RFC 7323 4.3): echo_tsval - echo_tsecr is how long the prober had been idle.
"""

PROBING = np.dtype(
    [
        ("activity_time", "<i8"),  # ns, last segment other than probes and their answers
        ("reset_time", "<i8"),  # ns, RST whose sender went on behind it, or MISSING
        ("owner", "<u4"),  # flow
        ("prober", PROBER, (2,)),
        ("side", PROBE_SIDE, (2,)),
    ],
    align=True,
)
"""What a flow needs once one of its sides has probed, or may have; or goes on behind its own RST."""

TALK_SIDE = np.dtype(
    [
        ("request_time", "<i8"),  # ns, its first message since the peer's last new payload
        ("request_frame", "<i8"),
        ("first_beat_frame", "<i8"),  # the first of its latest beats
        ("message_frame", "<i8"),  # its latest message
        ("longest_reply_s", "<f4"),  # from request_time to the peer's new payload, 0 = never replied to
        ("gap_min_ms", "<u4"),  # shortest pause between its latest beats, 0 for a single one; saturating
        ("gap_max_ms", "<u4"),
        ("unreplied", "<u2"),  # messages since the peer's last new payload, saturating
        ("beats", "<u2"),  # its latest messages, small and the pauses between them alike; saturating
    ],
    align=True,
)

TALK = np.dtype(
    [
        ("tried_time", "<i8"),  # ns, the message that broke a silence longer than survived_s, or MISSING
        ("tried_frame", "<i8"),
        ("survived_frame", "<i8"),  # the message that broke the longest silence survived, 0 = none
        (
            "tried_s",
            "<f4",
        ),  # how long the silence before tried_time was; survived, if the peer was heard since
        ("survived_s", "<f4"),  # the longest before it after which the peer of who broke it was heard
        ("side", TALK_SIDE, (2,)),
    ],
    align=True,
)
"""The rhythm of a flow's messages, kept once a side has spoken after a pause.

A message is new payload after Rules.message_pause_ns without any in the flow, of either side: since
the latest, or since the flow's start.
"""

EVENT = np.dtype(
    [
        ("frame", "<i8"),  # number in the capture, from 1
        ("time_ns", "<i8"),  # ns since the epoch
        ("gap_ns", "<i8"),  # design 7, `gap_s`; MISSING for a flow's first segment
        ("rtt_ns", "<i8"),  # of an answer: minus its probe, or MISSING; of others see EVENT
        ("answers", "<i8"),  # frame of the probe answered, or 0; without a sender: low half
        ("flow", "<u4"),  # row in FLOW, NO_FLOW for none
        ("seq", "<u4"),  # of ARP: the sender's protocol address
        ("ack", "<u4"),  # of ARP: the target's protocol address
        ("length", "<u4"),  # payload octets
        ("window", "<u2"),  # unscaled
        ("ttl", "u1"),  # TTL or hop limit; of an ICMP error: its type
        ("control", "u1"),  # control bits but AE, kinds.FLAG_*; of an ICMP error: its code
        ("kind", "u1"),  # kinds.KEEPALIVE_PROBE …
        ("sender", "u1"),  # side of the flow (not yet client or server), NO_SENDER for none
        ("otherwise", "u1"),  # of a tentative row: its kind unless it proves to be a probe; of an ICMP
        # error: the side whose segment it quotes
        ("marks", "u1"),  # kinds.EVENT_*, 0 for rows without a sender
    ],
    align=True,
)
"""One labelled segment.

`rtt_ns` is that of an answer (`answers` is not 0). A probe has there how long its sender had not
heard the peer, MISSING where that is not known or where it had probed since; a heartbeat that
answers no probe how long its sender had sent no payload; a row without a
sender the high half of its source address.
"""


def rows(count: int, dtype: np.dtype[Any]) -> np.recarray[Any, Any]:
    """`count` zeroed rows of `dtype`, as a record array. Pages are not touched until used.

    They begin at a cache line, so that a row that fills whole lines touches no other.
    """
    octets = np.zeros(count * dtype.itemsize + CACHE_LINE, np.uint8)
    start = -octets.ctypes.data % CACHE_LINE
    return as_records(octets[start : start + count * dtype.itemsize].view(dtype))


def taken(array: np.ndarray[Any, Any], which: np.ndarray[Any, Any]) -> np.recarray[Any, Any]:
    """The rows with these indexes, or where a mask holds: several times as fast as indexing with either."""
    index = np.flatnonzero(which) if which.dtype == np.bool_ else which
    return as_records(np.asarray(array).take(index))


def as_records(array: np.ndarray[Any, Any]) -> np.recarray[Any, Any]:
    """A record-array view of a structured array."""
    return array.view(np.recarray)
