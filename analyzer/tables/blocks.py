"""Records of one capture as rows of the tables beside the flows table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from analyzer import found, kinds
from analyzer.facts import CaptureResult, Finding
from analyzer.kinds import MISSING, NO_FLOW, NO_SENDER
from analyzer.tables.values import Array, Block, booleans, integers, pick, seconds, who
from analyzer.wording import address_text

BESIDE_TCP = np.array((kinds.ARP_ASK, kinds.ARP_TELL, kinds.BROKEN), np.uint8)


def capture_row(result: CaptureResult) -> dict[str, Any]:
    facts = result.facts
    offsets = [damage.offset for damage in facts.damages if damage.offset >= 0]
    timed = result.start_ns != MISSING and result.end_ns != MISSING
    return {
        "capture": result.capture,
        "path": facts.path.encode("utf-8", "backslashreplace").decode(),  # names may hold stray bytes
        "format": facts.format,
        "link_types": sorted({each.link_type for each in facts.interfaces}),
        "frames": result.frames,
        "tcp_segments": result.tcp_segments,
        "skipped": dict(result.skipped),
        "start": result.start_ns,
        "end": result.end_ns,
        "duration_s": (result.end_ns - result.start_ns) / 1e9 if timed else None,
        "dropped": facts.dropped,
        "truncated_at": min(offsets, default=None),
    }


def labelled_block(result: CaptureResult, rows: Any) -> Block:
    """EVENT rows as rows of the events or packets table."""
    of_flow = rows["flow"] != NO_FLOW
    sent = rows["sender"] != NO_SENDER
    answers = sent & (rows["answers"] > 0)
    beside_tcp = ~of_flow | np.isin(rows["kind"], BESIDE_TCP)
    client = np.zeros(len(rows), np.uint8)
    client[of_flow] = result.flows["client"][rows["flow"][of_flow]]
    flow = np.full(len(rows), MISSING, np.int64)
    flow[of_flow] = result.flow_numbers(rows["flow"][of_flow])
    return {
        "capture": np.full(len(rows), result.capture, np.int64),
        "frame": integers(rows["frame"]),
        "time": integers(rows["time_ns"]),
        "flow": flow,
        "kind": rows["kind"],
        "sender": who(rows["sender"], client),
        "source": _sources(result, rows, sent & of_flow),
        "seq": integers(rows["seq"], beside_tcp),
        "ack": integers(rows["ack"], beside_tcp),
        "length": integers(rows["length"], beside_tcp),
        "window": integers(rows["window"], beside_tcp),
        "gap_s": seconds(rows["gap_ns"]),
        "rtt_s": np.where(answers, seconds(rows["rtt_ns"]), np.nan),
        "answers": integers(rows["answers"], ~answers),
    }


def _sources(result: CaptureResult, rows: Any, known: Array) -> list[str]:
    """Where each row came from: its side's address, or what stands in for rtt and answers."""
    texts = np.empty(len(rows), object)
    ends, place = np.unique(
        rows["flow"][known].astype(np.int64) * 2 + rows["sender"][known], return_inverse=True
    )
    flow, side = ends >> 1, ends & 1
    high, low = result.flows["address_high"][flow, side], result.flows["address_low"][flow, side]
    words = np.empty(len(ends), object)
    words[:] = [address_text(*halves) for halves in zip(high.tolist(), low.tolist(), strict=True)]
    texts[known] = words[place]
    for index in np.flatnonzero(~known).tolist():
        halves = rows["rtt_ns"][index : index + 1], rows["answers"][index : index + 1]
        texts[index] = address_text(*(int(half.view(np.uint64)[0]) for half in halves))
    return list(texts)


