"""The capture itself: frames that are in it twice, and what it lacks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from analyzer import found, kinds
from analyzer.diagnose.case import lack_octets
from analyzer.diagnose.context import Context, Flows
from analyzer.diagnose.findings.finding import Mask, Picked, WideCheck
from analyzer.diagnose.proof import Proof
from analyzer.facts import Finding, Rows
from analyzer.records import taken
from analyzer.wording import counted, listed, number

IGNORED = {1: 26, 113: 28, 276: 32}
"""By link type, octets before the source address: link header, and an IPv4 header's first 12 octets."""

BUFFER = "Let `dumpcap -B 256` keep more (MiB), and narrow the capture filter."
FIRST_FLIGHT = 10 * 1460
"""Octets that a side sends before it has to hear from the other: the initial window of RFC 6928."""


def has_copies(flows: Flows) -> Mask:
    """A segment of it is in the capture more than once."""
    return np.asarray(flows.flow("duplicate_count") > 0)


def copies(context: Context, picked: Picked, rows: Rows) -> Iterator[Finding]:
    """One finding for the capture."""
    if not len(picked):
        return
    first = taken(rows, (rows.marks & kinds.EVENT_FIRST_COPY) != 0)
    first = taken(first, np.argsort(first.frame))
    count, among = (int(context.result.flows[name][picked].sum()) for name in ("duplicate_count", "frames"))
    which = "the first" if len(first) == 1 else "the first of each"
    yield context.finding(
        found.SEEN_TWICE,
        f"{number(count)} of {counted(among, 'segment')} of {counted(len(picked), 'connection')} "
        f"{'is a copy' if count == 1 else 'are copies'} of others, a moment apart ({which}: "
        f"{listed(first.frame.tolist())}): the capture has them twice, the hosts sent them once; they count "
        "for nothing here, where other tools see retransmissions",
        capture_once(context),
        Proof.of(list(first)),
        found.OF_CAPTURE,
        picked,
    )


def capture_once(context: Context) -> str:
    """How to have each frame only once."""
    ignored = max((IGNORED.get(each.link_type, 0) for each in context.result.facts.interfaces), default=0)
    headers = f"-I {ignored} " if ignored else ""  # they differ where a copy passed a router
    return (
        "Capture on one interface, not on `any`, or mirror one direction of each port. To remove them: "
        f"`editcap {headers}-D 100 in.pcapng out.pcapng`."
    )


def lacks_side(flows: Flows) -> Mask:
    """One side is not there, though the other reacts to what it must have sent, or sends on and on."""
    sent = flows.side_marked(kinds.SIDE_SENT)
    alone = sent & ~sent[:, ::-1]
    acknowledges = flows.side_marked(kinds.SIDE_ACKED)[:, ::-1]
    connected = flows.side_marked(kinds.SIDE_BARE_SYN) & flows.side_marked(kinds.SIDE_TALKED)
    more = flows.side_marked(kinds.SIDE_HOLE)[:, ::-1]
    unhindered = (flows.side("bytes") > FIRST_FLIGHT) & (flows.flow("retransmission_count") == 0)[:, None]
    lacking: Mask = (alone & (acknowledges & (connected | more) | unhindered)).any(axis=1)
    return lacking


def lacks_octets(flows: Flows) -> Mask:
    """Octets of a side that is there were acknowledged, but never seen."""
    holes = np.flatnonzero(flows.side_marked(kinds.SIDE_HOLE).any(axis=1))
    lacking: Mask = np.zeros(len(flows), np.bool_)
    lacking[holes] = lack_octets(flows.context.result.flows[flows.rows[holes]]["side"]).any(axis=1)
    return lacking


def may_lack(flows: Flows) -> Mask:
    """Connections of which segments are surely missing."""
    return lacks_side(flows) | lacks_octets(flows)


def gaps(context: Context, picked: Picked, rows: Rows) -> Iterator[Finding]:
    """One finding for the capture, with all that is known to be missing."""
    result = context.result
    alone = (result.flows["side"]["marks"][picked] & kinds.SIDE_SENT == 0).any(axis=1)
    parts = [*framing(context), *one_way(context, picked[alone]), *octets(context, picked[~alone])]
    if not parts:
        return
    said, advice = zip(*parts, strict=True)
    yield context.finding(
        found.CAPTURE_INCOMPLETE,
        f"{'; '.join(said)}: what rests on frames that are not there is less sure",
        " ".join(dict.fromkeys(advice)),
        Proof(result.flows["first_frame"][picked].tolist(), result.start_ns, result.end_ns),
        found.OF_CAPTURE,
        picked,
    )


def framing(context: Context) -> Iterator[tuple[str, str]]:
    """What the capture's framing says, and what to do."""
    if context.dropped:
        yield f"the capturing program dropped {counted(context.dropped, 'frame')}", BUFFER
    for damage in context.result.facts.damages:
        if damage.offset < 0:  # not in one file: a live capture ended, say
            yield f"the capture is incomplete: {damage}", "Begin anew once that is mended."
        else:
            yield f"the file is incomplete: {damage}", "Copy it anew from where it was captured."
    if context.cut:
        said = f"the snap length cut {counted(context.cut, 'frame')} before the end of the TCP header"
        yield said, "Capture with `-s 128` or more."


def one_way(context: Context, picked: Picked) -> Iterator[tuple[str, str]]:
    """Connections of which one direction is missing."""
    if len(picked):
        filters = {each.filter for each in context.result.facts.interfaces if each.filter}
        by = f" (capture filter: {', '.join(sorted(filters))})" if filters else ""
        yield (
            f"of {counted(len(picked), 'connection')} only one direction is there{by}, first in frame "
            f"{context.result.flows['first_frame'][picked].min()}",
            "Capture at a host itself, or where both directions pass: a mirror of both, rx and tx.",
        )


def octets(context: Context, picked: Picked) -> Iterator[tuple[str, str]]:
    """Connections of which segments are missing."""
    if len(picked):
        fragments = context.result.skipped.get(kinds.STATUS_WORDS[kinds.FRAGMENT], 0)
        where = (
            f", some perhaps in the {counted(fragments, 'IP fragment')} without a TCP header"
            if fragments
            else ""
        )
        yield (
            f"of {counted(len(picked), 'connection')} octets were acknowledged that no frame shows{where}, "
            f"first of the one that begins in frame {context.result.flows['first_frame'][picked].min()}",
            BUFFER,
        )


WIDE_CHECKS = (
    WideCheck((found.SEEN_TWICE,), copies, has_copies, wants=(kinds.DUPLICATE,)),
    WideCheck((found.CAPTURE_INCOMPLETE,), gaps, may_lack),
)
