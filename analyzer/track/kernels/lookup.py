"""Which flow a segment belongs to: an open hash of 4-tuples, and when a SYN begins a new flow.

A slot is 0 (free) or six bits of the hash above 26 bits of flow row + 1; the spare bits save most
visits to flows that only share the slot. A 4-tuple has one slot, which names its latest use.
"""

import numpy as np
from numba import njit

from analyzer import kernel_cache, kinds  # noqa: F401  (numba asks it where kernels are kept)
from analyzer.track.kernels.steps import aside, step

WORD = 0xFFFFFFFF
ROW_BITS = 26
ROW_MASK = (1 << ROW_BITS) - 1


@step
def mix(state, word):
    """One round over 32-bit values; products stay below 2**63, compiled or not."""
    state = ((state ^ word) * 0x7FEB352D) & WORD
    return state ^ (state >> 15)


@step
def endpoint_hash(high, low, port, seed):
    """32 bits from one address (two uint64 halves) and port."""
    state = mix(seed, np.int64(low & np.uint64(WORD)))
    if high != np.uint64(0):
        state = mix(state, np.int64(low >> np.uint64(32)))
        state = mix(state, np.int64(high & np.uint64(WORD)))
        state = mix(state, np.int64(high >> np.uint64(32)))
    return mix(state, np.int64(port))


@step
def tuple_hash(segment, seed):
    """32 bits from a 4-tuple, the same for both directions."""
    one = endpoint_hash(segment.source_high, segment.source_low, segment.source_port, seed)
    other = endpoint_hash(segment.destination_high, segment.destination_low, segment.destination_port, seed)
    return one ^ other


@step
def differs(flow, side, segment):
    """0 where the segment goes from `side` of the flow to the other, else some other uint64.

    Without branches: which way a segment goes is as good as random, and a wrong guess is dear.
    """
    peer = 1 - side
    ports = np.uint64(segment.source_port ^ flow.port[side]) | np.uint64(
        segment.destination_port ^ flow.port[peer]
    )
    low = (segment.source_low ^ flow.address_low[side]) | (segment.destination_low ^ flow.address_low[peer])
    high = (segment.source_high ^ flow.address_high[side]) | (
        segment.destination_high ^ flow.address_high[peer]
    )
    return low | high | ports


@step
def sender_in(flow, segment):
    """The side of `flow` that sent `segment`: 0 or 1; 2 where the 4-tuple is another one."""
    forth = differs(flow, 0, segment) != np.uint64(0)
    back = differs(flow, 1, segment) != np.uint64(0)
    return np.int64(forth) + np.int64(forth & back)


@step
def find_slot(buckets, flows, segment, hashed):
    """The slot of the segment's 4-tuple, or the free one where it would go; and its sender there.

    buckets: uint32[n], at least one slot free; hashed: `tuple_hash` of the segment.
    """
    slot = (hashed * len(buckets)) >> 32
    tag = hashed & 0x3F
    while True:
        entry = np.int64(buckets[slot])
        if entry == 0:
            return slot, 0
        if entry >> ROW_BITS == tag:
            sender = sender_in(flows[(entry & ROW_MASK) - 1], segment)
            if sender < 2:
                return slot, sender
        slot += 1
        if slot == len(buckets):
            slot = 0


@step
def likely_row(buckets, hashed):
    """The flow a hash most likely leads to, found without looking at any flow; -1 for none."""
    slot = (hashed * len(buckets)) >> 32
    tag = hashed & 0x3F
    for _ in range(4):
        entry = np.int64(buckets[slot])
        if entry == 0:
            return -1
        if entry >> ROW_BITS == tag:
            return (entry & ROW_MASK) - 1
        slot = slot + 1 if slot + 1 < len(buckets) else 0
    return -1


@step
def begins_anew(flow, sender, segment):
    """Whether a SYN opens a new connection on a known 4-tuple (design 4.4)."""
    if segment.control & (kinds.FLAG_SYN | kinds.FLAG_ACK) != kinds.FLAG_SYN:
        return False
    if flow.marks & (kinds.FLOW_RESET | kinds.FLOW_CLOSED):
        return True
    side = flow.side[sender]
    return side.marks & kinds.SIDE_BASE and side.base_seq != segment.seq


@aside
def open_flow(flow, segment, previous):
    """Fill a zeroed FLOW row from its first segment. previous: 1 + flow before it, or 0."""
    flow.address_high[0] = segment.source_high
    flow.address_high[1] = segment.destination_high
    flow.address_low[0] = segment.source_low
    flow.address_low[1] = segment.destination_low
    flow.port[0] = segment.source_port
    flow.port[1] = segment.destination_port
    flow.previous = previous
    flow.start = segment.time_ns
    flow.first_frame = segment.frame
    flow.verdict = kinds.UNDECIDED
    flow.first_closer = kinds.NO_SENDER
    flow.handshake_rtt_ns = kinds.MISSING
    flow.decided_life = kinds.MISSING
    # Without a handshake the lower port is the server's; of two equal ones the first sender's is not.
    flow.client = 1 if segment.source_port < segment.destination_port else 0


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def grow_buckets(old, new, flows, seed):
    """Put every slot of `old` (uint32[n]) into the zeroed `new` (uint32[m]), which has room for more.

    flows: FLOW rows, read only; seed: of the hash.
    """
    for position in range(len(old)):
        entry = np.int64(old[position])
        if entry == 0:
            continue
        flow = flows[(entry & ROW_MASK) - 1]
        hashed = endpoint_hash(flow.address_high[0], flow.address_low[0], flow.port[0], seed)
        hashed ^= endpoint_hash(flow.address_high[1], flow.address_low[1], flow.port[1], seed)
        slot = (hashed * len(new)) >> 32
        while new[slot] != 0:
            slot += 1
            if slot == len(new):
                slot = 0
        new[slot] = np.uint32(entry)
