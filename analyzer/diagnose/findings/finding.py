"""How a finding is found: the two forms of a check.

A family of findings is a module with CHECKS, WIDE_CHECKS or both, which `search` asks in turn:

    def candidates(flows: Flows) -> Mask:            # columns only, no loop over flows
        return flows.marked(kinds.FLOW_SYN_RETRIED) & flows.marked(kinds.FLOW_ESTABLISHED)

    def tell(case: Case) -> Finding | None:          # one connection, with its events
        again = case.of(kinds.SYN_RETRANSMISSION)
        if not again:
            return None                              # it is not so after all
        first = case.of(kinds.SYN)[0]
        seen = f"the SYN (frame {first.frame}) was sent again at {moment(again[0].time_ns)} …"
        return case.finding(found.SYN_RETRIES, seen, "Look for …", Proof.of([first, *again]))

    CHECKS = (Check(found.SYN_RETRIES, candidates, tell),)

Which flows have the finding is settled once, when the capture is analyzed, in one of three ways:

- `exact`: the candidates have it. Nothing is said before somebody asks: right for what millions of
  connections may have. `tell` must not return None then.
- `holds`: NumPy over the events of all candidates decides. Right where candidates are many.
- neither: `tell` decides, flow by flow; about 100 µs each, so candidates should be rare.

`tell` is called again for the flows that are shown, and must then say the same. So it
looks at nothing but its case and the capture's columns: what `Context.made` keeps is made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzer.diagnose.case import Case
from analyzer.diagnose.context import Context, Flows
from analyzer.facts import Finding, Rows

Mask = NDArray[np.bool_]
Picked = NDArray[np.int64]
"""FLOW row numbers, ascending."""


def everyone(flows: Flows) -> Flows:
    """All flows."""
    return flows


@dataclass(frozen=True)
class Check:
    """How one finding about single connections is found.

    name: found.PEER_DEAD …. candidates: which flows of a stretch may have it. tell: says it of one flow.
    wants: kinds of events that holds and tell look at, beside `case.ALWAYS`, which every case has
    (`holds` gets exactly those of `wants`). KEEPALIVE_PROBE brings with it whatever answers a probe;
    ARP rows are in `Case.arp`. holds: which of the candidates have it, by their events, ordered by
    flow, then frame. exact: all of them. among: of which flows `candidates` is asked at all, which
    makes it quick where they are few: a method of Flows that leaves out only what is no candidate.
    """

    name: int
    candidates: Callable[[Flows], Mask]
    tell: Callable[[Case], Finding | None]
    wants: tuple[int, ...] = ()
    holds: Callable[[Context, Picked, Rows], Mask] | None = None
    exact: bool = False
    among: Callable[[Flows], Flows] = everyone


def nobody(flows: Flows) -> Mask:
    """No candidates: for a check that needs no events."""
    return np.zeros(len(flows), np.bool_)


@dataclass(frozen=True)
class WideCheck:
    """How findings about a host, a path or the capture are found, all of them at once.

    names: those it may yield. candidates: flows whose events it needs. gather: the
    findings (`Context.finding`), given the candidates and their events of the kinds in wants, ordered by
    flow, then frame. It is called once, after the checks of single flows: `Context.marks` holds theirs.
    """

    names: tuple[int, ...]
    gather: Callable[[Context, Picked, Rows], Iterable[Finding]]
    candidates: Callable[[Flows], Mask] = nobody
    wants: tuple[int, ...] = ()
