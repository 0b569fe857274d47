"""Outcomes of a comparison in words: who lost what between A and B, with the frames that show it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analyzer import compared, kinds
from analyzer.compared import CAPTURE_WORDS
from analyzer.facts import Rows
from analyzer.kinds import MISSING, SENDER_WORDS
from analyzer.wording import counted, lasting, listed

if TYPE_CHECKING:
    from analyzer.diagnose.compare.outcome import Case

Mask = NDArray[np.bool_]

SHORTEST_NS = 1_000_000_000
"""A silence from here on is one that a middlebox may have noticed. Our choice."""

NO_LONGER = 0.95
"""A silence was as long as another from this share of it on: timers come a little late. Our choice."""


def made_between(case: Case, sender: int, made: Mask) -> str:
    """The RST of the server in A's frame 9 never passed B: something between the two made it."""
    who, far, near = SENDER_WORDS[sender], case.name(sender, far=True), case.name(sender)
    count = int(made.sum())
    noun = words_of(case.rows.kind[made], always_count=count > 1)
    frames = evidence(case, made, case.near(sender) ^ 1)
    pronoun = "it" if count == 1 else "them"
    return (
        f"{noun} in the {who}'s name at {far} ({frames}) never passed {near}: "
        f"something between the two made {pronoun}"
    )


def probes_lost(case: Case, sender: int, lost: Mask) -> str:
    """Probes 12 to 15 and the RST of the client left A and never reached B: lost between the two; …"""
    rows = case.rows
    who, near, far = SENDER_WORDS[sender], case.name(sender), case.name(sender, far=True)
    what = numbered([number for number in rows.probe[lost].tolist() if number])
    if rows.reset[lost].any():
        what += " and the RST"
    frames = evidence(case, lost, case.near(sender))
    text = f"{what} of the {who} ({frames}) left {near} and never reached {far}: lost between the two"
    text += silence(rows, lost)
    passed = rows.seen == compared.IN_BOTH
    later = int((passed & (np.arange(len(rows)) > np.flatnonzero(lost)[-1])).sum())
    return text + (f"; then {counted(later, 'segment')} came through again" if later else "")


def silence(rows: Rows, lost: Mask) -> str:
    """; the first after 350.2 s in which nothing passed, 300.1 s had been survived"""
    first = int(np.flatnonzero(lost)[0])
    pause = int(rows.pause_ns[first])
    if pause == MISSING:
        return "; nothing of this connection was seen at both before"
    before = rows.pause_ns[:first][rows.seen[:first] == compared.IN_BOTH]
    survived = int(before.max(initial=MISSING))
    text = f"; the first after {lasting(pause)} in which nothing passed"
    if survived >= SHORTEST_NS:
        text += f", {lasting(survived)} had been survived"
        if survived > NO_LONGER * pause:
            text += " (so no idle timeout explains it)"
    return text


def answers_lost(case: Case, sender: int, lost: Mask) -> str:
    """3 answers of the server left B and never reached A: the way back is broken."""
    rows = case.rows
    who, near, far = SENDER_WORDS[sender], case.name(sender), case.name(sender, far=True)
    asker = 1 - sender
    frames = evidence(case, lost, case.near(sender))
    text = f"{counted(int(lost.sum()), 'answer')} of the {who} ({frames}) left {near} and never reached {far}"
    if not (case.only(asker) & (rows.kind == kinds.KEEPALIVE_PROBE)).any():
        text = f"all probes of the {SENDER_WORDS[asker]} reached {near}, but {text}"
    passed = (rows.sender == sender) & (rows.seen == compared.IN_BOTH)
    if (passed & (np.arange(len(rows)) > np.flatnonzero(lost)[-1])).any():
        return f"{text}; later segments of the {who} came through"
    return f"{text}: the way back is broken"