def run_block(result: CaptureResult, runs: Any) -> Block:
    return {
        "flow": result.flow_numbers(runs["flow"]),
        "prober": who(runs["prober"], result.flows["client"][runs["flow"]]),
        "start": integers(runs["start_ns"]),
        "end": integers(runs["end_ns"]),
        "probes": integers(runs["probes"]),
        "answered": integers(runs["answered"]),
        "idle_s": seconds(runs["idle_ns"]),
        "spacing_min_s": seconds(runs["spacing_min_ns"]),
        "spacing_median_s": seconds(runs["spacing_median_ns"]),
        "spacing_max_s": seconds(runs["spacing_max_ns"]),
        "outcome": runs["outcome"],
        "first_frame": integers(runs["first_frame"]),
        "last_frame": integers(runs["last_frame"]),
    }


def findings_block(findings: list[Finding], results: Sequence[CaptureResult]) -> Block:
    """Findings as rows. results: the analyzed captures, to number the flows."""
    by_number = {result.capture: result for result in results}

    def codes(values: list[int]) -> Array:
        return np.array(values, np.uint8)

    return {
        "finding": codes([each.name for each in findings]),
        "severity": codes([each.severity for each in findings]),
        "confidence": codes([each.confidence for each in findings]),
        "scope": codes([each.scope for each in findings]),
        "capture": np.array([each.capture for each in findings], np.int64),
        "flow": np.array(
            [
                by_number[each.capture].flow_numbers(each.flows)[0]
                if each.scope == found.OF_FLOW
                else MISSING
                for each in findings
            ],
            np.int64,
        ),
        "start": np.array([each.start_ns for each in findings], np.int64),
        "end": np.array([each.end_ns for each in findings], np.int64),
        "frames": [list(each.frames) for each in findings],
        "summary": [each.summary for each in findings],
        "advice": [each.advice for each in findings],
    }


def handshake_block(result: CaptureResult, rows: Array) -> Block:
    syn = (result.flows["side"]["marks"][rows] & kinds.SIDE_SYN) != 0
    rows = rows[syn.any(axis=1)]
    flows = result.flows[rows]
    client = flows["client"].astype(np.int64)
    retried = (flows["marks"] & kinds.FLOW_SYN_RETRIED) != 0
    block: Block = {
        "flow": result.flow_numbers(rows),
        "start": integers(flows["start"]),
        "syn_count": integers(pick(flows["side"]["syn_count"], client)),
        "syn_ack_count": integers(pick(flows["side"]["syn_count"], client ^ 1)),
        "rtt_s": np.where(retried, np.nan, seconds(flows["handshake_rtt_ns"])),
    }
    for name, index in (("client", client), ("server", client ^ 1)):
        block |= _offer_block(name, pick(flows["side"], index))
    block["outcome"] = _outcomes(flows, pick(flows["side"], client ^ 1))
    return block


def _offer_block(name: str, side: Any) -> Block:
    """What one end's SYN offered."""
    known = (side["marks"] & kinds.SIDE_SYN) != 0

    def said(bit: int) -> Array:
        return booleans(side["options"] & bit, known)

    scaled = known & ((side["options"] & kinds.OPTION_WINDOW_SCALE) != 0)
    return {
        f"{name}_mss": integers(side["mss"], ~known | (side["mss"] == 0)),
        f"{name}_window_scale": integers(side["window_scale"], ~scaled),
        f"{name}_sack": said(kinds.OPTION_SACK_PERMITTED),
        f"{name}_timestamps": said(kinds.OPTION_TIMESTAMPS),
        f"{name}_tfo": said(kinds.OPTION_FAST_OPEN),
        f"{name}_mptcp": said(kinds.OPTION_MPTCP),
    }


def _outcomes(flows: Any, server: Any) -> Array:
    completed = (flows["marks"] & kinds.FLOW_ESTABLISHED) != 0
    refused = flows["verdict"] == kinds.REFUSED
    unanswered = (server["marks"] & kinds.SIDE_SENT) == 0
    outcome = np.select([completed, refused, unanswered], [0, 1, 2], 3)  # HANDSHAKE_WORDS
    return outcome.astype(np.uint8)
