"""What decoding passes from one header to the next: a layer code and the cursor.

A header's function reads its own octets, moves the cursor past them and returns the code of the
layer that follows, or a decode status (`kinds`) where the frame's story ends. Statuses are below
`FIRST_LAYER`, so one comparison tells them apart.
"""

from __future__ import annotations

import numpy as np

from analyzer import kinds
from analyzer.decode.kernels.inner import inner

MAX_LAYERS = 64  # steps a frame may take; our choice: real networks nest under 20 headers
FIRST_LAYER = 32

# Nearly every frame is made of these alone.
ETHERNET = 32
IPV4 = 33  # or IPv6, if the version says so
IPV6 = 34
TCP = 35

# The network and transport layer (`network`, `icmp`, `arp`).
PROTOCOL = 36  # cursor.number is an IP protocol number
ICMP = 38
ICMPV6 = 39
UDP = 40
ARP = 41

# Link layers (`link`, `ppp`).
ETHERTYPE = 48  # cursor.number is an EtherType or, up to 1500, the length of an LLC frame
NULL = 49  # BSD loopback, also OpenBSD's: an address family
SLL = 50  # Linux cooked capture v1
SLL2 = 51  # Linux cooked capture v2
CISCO_HDLC = 52  # address, control, EtherType
ENC = 53  # OpenBSD's view into IPsec
NFLOG = 54  # Linux netfilter log
PKTAP = 55  # Darwin's packet tap
PPP = 56  # a protocol field, perhaps after address and control octets, also Cisco's
PPP_DIRECTION = 57  # an octet of direction, then PPP
PPPOE = 58

# Tunnels and labels (`labels`, `tunnels`).
LABELS = 64
MPLS = 64
NSH = 65
GRE = 66
ETHERIP = 67
TUNNELS = 72
VXLAN = 72
VXLAN_GPE = 73
GENEVE = 74
GTP = 75
TEREDO = 76
L2TP = 77
LISP = 78
TZSP = 79

CURSOR = np.dtype(
    [
        ("offset", "<i8"),  # index in the buffer where the next header begins
        ("limit", "<i8"),  # index one past the last captured octet of what encloses it
        ("end", "<i8"),  # the same on the wire, captured or not: by the IP length, else the frame's
        ("number", "<i8"),  # EtherType or IP protocol number of the next header
        ("jumbo", "<i8"),  # index of an IPv6 payload whose length field is 0, else -1
        ("fragment", "<i8"),  # 1: in the first fragment of a datagram
        ("quoted", "<i8"),  # 1: in the quotation of an ICMP error; 2: which the snap length cut
    ],
    align=True,
)
"""Where decoding stands. One row, rewritten for every frame.

`limit` never passes the captured frame, so octets from `offset` to `limit` may be read.
"""


@inner
def cut(cursor, otherwise):
    """Status of a header that does not fit before `cursor.limit`.

    If octets of what encloses it were not captured, the snap length is to blame; else the packet
    itself is too short, and that is `otherwise`.
    """
    return kinds.TRUNCATED if cursor.limit < cursor.end else otherwise
