"""What is left of connections that ended and left the table: a late segment of theirs founds no flow.

Tombstones stand in groups of eight by the hash of the 4-tuple; a new one takes the place of the
oldest of its group. A table without room for any costs nothing: files are tracked so.
"""

import numpy as np
from numba import njit

from analyzer import kernel_cache, kinds  # noqa: F401  (numba asks it where kernels are kept)
from analyzer.sequence import distance
from analyzer.track.kernels.lookup import endpoint_hash
from analyzer.track.kernels.other_kinds import sequence_end
from analyzer.track.kernels.steps import aside, step

GROUP = 8
REACH = 1 << 24  # octets behind the end that a late segment may lie; our choice: above most windows


@step
def pair_key(one, other):
    """64 bits from the hashes of two endpoints, the same for both directions; never 0."""
    return ((min(one, other) - 0x80000000) << 32) | max(one, other)


@step
def group_of(tombstones, one, other):
    """First of the tombstones that may be those of a 4-tuple. tombstones: whole groups, at least one."""
    return (((one ^ other) * (len(tombstones) // GROUP)) >> 32) * GROUP


@step
def find_tombstone(tombstones, first, key):
    """The tombstone with this key in the group that begins at `first`, or -1."""
    for position in range(first, first + GROUP):
        if tombstones[position].key == key:
            return position
    return -1


@step
def lies_behind(number, end):
    """Whether a sequence number is at the end that was known, or shortly before."""
    return 0 <= distance(end, number) < REACH


@aside
def repeats_old_ground(tombstone, side, segment):
    """Whether a segment sends and acknowledges nothing that the ended connection had not: it was its own.

    side: its sender in the tombstone. A SYN without ACK opens a connection; a RST opens none.
    """
    if segment.control & (kinds.FLAG_SYN | kinds.FLAG_ACK) == kinds.FLAG_SYN:
        return False
    if segment.control & kinds.FLAG_RST:
        return True
    if tombstone.known[side] and not lies_behind(sequence_end(segment), np.int64(tombstone.next_seq[side])):
        return False
    if segment.control & kinds.FLAG_ACK and tombstone.known[1 - side]:
        return lies_behind(np.int64(segment.ack), np.int64(tombstone.next_seq[1 - side]))
    return True


@aside
def is_late(segment, tombstones, counters):
    """Whether a segment that has no flow is a late one of a connection that left; then it is counted.

    If it is not, it opens a new connection, and the old one's tombstone goes.
    """
    if len(tombstones) == 0:
        return False
    one = endpoint_hash(segment.source_high, segment.source_low, segment.source_port, counters.seed)
    other = endpoint_hash(
        segment.destination_high, segment.destination_low, segment.destination_port, counters.seed
    )
    position = find_tombstone(tombstones, group_of(tombstones, one, other), pair_key(one, other))
    if position < 0:
        return False
    if repeats_old_ground(tombstones[position], 0 if one <= other else 1, segment):
        counters.late += 1
        return True
    tombstones[position].key = 0
    return False


@step
def oldest_of(tombstones, first):
    """The free place of a group, or the tombstone that was laid first."""
    oldest = first
    for position in range(first, first + GROUP):
        if tombstones[position].key == 0:
            return position
        if tombstones[position].laid < tombstones[oldest].laid:
            oldest = position
    return oldest


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def lay_tombstones(chosen, flows, tombstones, tracker):
    """Lay a tombstone for flows that leave.

    chosen      int64[c], their rows: each the latest use of its 4-tuple
    flows       FLOW[f], read only
    tombstones  TOMBSTONE[t], t a multiple of GROUP; written
    tracker     TRACKER[1], `laid` is written
    """
    counters = tracker[0]
    for index in range(len(chosen)):
        flow = flows[chosen[index]]
        one = endpoint_hash(flow.address_high[0], flow.address_low[0], flow.port[0], counters.seed)
        other = endpoint_hash(flow.address_high[1], flow.address_low[1], flow.port[1], counters.seed)
        key = pair_key(one, other)
        first = group_of(tombstones, one, other)
        position = find_tombstone(tombstones, first, key)
        if position < 0:
            position = oldest_of(tombstones, first)
        counters.laid += 1
        tombstone = tombstones[position]
        tombstone.key = key
        tombstone.laid = counters.laid
        for side in range(2):
            place = side if one <= other else 1 - side
            tombstone.next_seq[place] = flow.side[side].next_seq
            tombstone.known[place] = 1 if flow.side[side].marks & kinds.SIDE_NEXT else 0
