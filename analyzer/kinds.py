"""Integer codes and their words: the vocabulary of the records.

Kernels compare codes, people read words. A code is never written to a file or
shown; the word is. Constants are plain integers, so that numba freezes them.
"""

# How decoding one frame ended (`decode`). Only SEGMENT, ICMP_ERROR and the ARP rows go on.
SEGMENT = 0  # a TCP header was decoded
ICMP_ERROR = 1  # an ICMP or ICMPv6 error that quotes a TCP header
ARP_REQUEST = 2
ARP_REPLY = 3
MALFORMED = 4  # said to be TCP, but its header contradicts itself
NOT_TCP = 5  # another transport protocol over IP
NOT_IP = 6  # another network protocol
FRAGMENT = 7  # a fragment that is not the first: it carries no TCP header
TRUNCATED = 8  # the snap length cut the frame before the end of the TCP header
UNKNOWN_LINK = 9  # a link type that we cannot decode
TOO_DEEP = 10  # more nested headers than any real network uses
ENCRYPTED = 11  # ESP: what is inside cannot be read

STATUS_WORDS = (
    "segment",
    "icmp_error",
    "arp_request",
    "arp_reply",
    "malformed",
    "not_tcp",
    "not_ip",
    "fragment",
    "truncated",
    "unknown_link_type",
    "too_deep",
    "encrypted",
)
"""Words of the decode statuses; those from `not_tcp` on are the reasons of `captures.skipped`."""

# What a segment is (design 4). The order of the last group decides where two fit.
KEEPALIVE_PROBE = 0
ZERO_WINDOW_PROBE = 1
KEEPALIVE_REPLY = 2
ZERO_WINDOW_REPLY = 3
KEEPALIVE_RESET = 4
KEEPALIVE_TIMEOUT = 5
SYN = 6
SYN_RETRANSMISSION = 7
SYN_ACK = 8
HANDSHAKE_ACK = 9
RESET = 10
FIN = 11
DATA = 12
RETRANSMISSION = 13
OUT_OF_ORDER = 14
ZERO_WINDOW = 15
WINDOW_UPDATE = 16
DUP_ACK = 17
ACK = 18
OLD_ACK = 19
DUPLICATE = 20
ICMP = 21
ARP_ASK = 22
ARP_TELL = 23
BROKEN = 24
TENTATIVE = 25  # a pure ACK that opens its side: a probe once the peer's answer proves it (4.1)

KIND_WORDS = (
    "keepalive_probe",
    "zero_window_probe",
    "keepalive_reply",
    "zero_window_reply",
    "keepalive_reset",
    "keepalive_timeout",
    "syn",
    "syn_retransmission",
    "syn_ack",
    "handshake_ack",
    "reset",
    "fin",
    "data",
    "retransmission",
    "out_of_order",
    "zero_window",
    "window_update",
    "dup_ack",
    "ack",
    "old_ack",
    "duplicate",
    "icmp_error",
    "arp_request",
    "arp_reply",
    "malformed",
    "tentative",
)

PROBES = (KEEPALIVE_PROBE, ZERO_WINDOW_PROBE)
RESETS = (RESET, KEEPALIVE_RESET, KEEPALIVE_TIMEOUT)

NO_KIND = 255  # none of the rules so far gives a label

PACKETS_ONLY = frozenset(
    (DATA, ACK, DUP_ACK, WINDOW_UPDATE, RETRANSMISSION, OUT_OF_ORDER, DUPLICATE, ARP_ASK, ARP_TELL)
)
"""Kinds that only the packets table has (design 4.3)."""

# What became of a connection (design 5), in the order in which they are decided.
REFUSED = 0
NO_ANSWER = 1
CLOSED = 2
MIDDLEBOX_RESET = 3
PEER_REBOOTED = 4
PEER_DEAD = 5
HALF_CLOSED = 6
RESET_VERDICT = 7
PROBING = 8
STALLED = 9
ALIVE = 10
OPEN = 11
UNKNOWN = 12
UNDECIDED = 255  # no frame has decided the flow yet