def others_lost(case: Case, sender: int, lost: Mask) -> str:
    """1 fin, 2 data of the client left A and never reached B."""
    who, near, far = SENDER_WORDS[sender], case.name(sender), case.name(sender, far=True)
    frames = evidence(case, lost, case.near(sender))
    what = words_of(case.rows.kind[lost], always_count=True)
    return f"{what} of the {who} ({frames}) left {near} and never reached {far}"


def missed(case: Case, sender: int, odd: Mask) -> str:
    """1 ack of the client is at B and not at A, which it must have passed: A missed it."""
    who, near, far = SENDER_WORDS[sender], case.name(sender), case.name(sender, far=True)
    frames = evidence(case, odd, case.near(sender) ^ 1)
    what = words_of(case.rows.kind[odd], always_count=True)
    return (
        f"{what} of the {who} at {far} ({frames}) not seen at {near}: the capture missed that, it came "
        "another way, or something between made it"
    )


def beyond(case: Case, sender: int, waiting: Mask) -> str:
    """Probes 3 to 5 of the client reached B and no answer came by there: lost beyond B, or no peer."""
    who, far = SENDER_WORDS[sender], case.name(sender, far=True)
    numbers = case.rows.probe[waiting].tolist()
    frames = evidence(case, waiting, case.near(sender) ^ 1)
    return (
        f"{numbered(numbers)} of the {who} reached {far} ({frames}), and no answer came by there: "
        f"lost beyond {far}, or the {SENDER_WORDS[1 - sender]} is silent"
    )


def one_sided(case: Case, sender: int, mask: Mask) -> str:
    """2 keepalive_probe of the client stand in A only; which of the two they pass first is not clear."""
    here = compared.A if case.rows.seen[mask][0] == compared.ONLY_A else compared.B
    frames = evidence(case, mask, here)
    what = words_of(case.rows.kind[mask], always_count=True)
    return (
        f"{what} of the {SENDER_WORDS[sender]} ({frames}) stand in {CAPTURE_WORDS[here]} only; "
        "which vantage point they pass first is not clear"
    )


def all_arrived(counts: Sequence[Sequence[int]]) -> str:
    """All 34 segments passed both; 4 more were sent while only one of them ran. counts: as `Connection`'s."""
    both = sum(each[compared.IN_BOTH] for each in counts)
    outside = sum(each[compared.NOT_COVERED] for each in counts)
    text = f"all {both} segments passed both" if both != 1 else "the one segment passed both"
    return text + (f"; {outside} more were sent while only one of the two captured" if outside else "")


def nothing_in_common(rows: Rows) -> str:
    """Nothing was sent while both captures ran."""
    return f"none of its {counted(len(rows), 'segment')} was sent while both captured"


def evidence(case: Case, mask: Mask, capture: int) -> str:
    """A's frames 40, 41, 42"""
    return f"{CAPTURE_WORDS[capture]}'s {listed(case.rows.frame[mask, capture].tolist())}"


def words_of(codes: Any, always_count: bool = False) -> str:
    """keepalive reply; 1 RST, 2 data"""
    found, counts = np.unique([word_of(code) for code in codes.tolist()], return_counts=True)
    if len(found) == 1 and not always_count:
        return str(found[0])
    return ", ".join(f"{count} {word}" for word, count in zip(found.tolist(), counts.tolist(), strict=True))


def word_of(code: int) -> str:
    """What people call a kind."""
    if code in kinds.RESETS:
        return "RST"
    return kinds.KIND_WORDS[code].replace("_", " ")


def numbered(numbers: list[int]) -> str:
    """Probe 3; probes 12 to 15; probes 3, 5 and 9; 20 probes (from the 3rd to the 90th)"""
    if len(numbers) == 1:
        return f"probe {numbers[0]}"
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"probes {numbers[0]} to {numbers[-1]}"
    if len(numbers) <= 4:
        return f"probes {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"
    return f"{len(numbers)} probes (from the {ordinal(numbers[0])} to the {ordinal(numbers[-1])})"


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 11th"""
    endings = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{'th' if 10 < number % 100 < 20 else endings.get(number % 10, 'th')}"
