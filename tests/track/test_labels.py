"""Stories of probes and their answers, each told over IPv4 and IPv6 and across the wrap (design 4)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.helpers.segment import Endpoint
from tests.helpers.timeline import IPV6

from .support import OPENING, tell

TALK = (
    OPENING
    + """
    0.020   c>s  PA  1+100:1      = data
    0.030   s>c  PA  1+200:101    = data
    0.040   c>s  A   101:201      = ack
    """
)
"""Frames 1 to 6."""

STORIES = {
    "answered": TALK
    + """
    60      c>s  A   100:201      = keepalive_probe
    60.01   s>c  A   201:101      = keepalive_reply 7
    120     c>s  A   100:201      = keepalive_probe
    120.01  s>c  A   201:101      = keepalive_reply 9
    """,
    "answered with another window": TALK
    + """
    60      c>s  A   100:201           = keepalive_probe
    60.01   s>c  A   201:101  win=7    = keepalive_reply 7
    """,
    "one garbage byte, answered with a D-SACK": TALK
    + """
    30      c>s  A   100+1:201                  = keepalive_probe
    30.001  s>c  A   201:101  sack=100-101      = keepalive_reply 7
    31      c>s  PA  101+5:201                  = data
    31.001  s>c  A   201:106                    = ack
    """,
    "given up": TALK
    + """
    60      c>s  A   100:201      = keepalive_probe
    75      c>s  A   100:201      = keepalive_probe
    90      c>s  A   100:201      = keepalive_probe
    105     c>s  RA  101:201      = keepalive_timeout
    """,
    "given up though the capture has the answers": TALK
    + """
    10      c>s  A   100:201      = keepalive_probe
    10.01   s>c  A   201:101      = keepalive_reply 7
    11      c>s  A   100:201      = keepalive_probe
    11.01   s>c  A   201:101      = keepalive_reply 9
    12.09   c>s  RA  101:201      = keepalive_timeout
    """,
    "aborted between answered probes": TALK
    + """
    10      c>s  A   100:201      = keepalive_probe
    10.01   s>c  A   201:101      = keepalive_reply 7
    20      c>s  A   100:201      = keepalive_probe
    20.01   s>c  A   201:101      = keepalive_reply 9
    28.9    c>s  RA  101:201      = reset
    """,
    "answered with a RST": TALK
    + """
    60      c>s  A   100:201           = keepalive_probe
    62.999  s>c  R   201      win=0    = keepalive_reset 7
    """,
    "RST too late for an answer": TALK
    + """
    60      c>s  A   100:201           = keepalive_probe
    63      s>c  R   201      win=0    = reset
    """,
    "answered at last": TALK
    + """
    60      c>s  A   100:201      = keepalive_probe
    70      c>s  A   100:201      = keepalive_probe
    80      c>s  A   100:201      = keepalive_probe
    80.01   s>c  A   201:101      = keepalive_reply 9
    80.05   s>c  A   201:101      = dup_ack
    """,
    "answered with data": TALK
    + """
    60      c>s  A   100:201      = keepalive_probe
    60.01   s>c  PA  201+10:101   = data 7
    60.02   c>s  A   101:211      = ack
    """,
    "answered with a FIN": TALK
    + """
    60      c>s  A   100:201      = keepalive_probe
    60.01   s>c  FA  201:101      = fin 7
    60.02   c>s  A   101:202      = ack
    """,
    "answered by what acknowledges more": TALK
    + """
    60      c>s  A   100:201      = keepalive_probe
    60.001  c>s  PA  101+10:201   = data
    60.02   s>c  A   201:111      = ack 7
    """,
    "an old acknowledgment is no answer": TALK
    + """
    60      c>s  A   100:201      = keepalive_probe
    60.01   s>c  A   201:90       = old_ack
    60.02   s>c  A   201:101      = keepalive_reply 7
    """,
    "probes that cross": TALK
    + """
    60      c>s  A   100:201      = keepalive_probe
    60.005  s>c  A   200:101      = keepalive_probe
    60.010  s>c  A   201:101      = keepalive_reply 7
    60.015  c>s  A   101:201      = keepalive_reply 8
    """,
    "probe, then FIN, then the answer to the probe": TALK
    + """
    60      c>s  A   100:201      = keepalive_probe
    60.0001 c>s  FA  101:201      = fin
    60.1    s>c  A   201:101      = keepalive_reply 7
    60.2    s>c  A   201:102      = ack
    """,
    "probes in FIN-WAIT-2 bear the FIN's number": TALK
    + """
    1       c>s  FA  101:201      = fin
    1.01    s>c  A   201:102      = ack
    1.5     c>s  A   101:201      = old_ack
    11      c>s  A   101:201      = keepalive_probe
    11.01   s>c  A   201:102      = keepalive_reply 10
    """,
    "window probes of the shape of keep-alives": TALK
    + """
    1       s>c  A   201:101  win=0    = zero_window
    1.2     c>s  A   100:201           = zero_window_probe
    1.21    s>c  A   201:101  win=0    = zero_window_reply 8
    1.6     c>s  A   100:201           = zero_window_probe
    1.61    s>c  A   201:101  win=500  = zero_window_reply 10
    1.62    c>s  PA  101+50:201        = data
    60      c>s  A   150:201           = old_ack
    60.01   s>c  A   201:151  win=500  = ack
    120     c>s  A   150:201           = keepalive_probe
    120.01  s>c  A   201:151  win=500  = keepalive_reply 15
    """,
    "window probes with the next byte": TALK
    + """
    1       s>c  A   201:101  win=0    = zero_window
    6       c>s  A   101+1:201         = zero_window_probe
    6.01    s>c  A   201:101  win=0    = zero_window_reply 8
    16      c>s  A   101+1:201         = zero_window_probe
    16.01   s>c  A   201:102  win=500  = zero_window_reply 10
    16.02   c>s  PA  102+100:201       = data
    """,
    "a closed host probes too": TALK
    + """
    1       s>c  A   201:101  win=0    = zero_window
    61      s>c  A   200:101  win=0    = keepalive_probe
    61.01   c>s  A   101:201           = keepalive_reply 8
    """,
    "RST to a window probe": TALK
    + """
    1       s>c  A   201:101  win=0    = zero_window
    1.2     c>s  A   100:201           = zero_window_probe
    1.3     s>c  R   201      win=0    = reset 8
    """,
    "window probes given up": TALK
    + """
    1       s>c  A   201:101  win=0    = zero_window
    61      c>s  A   100:201           = zero_window_probe
    121     c>s  A   100:201           = zero_window_probe
    181     c>s  RA  101:201           = keepalive_timeout
    """,
    "a lost byte is no probe": TALK
    + """
    1       c>s  PA  101+1:201         = data
    1.21    c>s  PA  101+1:201         = retransmission
    1.22    s>c  A   201:102           = ack
    5       c>s  PA  101+1:201         = retransmission
    5.01    s>c  A   201:102           = dup_ack
    """,
    "a lost byte, its acknowledgment lost behind the capture, after long silence": TALK
    + """
    7200    c>s  PA  101+1:201         = data
    7200.01 s>c  A   201:102           = ack
    7203    c>s  PA  101+1:201         = retransmission
    7203.01 s>c  A   201:102           = dup_ack
    7209    c>s  PA  101+1:201         = retransmission
    """,
    "a lost byte that nobody acknowledged, after long silence": TALK
    + """
    7200    c>s  PA  101+1:201         = data
    7212    c>s  PA  101+1:201         = retransmission
    """,
    "a pushed byte that was acknowledged long ago is a probe, and so are its repeats": TALK
    + """
    1       c>s  PA  101+1:201              = data
    1.01    s>c  A   201:102                = ack
    11      c>s  PA  101+1:201              = keepalive_probe
    11.4    c>s  PA  101+1:201              = keepalive_probe
    11.41   s>c  A   201:102  sack=101-102  = keepalive_reply 10
    21.3    c>s  PA  101+1:201              = keepalive_probe
    21.31   s>c  PA  201+1:102              = data 12
    21.4    c>s  A   102:202                = ack
    21.9    c>s  PA  101+1:202              = keepalive_probe
    """,
    "a pushed byte is no repeat of a probe without one": TALK
    + """
    60      c>s  A   100:201           = keepalive_probe
    60.01   s>c  A   201:101           = keepalive_reply 7
    60.4    c>s  PA  100+1:201         = retransmission
    """,
    "a pushed byte sent again after it opened a closed window": TALK
    + """
    1       s>c  A   201:101  win=0    = zero_window
    2       c>s  A   101+1:201         = zero_window_probe
    2.01    s>c  A   201:102           = zero_window_reply 8
    2.3     c>s  PA  101+1:201         = retransmission
    """,
    "a lost byte without PSH that nobody acknowledged": TALK
    + """
    1       c>s  A   101+1:201         = data
    1.21    c>s  A   101+1:201         = retransmission
    """,
    "a probe without PSH repeated within a second, one direction": """
    0       c>s  S   0                 = syn
    0.02    c>s  A   1:1               = ack
    0.03    c>s  PA  1+100:1           = data
    60      c>s  A   100+1:201         = keepalive_probe
    60.9995 c>s  A   100+1:201         = keepalive_probe
    61.5    c>s  A   101:301           = ack
    61.9    c>s  A   100+1:301         = retransmission
    """,
    "a probe behind one's own FIN repeated within a second": TALK
    + """
    1       c>s  FA  101:201           = fin
    1.01    s>c  A   201:102           = ack
    60      c>s  A   101:201           = keepalive_probe
    60.9995 c>s  A   101:201           = keepalive_probe
    """,
    "acknowledgments in teardown are no probes": TALK
    + """
    1       s>c  FA  201:101           = fin
    1.001   c>s  FA  101:201           = fin
    1.01    c>s  A   101:202           = old_ack
    1.02    s>c  A   202:102           = ack
    1.03    s>c  A   201:102           = old_ack
    """,
    "begins while idle": """
    0       c>s  A   100:201           = keepalive_probe
    0.01    s>c  A   201:101           = keepalive_reply 1
    45      c>s  A   100:201           = keepalive_probe
    45.01   s>c  A   201:101           = keepalive_reply 3
    """,
    "begins while idle, the first answers lost": """
    0       c>s  A   100:201           = keepalive_probe
    10      c>s  A   100:201           = keepalive_probe
    20      c>s  A   100:201           = keepalive_probe
    20.01   s>c  A   201:101           = keepalive_reply 3
    """,
    "begins while idle, given up": """
    0       c>s  A   100:201  ts=0/7   = keepalive_probe
    10      c>s  A   100:201  ts=10/7  = keepalive_probe
    20      c>s  RA  101:201  ts=20/7  = keepalive_timeout
    """,
    "begins while idle, with a garbage byte": """
    0       c>s  A   100+1:201              = keepalive_probe
    0.01    s>c  A   201:101  sack=100-101  = keepalive_reply 1
    """,
    "begins with a byte of data that is sent again with PSH": """
    0       c>s  A   100+1:201              = data
    0.3     c>s  PA  100+1:201              = retransmission
    0.31    s>c  A   201:101  sack=100-101  = ack
    """,
    "begins with a byte of data": """
    0       c>s  A   100+1:201              = data
    0.01    s>c  A   201:101                = ack
    """,
    "begins while a window is closed": """
    0       c>s  A   100:201                = zero_window_probe
    0.01    s>c  A   201:101  win=0         = zero_window_reply 1
    """,
    "begins with the peer's acknowledgment": """
    0       s>c  A   201:101                = ack
    9       c>s  A   100:201                = keepalive_probe
    9.01    s>c  A   201:101                = keepalive_reply 2
    """,
    "begins with acknowledgments of data": """
    0       c>s  A   100:201                = ack
    0.01    s>c  A   201+100:100            = data
    0.02    c>s  A   100:301                = ack
    """,
    "data on the SYN": """
    0       c>s  S   0+20      mss=1460     = syn
    0.01    s>c  SA  0:21      mss=1460     = syn_ack
    0.02    c>s  A   21:1                   = handshake_ack
    60      c>s  A   20:1                   = keepalive_probe
    60.01   s>c  A   1:21                   = keepalive_reply 4
    """,
    "both sides open at once": """
    0       c>s  S   0                      = syn
    0.001   s>c  S   0                      = syn
    0.01    c>s  SA  0:1                    = syn_ack
    0.011   s>c  SA  0:1                    = syn_ack
    """,
    "both sides close at once": TALK
    + """
    1       c>s  FA  101:201                = fin
    1.001   s>c  FA  201:101                = fin
    1.01    c>s  A   102:202                = ack
    1.011   s>c  A   202:102                = ack
    """,
    "data beside the handshake's last acknowledgment": """
    0       c>s  S   0                      = syn
    0.01    s>c  SA  0:1                    = syn_ack
    0.02    c>s  PA  1+10:1                 = handshake_ack
    """,
}

WAYS: dict[str, tuple[Mapping[str, int] | None, Mapping[str, Endpoint] | None]] = {
    "ipv4": (None, None),
    "ipv6": (None, IPV6),
    "wraps in the handshake": ({"c": 2**32 - 1, "s": 2**32 - 1}, None),
    "wraps at the probe": ({"c": 2**32 - 100, "s": 2**32 - 200}, None),
    "wraps behind the probe": ({"c": 2**32 - 101, "s": 2**32 - 201}, None),
    "wraps before the probe": ({"c": 2**32 - 99, "s": 2**32 - 199}, None),
    "signed wrap": ({"c": 2**31 - 100, "s": 2**31 - 200}, None),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("story", STORIES)
def test_story(story: str, way: str) -> None:
    initial, endpoints = WAYS[way]
    tell(STORIES[story], initial=initial, endpoints=endpoints)
