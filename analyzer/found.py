"""Findings as codes and words: what is worth telling (design 6), how grave, how sure, about what.

As in `kinds`, a code is never written to a file or shown; the word is.
"""

from analyzer.kinds import NOTE, PROBLEM, WARNING

# In the order of design 6; each has its bit in `Findings.marks`.
PEER_DEAD = 0
PEER_REBOOTED = 1
MIDDLEBOX_RESET = 2
MIDDLEBOX_TIMEOUT = 3
OUTAGE = 4
REPLIES_LOST = 5
SLOW_DETECTION = 6
HANG_EXPLAINED = 7
KEEPALIVE_OFF = 8
KEEPALIVE_TOO_SLOW = 9
LB_COUNTS_PAYLOAD_ONLY = 10
HEARTBEAT = 11
APP_HUNG = 12
CLOSE_WAIT_LEAK = 13
FIN_WAIT_2 = 14
HALF_OPEN = 15
TIME_WAIT_PILEUP = 16
SYN_RETRIES = 17
REFUSED = 18
NO_ANSWER = 19
ABORT_WITH_UNREAD_DATA = 20
ZERO_WINDOW_STALL = 21
DATA_UNACKNOWLEDGED = 22
MISTAKEN_KEEPALIVES = 23
RATE_LIMITED = 24
IDLE_BEFORE_CAPTURE = 25
ICMP_UNREACHABLE = 26
ARP_UNANSWERED = 27
SEEN_TWICE = 28
CAPTURE_INCOMPLETE = 29

WORDS = (
    "peer_dead",
    "peer_rebooted",
    "middlebox_reset",
    "middlebox_timeout",
    "outage",
    "replies_lost",
    "slow_detection",
    "hang_explained",
    "keepalive_off",
    "keepalive_too_slow",
    "lb_counts_payload_only",
    "heartbeat",
    "app_hung",
    "close_wait_leak",
    "fin_wait_2",
    "half_open",
    "time_wait_pileup",
    "syn_retries",
    "refused",
    "no_answer",
    "abort_with_unread_data",
    "zero_window_stall",
    "data_unacknowledged",
    "mistaken_keepalives",
    "rate_limited",
    "idle_before_capture",
    "icmp_unreachable",
    "arp_unanswered",
    "seen_twice",
    "capture_incomplete",
)

SEVERITY = (
    PROBLEM,  # peer_dead
    PROBLEM,  # peer_rebooted
    PROBLEM,  # middlebox_reset
    PROBLEM,  # middlebox_timeout
    WARNING,  # outage
    PROBLEM,  # replies_lost
    WARNING,  # slow_detection
    WARNING,  # hang_explained
    WARNING,  # keepalive_off
    WARNING,  # keepalive_too_slow
    PROBLEM,  # lb_counts_payload_only
    NOTE,  # heartbeat
    PROBLEM,  # app_hung
    PROBLEM,  # close_wait_leak
    WARNING,  # fin_wait_2
    PROBLEM,  # half_open
    WARNING,  # time_wait_pileup
    WARNING,  # syn_retries
    WARNING,  # refused
    WARNING,  # no_answer
    WARNING,  # abort_with_unread_data
    WARNING,  # zero_window_stall
    PROBLEM,  # data_unacknowledged
    NOTE,  # mistaken_keepalives
    NOTE,  # rate_limited
    NOTE,  # idle_before_capture
    WARNING,  # icmp_unreachable
    WARNING,  # arp_unanswered
    NOTE,  # seen_twice
    NOTE,  # capture_incomplete
)
"""How much each finding deserves a look. Our choice: a problem is what broke a connection or will;
a note explains what is seen and asks for nothing."""

# How sure a finding is.
POSSIBLE = 0
LIKELY = 1
CERTAIN = 2
CONFIDENCE_WORDS = ("possible", "likely", "certain")

# What a finding is about.
OF_FLOW = 0
OF_HOST = 1
OF_PATH = 2  # two hosts and what lies between them
OF_CAPTURE = 3
SCOPE_WORDS = ("flow", "host", "path", "capture")