VERDICT_WORDS = (
    "refused",
    "no_answer",
    "closed",
    "middlebox_reset",
    "peer_rebooted",
    "peer_dead",
    "half_closed",
    "reset",
    "probing",
    "stalled",
    "alive",
    "open",
    "unknown",
)

NOTE = 0
WARNING = 1
PROBLEM = 2
SEVERITY_WORDS = ("note", "warning", "problem")
VERDICT_SEVERITY = (
    WARNING,  # refused
    WARNING,  # no_answer
    NOTE,  # closed
    PROBLEM,  # middlebox_reset
    PROBLEM,  # peer_rebooted
    PROBLEM,  # peer_dead
    WARNING,  # half_closed
    WARNING,  # reset
    WARNING,  # probing
    PROBLEM,  # stalled
    NOTE,  # alive
    NOTE,  # open
    NOTE,  # unknown
)
"""How much each verdict deserves a look. Our choice."""

# Why a flow left a table of bounded size, in the order in which they leave for others to come.
LEFT_UNANSWERED = 0  # its handshake was not completed
LEFT_ONE_SIDED = 1  # only one side was heard
LEFT_ENDED = 2  # closed, reset or refused, or its 4-tuple was begun anew
LEFT_UNPROBED = 3  # silent longest, and never probed
LEFT_PROBED = 4
LEFT_WORDS = ("unanswered", "one_sided", "ended", "unprobed", "probed")

# How a probe run ended.
RUN_ANSWERED = 0  # the last probe was answered
RUN_UNANSWERED = 1  # it was not, and nothing more is known
RUN_GAVE_UP = 2  # the prober reset the connection (`keepalive_timeout`)
RUN_RESET = 3  # the answer was a RST (`keepalive_reset`)
RUN_WORDS = ("answered", "unanswered", "gave_up", "reset")

# Connection states, RFC 9293 3.3.2; UNKNOWN_STATE where the capture does not tell.
STATE_WORDS = (
    "CLOSED",
    "LISTEN",
    "SYN-SENT",
    "SYN-RECEIVED",
    "ESTABLISHED",
    "FIN-WAIT-1",
    "FIN-WAIT-2",
    "CLOSE-WAIT",
    "CLOSING",
    "LAST-ACK",
    "TIME-WAIT",
    "UNKNOWN",
)

# Whether other timers would have kept a device on the path from forgetting the connection.
SPARED = 0
PERHAPS_SPARED = 1  # the device's timeout is not known that well
NOT_SPARED = 2
SPARED_WORDS = ("yes", "perhaps", "no")

PROBER_WORDS = ("", "client", "server", "both")

CLIENT = 0
SERVER = 1
CROSSED = 2  # added to FLOW.first_closer where the other side said FIN before it heard the first
NO_SENDER = 255  # an ICMP error, an ARP row, a malformed segment
SENDER_WORDS = ("client", "server")

MISSING = -(1 << 63)
"""An int64 time, gap or frame that is not there (NumPy's NaT too)."""

NO_FLOW = 0xFFFFFFFF
"""A row of no flow."""

# Bits of SEGMENT.flags, as in the TCP header (RFC 9293 3.1, RFC 9768 for AE).
FLAG_FIN = 0x001
FLAG_SYN = 0x002
FLAG_RST = 0x004
FLAG_PSH = 0x008
FLAG_ACK = 0x010
FLAG_URG = 0x020
FLAG_ECE = 0x040
FLAG_CWR = 0x080
FLAG_AE = 0x100

