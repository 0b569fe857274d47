"""Asks every check of every family: what is worth telling about a capture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analyzer import found
from analyzer.diagnose.case import ALWAYS_BITS, Case, cases_of
from analyzer.diagnose.context import Context, Flows
from analyzer.diagnose.evidence import Evidence, bits_of
from analyzer.diagnose.findings import (
    applications,
    capturing,
    closing,
    delivery,
    heartbeats,
    idle_timeouts,
    middleboxes,
    neighbours,
    opening,
    outcomes,
    probing,
    timing,
    unreachable,
)
from analyzer.diagnose.findings.finding import Check, Picked, WideCheck
from analyzer.facts import CaptureResult, Finding, Findings
from analyzer.rules import Rules

FAMILIES = (
    outcomes,
    heartbeats,
    applications,
    delivery,
    timing,
    probing,
    middleboxes,
    idle_timeouts,
    closing,
    opening,
    unreachable,
    neighbours,
    capturing,
)
CHECKS: tuple[Check, ...] = tuple(
    sorted(
        (check for each in FAMILIES for check in getattr(each, "CHECKS", ())), key=lambda check: check.name
    )
)
WIDE_CHECKS: tuple[WideCheck, ...] = tuple(
    check for each in FAMILIES for check in getattr(each, "WIDE_CHECKS", ())
)
OWN_NAMES = np.uint32(
    sum(1 << name for name in {c.name for c in CHECKS} - {name for c in WIDE_CHECKS for name in c.names})
)
"""Bits of the findings that are about single connections alone."""
WANTS = np.zeros(len(found.WORDS), np.uint32)
WANTS[[check.name for check in CHECKS]] = [bits_of(check.wants) for check in CHECKS]
CASES = 1 << 11  # told at a time, which bounds the memory

Picks = list[tuple[Check | WideCheck, Picked]]


def find(result: CaptureResult, rules: Rules, profile_paths: tuple[str, ...] = ()) -> Findings:
    """What is worth telling about a capture. profile_paths: users' files of stacks and middleboxes."""
    context = Context(result, rules, WANTS, profile_paths)
    context.marks = np.zeros(len(result.flows), np.uint32)
    picks = pick(context)
    evidence = Evidence(result.labelled, *wanted_by(context, picks))
    context.arp = evidence.arp
    decide(context, picks, evidence)
    return Findings(context.marks, tuple(gather(context, picks, evidence)))


def tell(context: Context, chosen: NDArray[np.int64], names: int) -> list[Finding]:
    """The findings about single flows, of the chosen ones in their order. names: bits of which."""
    own = sum(1 << check.name for check in CHECKS) & names
    marked = chosen[context.marks[chosen] & np.uint32(own) > 0]
    told = []
    for case in context.cases(marked):
        marks = int(context.marks[case.row]) & own
        told += [told_of(check, case) for check in CHECKS if marks >> check.name & 1]
    return [finding for finding in told if finding is not None]


def told_of(check: Check, case: Case) -> Finding | None:
    """What a check tells of a flow; None also where events left memory that it relies on."""
    try:
        return check.tell(case)
    except (IndexError, ValueError, StopIteration):
        if case.shortened:
            return None
        raise


def pick(context: Context) -> Picks:
    """The candidates of each check whose candidates are to be looked at; exact ones mark theirs at once."""
    exact = [check for check in CHECKS if check.exact]
    others: list[Check | WideCheck] = [*(check for check in CHECKS if not check.exact), *WIDE_CHECKS]
    rows: list[list[Picked]] = [[np.zeros(0, np.int64)] for _ in others]
    for flows in context.stretches():
        for check in exact:
            context.marks[candidates_of(check, flows)] |= np.uint32(1 << check.name)
        for kept, other in zip(rows, others, strict=True):
            kept.append(candidates_of(other, flows))
    return [(other, np.concatenate(kept)) for other, kept in zip(others, rows, strict=True)]


def candidates_of(check: Check | WideCheck, flows: Flows) -> Picked:
    """Row numbers of the candidates in a stretch."""
    some = check.among(flows) if isinstance(check, Check) else flows
    return some.rows[check.candidates(some)]


def wanted_by(context: Context, picks: Picks) -> tuple[NDArray[np.uint32], int]:
    """Which kinds of events some check wants: as bits by flow (see `Evidence`), and of any flow."""
    wanted, every = np.zeros(len(context.marks) + 1, np.uint32), 0
    for check, rows in picks:
        bits = bits_of(check.wants)
        if isinstance(check, Check) and check.holds is None:
            bits |= ALWAYS_BITS
        if len(rows):
            wanted[rows] |= np.uint32(bits)
            every |= bits
    return wanted, every


def decide(context: Context, picks: Picks, evidence: Evidence) -> None:
    """Mark the flows that have what they were picked for."""
    telling: dict[int, list[Check]] = {}
    for check, rows in picks:
        if not isinstance(check, Check) or not len(rows):
            continue
        if check.holds is None:
            for row in rows.tolist():
                telling.setdefault(row, []).append(check)
        else:
            having = rows[check.holds(context, rows, evidence.of(rows, check.wants))]
            context.marks[having] |= np.uint32(1 << check.name)
    doubtful = np.array(sorted(telling), np.int64)
    for start in range(0, len(doubtful), CASES):
        for case in cases_of(context, doubtful[start : start + CASES], evidence):
            for check in telling[case.row]:
                if told_of(check, case) is not None:
                    context.marks[case.row] |= np.uint32(1 << check.name)


def gather(context: Context, picks: Picks, evidence: Evidence) -> list[Finding]:
    """The findings about hosts, paths and the capture, gravest first; they mark the flows they explain."""
    told: list[Finding] = []
    for check, rows in picks:
        if isinstance(check, WideCheck):
            told += check.gather(context, rows, evidence.of(rows, check.wants))
    for finding in told:
        context.marks[finding.flows] |= np.uint32(1 << finding.name)
    return sorted(told, key=lambda each: (-each.severity, each.name, each.start_ns))
