"""What the comparison of one connection comes to: which segments left one vantage point in vain."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analyzer import compared, kinds
from analyzer.compared import CAPTURE_WORDS, UNCLEAR, Connection, Listening
from analyzer.diagnose.compare import sentences
from analyzer.facts import Rows
from analyzer.found import CERTAIN, LIKELY, POSSIBLE
from analyzer.kinds import MISSING
from analyzer.wording import few

ANSWERS = np.isin(np.arange(256), (kinds.KEEPALIVE_REPLY, kinds.KEEPALIVE_RESET, kinds.ZERO_WINDOW_REPLY))
TELLING = ANSWERS.copy()
TELLING[list(kinds.PROBES)] = True
"""What a middlebox may make up in an end's name: probes and answers, beside RSTs."""

ENDS = (kinds.CLIENT, kinds.SERVER)


class Case(NamedTuple):
    """One connection as it is judged.

    rows: its MATCH rows by time. nearer: the end that A is nearer to, or UNCLEAR; `guessed`: told only
    by what is missing where. windows: when A and B ran. dropped: whether their programs lost frames.
    """

    rows: Rows
    nearer: int
    guessed: bool
    windows: tuple[Listening, Listening]
    dropped: tuple[bool, bool]

    def near(self, sender: int) -> int:
        """The vantage point that a segment of this sender passes first."""
        return compared.A if self.nearer in (sender, UNCLEAR) else compared.B

    def name(self, sender: int, far: bool = False) -> str:
        """ "A" or "B": the vantage point nearer to this sender, or the farther one."""
        return CAPTURE_WORDS[self.near(sender) ^ far]

    def only(self, sender: int, far: bool = False) -> NDArray[np.bool_]:
        """bool by row: what this sender sent and only the nearer (farther) vantage point saw."""
        seen = compared.ONLY_B if self.near(sender) ^ far else compared.ONLY_A
        mask: NDArray[np.bool_] = (self.rows.sender == sender) & (self.rows.seen == seen)
        return mask


def guess_nearer(rows: Rows) -> int:
    """The end that A must be nearer to if what one vantage point lacks was lost on the way to it."""
    votes = 0
    for sender, sign in ((kinds.CLIENT, 1), (kinds.SERVER, -1)):
        mine = rows.seen[rows.sender == sender]
        only = int((mine == compared.ONLY_A).sum()), int((mine == compared.ONLY_B).sum())
        if all(only):
            return UNCLEAR
        votes += sign * (bool(only[0]) - bool(only[1]))
    return kinds.CLIENT if votes > 0 else kinds.SERVER if votes < 0 else UNCLEAR


def judge(connection: Connection, case: Case) -> None:
    """Fill in outcome, confidence, summary and evidence."""
    rows = case.rows
    told: list[tuple[int, str, NDArray[np.bool_]]] = []
    if not (rows.seen != compared.NOT_COVERED).any():
        told.append((compared.NOTHING_IN_COMMON, sentences.nothing_in_common(rows), rows.seen < 0))
    elif case.nearer == UNCLEAR:
        told += unclear(case)
    else:
        for find in (made_between, probes_lost, answers_lost, others_lost, beyond):
            told += find(case)
    if not told:
        told.append((compared.ALL_ARRIVED, sentences.all_arrived(connection.counts), rows.seen < 0))
    told.sort(key=lambda each: each[0])
    evidence = np.logical_or.reduce([mask for _, _, mask in told])
    connection.outcome = told[0][0]
    connection.confidence, doubt = confidence(case, evidence)
    connection.frames = evidence_frames(rows, evidence, 0), evidence_frames(rows, evidence, 1)
    connection.summary = "; ".join([*(sentence for _, sentence, _ in told), *doubt])
    lost = rows.seen[evidence]
    if connection.outcome in (compared.PROBES_LOST, compared.SEGMENTS_LOST) and len(lost):
        connection.first_lost_ns, connection.survived_ns = silences(rows, evidence)


Told = list[tuple[int, str, NDArray[np.bool_]]]


def made_between(case: Case) -> Told:
    """RSTs, probes and answers that only the vantage point farther from their sender saw."""
    told = []
    for sender in ENDS:
        made = case.only(sender, far=True)
        for mask in (made & (case.rows.reset != 0), made & TELLING[case.rows.kind] & (case.rows.reset == 0)):
            if mask.any():
                told.append((compared.MADE_BETWEEN, sentences.made_between(case, sender, mask), mask))
    return told


def probes_lost(case: Case) -> Told:
    """Keep-alive probes that only the vantage point nearer to their sender saw."""
    told = []
    for sender in ENDS:
        lost = case.only(sender) & (case.rows.kind == kinds.KEEPALIVE_PROBE)
        if lost.any():
            lost |= case.only(sender) & (case.rows.kind == kinds.KEEPALIVE_TIMEOUT)
            told.append((compared.PROBES_LOST, sentences.probes_lost(case, sender, lost), lost))
    return told