# Bits of SEGMENT.options: which TCP options the header carries.
OPTION_MSS = 0x01  # kind 2, RFC 9293
OPTION_WINDOW_SCALE = 0x02  # kind 3, RFC 7323
OPTION_SACK_PERMITTED = 0x04  # kind 4, RFC 2018
OPTION_SACK = 0x08  # kind 5, RFC 2018; a D-SACK per RFC 2883 is the first block
OPTION_TIMESTAMPS = 0x10  # kind 8, RFC 7323
OPTION_USER_TIMEOUT = 0x20  # kind 28, RFC 5482
OPTION_MPTCP = 0x40  # kind 30, RFC 8684
OPTION_FAST_OPEN = 0x80  # kind 34 (or 254 with magic 0xF989), RFC 7413

# Bits of SIDE.flags.
SIDE_SENT = 0x0001  # the side has sent a segment
SIDE_NEXT = 0x0002  # next_seq is known
SIDE_ACKED = 0x0004  # the peer has acknowledged something: `acked` is known
SIDE_WINDOW = 0x0008  # window is known
SIDE_SYN = 0x0010  # sent a SYN, with or without ACK
SIDE_FIN = 0x0020  # sent a FIN
SIDE_FIN_ACKED = 0x0040  # and the peer acknowledged it
SIDE_BASE = 0x0080  # base_seq is known
SIDE_TENTATIVE = 0x0100  # has only sent exact repeats of one pure ACK (design 4.1)
SIDE_TALKED = 0x0200  # sent something that is neither SYN nor RST
SIDE_LAST_PROBE = 0x0400  # its latest segment was a probe
SIDE_HOLE = 0x0800  # hole_left .. hole_right is known
SIDE_SYN_ACK = 0x2000  # sent a SYN with ACK
SIDE_BARE_SYN = 0x4000  # sent a SYN without ACK
SIDE_OFFERED = 0x8000  # its octet at next_seq was offered to a closed window
SIDE_DISORDER = 0x1000  # its times or numbers went backwards: files merged from several interfaces

# Bits of EVENT.marks: what diagnosis reads off a row, whatever its kind. A row that bears one is kept.
EVENT_PROBE_SHAPE = 0x01  # looks like a keep-alive (Wireshark's test), but is labelled something else
EVENT_CLOSES = 0x02  # its sender's window closes: it advertises 0, and the segment before did not
EVENT_REOPENS = 0x04  # the first segment of its sender with a window after that
EVENT_BEAT = 0x08  # begins at least the fourth small message in a row, the pauses between them alike
EVENT_PAST_RESET = 0x10  # a probe with nothing but a RST of the peer since its side's last one
EVENT_FIRST_COPY = 0x20  # the flow's first duplicate

# Bits of FLOW.watch, for side 0; for side 1 the next higher bit.
WATCH_REPLY = 0x01  # the side's latest message is not replied to yet
WATCH_BEATS = 0x04  # the side's latest message is small so far
WATCH_TRIED = 0x10  # the side broke the silence of TALK.tried_s

# Bits of PROBER.form: which forms of keep-alive probes a side has sent.
FORM_EMPTY = 0x01  # without an octet
FORM_OCTET = 0x02  # with one (RFC 9293 3.8.4)
FORM_TIMED = 0x04  # with timestamps, RFC 7323
FORM_UNTIMED = 0x08
FORM_WHOLE = 0x10  # DF set, or IPv6
FORM_FRAGMENTS = 0x20  # DF clear

# Bits of FLOW.flags.
FLOW_ESTABLISHED = 0x01  # handshake seen to its end
FLOW_RESET = 0x02  # a RST was seen
FLOW_CHALLENGED = 0x04  # the old peer's challenge ACK came during this handshake (RFC 5961)
FLOW_ICMP = 0x08  # an ICMP error quoted it
FLOW_CLIENT_KNOWN = 0x10  # a SYN or SYN-ACK told who the client is
FLOW_SYN_RETRIED = 0x20  # a SYN or SYN-ACK was sent again: no handshake RTT
FLOW_CLOSED = 0x40  # both sides had sent a FIN
FLOW_QUOTED = 0x80  # opened by an ICMP error's quote or a malformed header, before any segment
