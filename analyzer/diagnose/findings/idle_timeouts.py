"""Devices that forget idle connections, by path: which silences were survived, and which were not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from analyzer import found, kinds
from analyzer.diagnose.case import Case
from analyzer.diagnose.context import Context, Flows
from analyzer.diagnose.findings import timer_advice
from analyzer.diagnose.findings.columns import NEVER_NS
from analyzer.diagnose.findings.finding import Mask, Picked, WideCheck
from analyzer.diagnose.findings.paths import Path, forgotten_by_path
from analyzer.diagnose.findings.silent_deaths import Death, deaths_of
from analyzer.diagnose.known_timeouts import known_middleboxes
from analyzer.diagnose.plain import flows_of
from analyzer.diagnose.profiles import names
from analyzer.diagnose.proof import Proof
from analyzer.facts import Finding, Rows
from analyzer.lateness import LATE, LATE_NS
from analyzer.records import taken
from analyzer.wording import address_text, counted, lasting, listed, moment


def may_be_forgotten(flows: Flows) -> Mask:
    """The peer was not heard again, or a RST came from elsewhere."""
    return flows.judged(kinds.PEER_DEAD, kinds.STALLED, kinds.MIDDLEBOX_RESET)


def find_timeouts(context: Context, picked: Picked, rows: Rows) -> Iterator[Finding]:
    """For each path with connections that were gone after a silence."""
    deaths = deaths_of(context, picked, rows)
    deaths = taken(deaths, deaths.idle_ns >= context.rules.idle_ns)
    told = list(forgotten_by_path(context, deaths)) if len(deaths) else []
    firsts = np.array([forgotten.row[0] for _, forgotten in told], np.int64)
    for (path, forgotten), case in zip(told, context.cases(firsts) if told else (), strict=True):
        yield from told_of(path, forgotten, case)


def told_of(path: Path, forgotten: Rows, case: Case) -> Iterator[Finding]:
    """The device's timeout, and who probes too slowly for it. case: of the first of these DEATH rows."""
    context, deaths = path.context, [Death._make(row) for row in forgotten.tolist()]
    first = deaths[0]
    survived_ns, died_ns = int(path.survived_ns.max()), first.idle_ns
    best = int(path.survived_ns.argmax())
    by_reset = any(death.reset for death in deaths)
    products = known_middleboxes(
        survived_ns, died_ns, context.profiles.middleboxes, "rst" if by_reset else "silent"
    )
    frames = [frame for death in deaths for frame in (death.frame, death.reset) if frame]
    survivor = int(path.spoken_frame[best]) if path.spoken_ns[best] == survived_ns else 0
    summary = (
        f"{gone(deaths)}, though a silence of {lasting(survived_ns)} was survived"
        + (f" (until frame {survivor})" if survivor else "")
        + proof_of_host(path, forgotten, case)
        + f": a device between {case.address(0)} and {case.address(1)} forgets idle connections after "
        + f"{lasting(survived_ns)} to {lasting(died_ns)}"
        + (f", as {names(products)} does after {products[0].timeout_s:g} s" if products else "")
    )
    rows = np.array(sorted(death.row for death in deaths), np.int64)
    times = min(death.tried_ns - death.idle_ns for death in deaths), max(death.end_ns for death in deaths)
    confidence = confidence_of(path, forgotten)
    proof = Proof([*frames, *([survivor] if survivor else [])], *times, confidence, unseen=not by_reset)
    advice = timer_advice.wait_longer(case, 1 - first.peer, survived_ns, products)
    yield context.finding(found.MIDDLEBOX_TIMEOUT, summary, advice, proof, found.OF_PATH, rows)
    yield from too_slow(path, first, proof, timer_advice.keepalive_below(case, 1 - first.peer, survived_ns))


def gone(deaths: list[Death]) -> str:
    """after 350.2 s of silence (until frame 9) the connection was gone: no answer"""
    death = deaths[0]
    end = f"RST from elsewhere in frame {death.reset}" if death.reset else "nothing answered any more"
    if len(deaths) > 1:
        tried = listed(sorted(each.frame for each in deaths))
        silence = f"{lasting(death.idle_ns)} of silence or more"
        return f"{counted(len(deaths), 'connection')} were gone after {silence} ({tried})"
    silence = f"{lasting(death.idle_ns)} of silence (until frame {death.frame})"
    return f"after {silence} the connection was gone: {end}"


def proof_of_host(path: Path, deaths: Rows, case: Case) -> str:
    """, and 10.0.0.2 was there: it was heard until … in the connection that began in frame 17"""
    latest = path.latest_heard(deaths)
    if latest < 0:
        return ""
    flow = path.table[latest]
    return (
        f", and {case.address(int(deaths.peer[0]))} was there: it was heard in another connection "
        f"(frames {flow.first_frame} to {flow.last_frame}) until {moment(flow['side']['last_time'].max())}"
    )


def confidence_of(path: Path, deaths: Rows) -> int:
    """A RST from elsewhere, or a host heard while it was silent here, makes it likely.

    A host that was heard only after this connection's end may have been out of reach till then.
    """
    likely = (deaths.reset > 0) | (path.heard_from(deaths) <= deaths.end_ns)
    return found.LIKELY if likely.any() else found.POSSIBLE


def too_slow(path: Path, first: Death, proof: Proof, advice: str) -> Iterator[Finding]:
    """Probers of the path whose keepalive time is as long as a silence that was not survived.

    first: the shortest such silence. proof: of the device's timeout.
    """
    context = path.context
    probing = path.table.probing.astype(np.int64)
    rows = path.rows[probing > 0]
    idle_ns = context.result.probings["side"]["idle_ns"][probing[probing > 0] - 1]
    slow = (idle_ns != kinds.MISSING) & (idle_ns * LATE + LATE_NS >= first.idle_ns)
    if not slow.any():
        return
    soonest = np.where(slow, idle_ns, NEVER_NS)
    at, side = (int(place) for place in np.unravel_index(int(soonest.argmin()), soonest.shape))
    row = int(rows[at])
    (flow,) = flows_of(context.result.flows, rows[at : at + 1])
    own = context.result.probings["side"]["last_frame"][flow.probing - 1, side]
    probe = first.frame if row == first.row else int(own)
    who = "client" if side == flow.client else "server"
    others = int(slow.sum()) - 1
    summary = (
        f"the {who} {address_text(flow.address_high[side], flow.address_low[side])} probes after "
        f"{lasting(int(idle_ns[at, side]))} of silence (frame {probe})"
        + (f", as do {counted(others, 'other prober')} of this path" if others else "")
        + f", but {lasting(first.idle_ns)} of it were not survived there: connections are forgotten "
        "before they are probed"
    )
    explained = rows[slow.any(axis=1)]
    frames = [probe, first.frame, *([first.reset] if first.reset else [])]
    weak = Proof(sorted(set(frames)), proof.start_ns, proof.end_ns, proof.confidence, proof.unseen)
    yield context.finding(found.KEEPALIVE_TOO_SLOW, summary, advice, weak, found.OF_PATH, explained)


WIDE_CHECKS = (
    WideCheck(
        (found.MIDDLEBOX_TIMEOUT, found.KEEPALIVE_TOO_SLOW),
        find_timeouts,
        may_be_forgotten,
        wants=(kinds.KEEPALIVE_PROBE, kinds.RESET, kinds.KEEPALIVE_RESET),
    ),
)
