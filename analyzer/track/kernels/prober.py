"""What a side shows of its stack once a side of its flow has probed: its clock, its probes' form."""

import numpy as np

from analyzer import kinds
from analyzer.sequence import distance
from analyzer.track.kernels.steps import aside, step

SECOND = 1e-9
SHORTEST_NS = 100_000_000  # in less, a clock of milliseconds or slower has too few ticks to measure with
LONGEST_NS = 600_000_000_000  # and in half an hour, one of microseconds is half around


@step
def clear_prober(prober):
    """Nothing is known of this side: also what a reused PROBING row may hold."""
    prober.clock_time = kinds.MISSING
    prober.echo_time = kinds.MISSING
    prober.clock_tsval = 0
    prober.clock_hz = 0
    prober.echo_tsval = 0
    prober.echo_tsecr = 0
    prober.tsval = 0
    prober.timed = 0
    prober.form = 0
    prober.tentative_form = 0
    prober.ttl = 0


@step
def form_of(segment):
    """kinds.FORM_* of one probe."""
    form = kinds.FORM_OCTET if segment.length > 0 else kinds.FORM_EMPTY
    timed = segment.options & kinds.OPTION_TIMESTAMPS != 0
    form |= kinds.FORM_TIMED if timed else kinds.FORM_UNTIMED
    return form | (kinds.FORM_WHOLE if segment.dont_fragment else kinds.FORM_FRAGMENTS)


@aside
def note_clock(prober, segment):
    """The rate of the sender's timestamp clock, from its first TSval on (RFC 7323 4.2.2)."""
    if prober.clock_time == kinds.MISSING:
        prober.clock_time = segment.time_ns
        prober.clock_tsval = segment.tsval
        return
    elapsed = segment.time_ns - prober.clock_time
    ticks = distance(np.int64(segment.tsval), np.int64(prober.clock_tsval))
    if ticks > 0 and elapsed >= SHORTEST_NS and (prober.clock_hz == 0 or elapsed <= LONGEST_NS):
        prober.clock_hz = ticks / (elapsed * SECOND)


@aside
def note_prober(probing, sender, segment, kind, event):
    """What a probe, or an answer to one, shows of its sender and of the prober that it answers."""
    own = probing.prober[sender]
    timed = segment.options & kinds.OPTION_TIMESTAMPS != 0
    if kind == kinds.KEEPALIVE_PROBE or kind == kinds.ZERO_WINDOW_PROBE or kind == kinds.TENTATIVE:
        own.tsval = segment.tsval
        own.timed = timed
        own.ttl = segment.ttl
        if kind == kinds.KEEPALIVE_PROBE:
            own.form |= form_of(segment)
        elif kind == kinds.TENTATIVE:
            own.tentative_form |= form_of(segment)
    elif event.answers != 0 and timed:
        asked = probing.prober[1 - sender]
        if asked.timed and asked.echo_time == kinds.MISSING:
            asked.echo_time = probing.side[1 - sender].last_time
            asked.echo_tsval = asked.tsval
            asked.echo_tsecr = segment.tsecr
    if timed and not segment.control & kinds.FLAG_RST:
        note_clock(own, segment)
