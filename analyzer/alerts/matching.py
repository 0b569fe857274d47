"""Which news are worth an alert, and what the alert says."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np

from analyzer import found
from analyzer.facts import Finding
from analyzer.kinds import VERDICT_WORDS
from analyzer.news import News
from analyzer.tables.blocks import findings_block
from analyzer.tables.files import cell_rows, iso_times, json_rows
from analyzer.tables.flow_columns import Diagnosis, FlowView, flow_block
from analyzer.tables.schema import FINDINGS, FLOWS
from analyzer.wording import endpoint

if TYPE_CHECKING:
    from analyzer.alerts.channel import Channel

MOST_KNOWN = 100_000  # alerts remembered, so that none is given twice; some 20 MB
MOST_FLOWS = 100  # connections that an alert about more than one names

Key = tuple[int, str]


@dataclass(frozen=True)
class Alert:
    """name: of the verdict or finding. json: one line. environment: the same in short, for a program."""

    name: str
    json: str
    environment: dict[str, str]


@dataclass
class Match:
    """A verdict or finding that was asked for. row: of the connection, None: of more than one."""

    name: str
    keys: list[Key]
    row: int | None
    finding: Finding | None = None


@dataclass
class Alerts:
    """Gives an alert for each verdict and finding that was asked for, once while it holds.

    verdicts, findings: codes. channels: where alerts go.
    """

    verdicts: Collection[int]
    findings: Collection[int]
    diagnosis: Diagnosis
    channels: Sequence[Channel]
    _known: dict[Key, None] = field(default_factory=dict)

    def tell(self, news: News) -> None:
        """Queue what is new; returns at once. What no queue has room for is lost, and counted."""
        self._forget(news)
        fresh = [match for match in self._matches(news) if not self._is_known(match)]
        for match in fresh:
            self._known.update(dict.fromkeys(match.keys))
        while len(self._known) > MOST_KNOWN:
            del self._known[next(iter(self._known))]
        room = max((channel.room for channel in self.channels), default=0)
        for channel in self.channels:
            channel.lose(len(fresh[room:]))
        for alert in alerts_of(news, fresh[:room], self.diagnosis):
            for channel in self.channels:
                channel.put(alert)

    def close(self, timeout_s: float) -> str:
        """Give what is queued so much time; what became of all, in one line, "" without any."""
        end = monotonic() + timeout_s
        for channel in self.channels:
            channel.close(max(0.0, end - monotonic()))
        return "; ".join(filter(None, map(str, self.channels)))

    def _forget(self, news: News) -> None:
        """What does not hold any more may be told again."""
        if not self._known:
            return
        words = [VERDICT_WORDS[code] for code in self.verdicts]
        numbers = news.result.flow_numbers(news.judged).tolist()
        for number, code in zip(numbers, news.result.flows["verdict"][news.judged].tolist(), strict=True):
            for word in words:
                if word != VERDICT_WORDS[code]:
                    self._known.pop((number, word), None)
        for row, name in news.withdrawn:
            self._known.pop((_number(news, row), found.WORDS[name]), None)

    def _is_known(self, match: Match) -> bool:
        return all(key in self._known for key in match.keys)

    def _matches(self, news: News) -> Iterable[Match]:
        """A verdict and the finding of the same name are one."""
        matches: dict[Key, Match] = {}
        judged = news.judged[np.isin(news.result.flows["verdict"][news.judged], list(self.verdicts))]
        for row in judged.tolist():
            name = VERDICT_WORDS[news.result.flows["verdict"][row]]
            key = _number(news, row), name
            matches[key] = Match(name, [key], row)
        for finding in news.findings:
            if finding.name in self.findings:
                match = _of_finding(news, finding)
                matches.setdefault(match.keys[0], match).finding = finding
        return matches.values()


def _of_finding(news: News, finding: Finding) -> Match:
    name = found.WORDS[finding.name]
    numbers = news.result.flow_numbers(finding.flows).tolist()
    if finding.scope == found.OF_FLOW:
        return Match(name, [(numbers[0], name)], int(finding.flows[0]))
    nobody = -1 - finding.frames[0] if finding.frames else -1  # no connection has such a number
    return Match(name, [(number, name) for number in numbers or [nobody]], None)


def _number(news: News, row: int) -> int:
    return int(news.result.flow_numbers(np.array([row]))[0])


def alerts_of(news: News, matches: Sequence[Match], diagnosis: Diagnosis) -> Iterator[Alert]:
    """What to say of each."""
    rows = sorted({match.row for match in matches if match.row is not None})
    flows: dict[int, tuple[str, Any]] = {}
    if rows:
        block = flow_block(FlowView(news.result, np.array(rows, np.int64), diagnosis), FLOWS.names)
        flows = dict(
            zip(rows, zip(json_rows(FLOWS, block), cell_rows(FLOWS, block), strict=True), strict=True)
        )
    [time] = iso_times(np.array([news.totals.now_ns]))
    for match in matches:
        connection = flows[match.row] if match.row is not None else ("null", None)
        evidence: tuple[str, Any] = "null", None
        if match.finding is not None:
            block = findings_block([match.finding], [news.result])
            evidence = json_rows(FINDINGS, block)[0], cell_rows(FINDINGS, block)[0]
        numbers = [number for number, _ in match.keys if number >= 0]
        yield _alert(match.name, time, numbers, connection, evidence)


def _alert(
    name: str, time: str, numbers: list[int], connection: tuple[str, Any], evidence: tuple[str, Any]
) -> Alert:
    flow, finding = connection[1], evidence[1]
    ends = ("", "")
    if flow:
        ends = endpoint(flow["client"], flow["client_port"]), endpoint(flow["server"], flow["server_port"])
    said = finding["summary"] if finding else flow["reason"]
    text = f"{name}: {f'{ends[0]} → {ends[1]}: ' if flow else ''}{said}"
    members = {
        "type": json.dumps("alert"),
        "name": json.dumps(name),
        "time": json.dumps(time or None),
        "text": json.dumps(text),
        "flows": json.dumps(numbers[:MOST_FLOWS]),
        "connection": connection[0],
        "finding": evidence[0],
    }
    short = {
        "NAME": name,
        "TIME": time,
        "TEXT": text,
        "SEVERITY": (finding or flow)["severity"],
        "FLOW": str(numbers[0]) if flow else "",
        "CLIENT": ends[0],
        "SERVER": ends[1],
        "VERDICT": flow["verdict"] if flow else "",
        "FINDING": finding["finding"] if finding else "",
        "ADVICE": finding["advice"] if finding else "",
    }
    line = "{" + ", ".join(f'"{member}": {value}' for member, value in members.items()) + "}"
    # the system takes no NUL there
    return Alert(name, line, {f"KEEPALIVE_{key}": text.replace("\0", "") for key, text in short.items()})
