"""Why a flow may leave a table that is full, and how long it has been silent."""

from numba import njit

from analyzer import kernel_cache, kinds  # noqa: F401  (numba asks it where kernels are kept)
from analyzer.track.kernels.steps import step


@step
def has_probed(flow, probings):
    """Whether a side of the flow has sent a probe."""
    if flow.probing == 0:
        return False
    probing = probings[flow.probing - 1]
    for each in range(2):
        if probing.side[each].probes + probing.side[each].window_probes > 0:
            return True
    return False


@step
def why_leave(flow, probings):
    """kinds.LEFT_* of a flow that was not followed by another on its 4-tuple."""
    if flow.marks & kinds.FLOW_CLOSED or flow.verdict != kinds.UNDECIDED:
        return kinds.LEFT_ENDED
    a = flow.side[0].marks
    b = flow.side[1].marks
    if not (a | b) & kinds.SIDE_TALKED:
        return kinds.LEFT_UNANSWERED
    if not a & b & kinds.SIDE_SENT:
        return kinds.LEFT_ONE_SIDED
    return kinds.LEFT_PROBED if has_probed(flow, probings) else kinds.LEFT_UNPROBED


@njit(cache=True, nogil=True, _nrt=False, error_model="numpy")
def weigh_flows(flows, probings, why, latest):
    """Say of every flow in which turn it may leave, and when it was last heard of.

    flows     FLOW[f], read only; no frame of the future has decided its verdict
    probings  PROBING[p], read only
    why       uint8[f], written: kinds.LEFT_*
    latest    int64[f], written: ns, its latest segment, or the SYN that began its 4-tuple anew
    """
    for row in range(len(flows)):
        flow = flows[row]
        why[row] = why_leave(flow, probings)
        latest[row] = max(flow.start, flow.side[0].last_time, flow.side[1].last_time)
        if flow.previous != 0:
            why[flow.previous - 1] = kinds.LEFT_ENDED
            latest[flow.previous - 1] = max(latest[flow.previous - 1], flow.start)
