"""What a report holds: the document that its page reads.

Everything is bounded, since a page is read whole by a browser; what is left out is counted, and said.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from pathlib import PurePath
from typing import Any

import numpy as np

from analyzer import found
from analyzer.kinds import MISSING, SEVERITY_WORDS, VERDICT_SEVERITY, VERDICT_WORDS
from analyzer.present.console import capture_counts, capture_skipped, capture_troubles
from analyzer.present.report.connections import connections
from analyzer.present.report.hiding import Hiding
from analyzer.present.report.stories import stories
from analyzer.present.urgency import VERDICT_ORDER
from analyzer.present.words import printable, source_name
from analyzer.tables import Tables
from analyzer.tables.about import About, Wide, about, wide_rows
from analyzer.tables.addresses import packed_ends
from analyzer.tables.files import cell_rows
from analyzer.tables.values import Array
from analyzer.wording import moment

Row = dict[str, Any]
Tell = Callable[[str], str]

MOST_FLOWS = 20_000  # of these a browser searches and sorts at once, in some 8 MB; our choice
MOST_CAPTURES = 200
MOST_NAMES = 20  # interfaces, comments of one capture
ROOM = 7_000_000  # bytes of data that leave a report below 8 MB; our choice: what mail lets through
LEAST_ROOM = 1_000_000  # for findings, and for frames, however many connections there are
MOST_ROOM = 2_500_000
PARTS = 4  # of the room, one of which findings of one name may take
KEPT = ("finding", "severity", "confidence", "scope", "capture", "frames")


@dataclass(frozen=True)
class Wish:
    """What was asked for. clock: "relative", "utc" or "local", as the page begins.

    sorted: the order is the user's. anonymize: give other names to hosts, files and interfaces.
    """

    clock: str = "relative"
    sorted: bool = False
    anonymize: bool = False


def document(tables: Tables, wish: Wish) -> Row:
    """The document, for the connections of these tables in their order."""
    names = _hiding(tables) if wish.anonymize else None

    def tell(text: str) -> str:
        return printable(names.text(text) if names else text)

    shown = tables.first(MOST_FLOWS)
    zeros = zeros_ns(shown)
    flows = connections(shown, zeros, tell)
    half = (ROOM - len(json.dumps(flows, separators=(",", ":")))) // 2
    room = min(max(half, LEAST_ROOM), MOST_ROOM)
    told = stories(shown, zeros, tell, room)
    results = tables.selection.results
    return {
        "captures": [_capture(about(each), names) for each in results[:MOST_CAPTURES]],
        "captures_of": len(results),
        "verdicts": _verdicts(tables),
        "chosen": not tables.selection.filters.empty,
        "clock": wish.clock,
        "sorted": wish.sorted,
        "anonymous": wish.anonymize,
        "packets": tables.packets,
        "flows": flows,
        "flows_of": len(tables.selection),
        "findings": _findings(tables, shown, tell, room),
        "stories": {"told": len(told.rows), "wanted": told.wanted, "flows": told.rows},
    }


def _hiding(tables: Tables) -> Hiding:
    """That which knows what sentences may quote from captures: addresses, names of files, filters."""
    results = tables.selection.results
    names = Hiding(chain.from_iterable(packed_ends(result.flows) for result in results))
    for result in results:
        facts = result.facts
        filters = sorted({each.filter for each in facts.interfaces if each.filter})
        names.hide([f"capture filter: {', '.join(filters)}"] if filters else [], "capture filter: (left out)")
        for path in facts.files or [facts.path]:
            instead = names.name("file {}", path)
            names.hide([f"{path}: "], f"{instead}: ")
            names.hide([f'"{path}"'], instead)
    return names


def zeros_ns(tables: Tables) -> Array:
    """When its capture began, for each of the chosen connections."""
    starts = np.array([result.start_ns for result in tables.selection.results], np.int64)
    starts[starts == MISSING] = 0
    zeros: Array = starts[tables.selection.part]
    return zeros


def _capture(about: About, names: Hiding | None) -> Row:
    row = about.row
    path, interfaces = row["path"], [each for each in about.interfaces if each]
    if names:
        suffix = "pcapng" if "pcapng" in row["format"] else "pcap"
        path = names.name(f"capture-{{}}.{suffix}", path)
        interfaces = [names.name("interface {}", each) for each in interfaces]
    comments = [] if names else about.comments[:MOST_NAMES]
    timed = row["start"] not in (None, MISSING)
    return {
        "name": printable(PurePath(path).name) if path != "-" else source_name(path),
        "path": source_name(path),
        "format": printable(row["format"]),
        "interfaces": [printable(each) for each in interfaces[:MOST_NAMES]],
        "comments": [printable(each) for each in comments],
        "files": len(about.files),
        "start": moment(row["start"]) if timed else None,
        "end_us": (row["end"] - row["start"]) // 1000 if timed else 0,
        "counts": capture_counts(about),
        "skipped": capture_skipped(about) if row["skipped"] else "",
        "troubles": [names.text(each) if names else each for each in capture_troubles(about)],
    }


def _verdicts(tables: Tables) -> list[Row]:
    """The gravest first: word, severity, how many of the chosen connections."""
    counts = np.bincount(tables.selection.field("verdict"), minlength=len(VERDICT_WORDS))
    return [
        {
            "verdict": VERDICT_WORDS[code],
            "severity": SEVERITY_WORDS[VERDICT_SEVERITY[code]],
            "count": int(counts[code]),
        }
        for code in VERDICT_ORDER
        if counts[code]
    ]


def _findings(tables: Tables, shown: Tables, tell: Tell, room: int) -> Row:
    """The gravest first; those about more than one connection with the first of these.

    shown: the connections that the report has. room: for how many bytes; no name has more than a part of
    it. totals: by name, how many connections each holds for. cut: whether any is left out.
    """
    marks = tables.selection.marks
    totals = {name: int(((marks >> np.uint32(code)) & 1).sum()) for code, name in enumerate(found.WORDS)}
    spent: Counter[str] = Counter()
    rows, cut = [], False
    for each in _by_severity(tables, shown):
        told = {name: each.row[name] for name in KEPT} | {"flows": each.flows, "flows_of": each.count}
        told |= {name: tell(each.row[name]) for name in ("summary", "advice")}
        octets = len(json.dumps(told))
        if spent[told["finding"]] + octets > room // PARTS or spent.total() + octets > room:
            cut = True
        else:
            spent[told["finding"]] += octets
            rows.append(told)
    there = {name: total for name, total in totals.items() if total}
    return {"rows": rows, "totals": there, "cut": cut or len(shown.selection) < len(tables.selection)}


def _by_severity(tables: Tables, shown: Tables) -> list[Wide]:
    """Those about more than one connection first, then each with its one."""
    told = wide_rows(tables.selection)
    for block in shown.blocks("findings"):
        rows = cell_rows(shown.described("findings"), block)
        told += [Wide(row, (row["flow"],), 1) for row in rows if row["flow"] is not None]
    return sorted(told, key=lambda each: -SEVERITY_WORDS.index(each.row["severity"]))
