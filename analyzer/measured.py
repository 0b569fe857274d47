"""The record dtypes of diagnosis: what is measured of a prober, and summed up of a flow.

As in `records`, times are int64 nanoseconds and the dtype is the schema.
"""

from __future__ import annotations

import numpy as np

RUN = np.dtype(
    [
        ("start_ns", "<i8"),  # time of its first probe
        ("end_ns", "<i8"),  # time of its last probe or of the answer to it
        ("idle_ns", "<i8"),  # before its first probe, since the peer was heard; or MISSING
        ("spacing_min_ns", "<i8"),  # between consecutive probes of the run, MISSING for one probe
        ("spacing_median_ns", "<i8"),
        ("spacing_max_ns", "<i8"),
        ("first_frame", "<i8"),
        ("last_frame", "<i8"),  # its last probe
        ("flow", "<u4"),
        ("probes", "<u4"),
        ("answered", "<u4"),
        ("prober", "u1"),  # side of the flow
        ("outcome", "u1"),  # kinds.RUN_WORDS
    ],
    align=True,
)
"""A probe run (design 3): nothing between its probes but the peer's probes and answers to either."""

SUMMARY = np.dtype(
    [
        ("last_sign_of_life_ns", "<i8"),
        ("keepalive_time_ns", "<i8", (2,)),  # of client and server as probers, MISSING: not observed
        ("keepalive_interval_ns", "<i8", (2,)),
        ("keepalive_count", "<i4", (2,)),  # -1: not observed
        ("rtt_min_ns", "<i8"),  # of answers to probes, MISSING: none
        ("rtt_median_ns", "<i8"),
        ("rtt_max_ns", "<i8"),
        ("flow", "<u4"),
        ("probes", "<u4"),  # keep-alive probes of both sides
        ("replies", "<u4"),  # of these, answered, but not by a RST
        ("unanswered", "<u4"),  # of these, without any answer
        ("resets", "<u4"),  # of these, answered by a RST
        ("state", "u1", (2,)),  # kinds.STATE_WORDS of client and server at the capture's end
        ("severity", "u1"),  # kinds.SEVERITY_WORDS
        ("prober", "u1"),  # kinds.PROBER_WORDS
    ],
    align=True,
)
"""What diagnosis adds to a flow; computed for the flows that are asked for."""