def answers_lost(case: Case) -> Told:
    """Answers that only the vantage point nearer to who answered saw."""
    told = []
    for sender in ENDS:
        lost = case.only(sender) & ANSWERS[case.rows.kind]
        if lost.any():
            told.append((compared.ANSWERS_LOST, sentences.answers_lost(case, sender, lost), lost))
    return told


def others_lost(case: Case) -> Told:
    """Anything else that did not get through, and what was seen only where it came out."""
    told = []
    for sender in ENDS:
        known = (case.rows.kind == kinds.KEEPALIVE_PROBE) | ANSWERS[case.rows.kind]
        lost = case.only(sender) & ~known
        if (case.only(sender) & (case.rows.kind == kinds.KEEPALIVE_PROBE)).any():
            lost &= case.rows.kind != kinds.KEEPALIVE_TIMEOUT  # told with the probes
        if lost.any():
            told.append((compared.SEGMENTS_LOST, sentences.others_lost(case, sender, lost), lost))
        odd = case.only(sender, far=True) & ~TELLING[case.rows.kind] & (case.rows.reset == 0)
        if odd.any():
            told.append((compared.SEGMENTS_LOST, sentences.missed(case, sender, odd), odd))
    return told


def beyond(case: Case) -> Told:
    """Probes at the end that passed both vantage points, and nothing came back by there."""
    told = []
    rows = case.rows
    for sender in ENDS:
        heard = (rows.sender == 1 - sender) & (rows.seen != compared.NOT_COVERED)
        passed = (rows.sender == sender) & (rows.seen == compared.IN_BOTH)
        after = np.arange(len(rows)) > (np.flatnonzero(heard).max() if heard.any() else -1)
        waiting = passed & after & (rows.kind == kinds.KEEPALIVE_PROBE)
        gave_up = (passed & after & (rows.reset != 0)).any()
        if waiting.sum() >= 2 or (waiting.any() and gave_up):
            told.append((compared.UNANSWERED_BEYOND, sentences.beyond(case, sender, waiting), waiting))
    return told


def unclear(case: Case) -> Told:
    """What one vantage point lacks, where nobody can tell which of them a segment passes first."""
    told = []
    for sender in ENDS:
        for seen in (compared.ONLY_A, compared.ONLY_B):
            mask = (case.rows.sender == sender) & (case.rows.seen == seen)
            if mask.any():
                probes = bool((case.rows.kind[mask] == kinds.KEEPALIVE_PROBE).any())
                outcome = compared.PROBES_LOST if probes else compared.SEGMENTS_LOST
                told.append((outcome, sentences.one_sided(case, sender, mask), mask))
    return told


def silences(rows: Rows, lost: NDArray[np.bool_]) -> tuple[int | None, int | None]:
    """Silence on the path before what was lost for good began, and the longest that was survived before.

    What was lost before something came through again does not count, unless all is such.
    """
    passed = np.flatnonzero(rows.seen == compared.IN_BOTH)
    places = np.flatnonzero(lost)
    trailing = places[places > passed[-1]] if len(passed) else places
    first = int((trailing if len(trailing) else places)[0])
    before = rows.pause_ns[passed[passed < first]]
    before = before[before != MISSING]
    pause = int(rows.pause_ns[first])
    return (pause if pause != MISSING else None), (int(before.max()) if len(before) else None)


def confidence(case: Case, evidence: NDArray[np.bool_]) -> tuple[int, list[str]]:
    """How sure it is, and why not surer."""
    rows, doubt = case.rows, []
    sure = CERTAIN
    missing = evidence & (rows.seen != compared.IN_BOTH)
    for capture, seen in ((compared.A, compared.ONLY_B), (compared.B, compared.ONLY_A)):
        mine = missing & (rows.seen == seen)
        if not mine.any():
            continue
        name = CAPTURE_WORDS[capture]
        if case.dropped[capture]:
            sure = min(sure, LIKELY)
            doubt.append(f"the program that captured {name} lost frames, perhaps these")
        if rows.last[mine].all():
            sure = POSSIBLE
            doubt.append(
                f"all that is after {name}'s last frame, and {name} does not say when it was stopped: "
                "perhaps it did not listen any more"
            )
    odd = any(
        (case.only(sender, far=True) & ~TELLING[rows.kind] & (rows.reset == 0)).any() for sender in ENDS
    )
    if missing.any() and (odd or case.nearer == UNCLEAR):
        sure = POSSIBLE
    elif missing.any() and case.guessed:
        sure = min(sure, LIKELY)
    return sure, doubt


def evidence_frames(rows: Rows, evidence: NDArray[np.bool_], capture: int) -> tuple[int, ...]:
    """Frames of one capture that show it: the first ones and the last."""
    frames: Any = rows.frame[evidence, capture]
    return few(frames[frames > 0].tolist())
