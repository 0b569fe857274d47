"""An analysis, a connection and the columns of a table as notebooks show them: HTML on any ground.

Text takes the notebook's own colour. Where the page says that it is dark (JupyterLab, VS Code, Colab),
so do the colours; a host that removes styles leaves plain tables. Everything is escaped.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import Any

from analyzer import kinds
from analyzer.present.colours import DARK, LIGHT, Colours
from analyzer.present.connection import ends_of, probing, reason_of
from analyzer.present.console import Overview
from analyzer.present.findings import MARKS, doubt, explained, own_finding, told
from analyzer.present.urgency import VERDICT_ORDER
from analyzer.present.words import Clock, printable, source_name, wrapped
from analyzer.tables.schema import Column, Table
from analyzer.wording import counted, duration, number, size

Row = dict[str, Any]

CAPTURES_NAMED = 3
WIDE_SHOWN = 3  # findings about more than one connection
FLOWS_SHOWN = 6  # connections that need attention

CODE = re.compile(r"`([^`]+)`")
DARK_PAGES = ('[data-jp-theme-light="false"]', ".vscode-dark", ".vscode-high-contrast", "html[theme=dark]")

LAYOUT = """
.ka{font-size:13px;line-height:1.45;max-width:70em;margin:4px 0 10px}
.ka .faint{opacity:.7}.ka code{font-size:12px}
.ka .bar{display:flex;gap:2px;height:8px;margin:6px 0 4px}
.ka .bar i{display:block;border-radius:2px;min-width:3px;background:var(--verdict)}
.ka .chip{margin-right:1em;white-space:nowrap}.ka .chip::before{content:"";display:inline-block;width:.7em;
height:.7em;border-radius:2px;margin-right:.4em;background:var(--verdict)}
.ka table{border-collapse:collapse;margin:8px 0 4px}
.ka td,.ka th{text-align:left!important;vertical-align:top;
padding:3px 10px 3px 0;border-top:1px solid rgba(128,128,128,.3);white-space:normal;
font-size:13px;line-height:1.45}
.ka tr{background:none!important}.ka .sign{white-space:nowrap}.ka code{overflow-wrap:anywhere}
""".replace("\n", "")


def analysis_card(facts: Overview) -> str:
    """What an analysis is about, its verdicts, and what is wrong first. facts.flows: the most urgent ones."""
    total = sum(facts.counts)
    chosen = " chosen" if facts.filtered else ""
    parts = [f"<div><b>{counted(total, 'connection')}{chosen}</b> in {_captures(facts)}</div>"]
    parts += [f"<div>▲ {_text(damage)}</div>" for about in facts.captures for damage in about.damages]
    if total:
        parts += [*_verdicts(facts.counts)]
    rows = [*_wide(facts), *_urgent(facts)]
    if rows:
        parts.append(f"<table>{''.join(rows)}</table>")
    return _card(parts)


def flow_card(flow: Row, findings: Sequence[Row], path: str, clock: Clock) -> str:
    """One connection: verdict and reason, its probing, what was found, its filter for Wireshark."""
    sent = f"client sent {size(flow['client_bytes'])}, server {size(flow['server_bytes'])}"
    lasted = f"{counted(flow['frames'], 'frame')} in {duration(flow['duration_s'])} from"
    parts = [
        f"<div><b>Connection {flow['flow']}</b> {_chip(flow['verdict'])}<b>{_ends(flow)}</b></div>",
        f"<div class='faint'>{lasted} {clock.moment(flow['start'])} in {_text(source_name(path))}; "
        f"{sent}</div>",
        f"<div>{MARKS[flow['severity']]} {_text(reason_of(flow, findings, clock))}</div>",
    ]
    parts += [f"<div>{_text(sentence)}</div>" for sentence in probing(flow)]
    own = own_finding(flow, findings)
    rows = [_row(each["severity"], "", _finding(each, clock, summary=each is not own)) for each in findings]
    if rows:
        parts.append(f"<table>{''.join(rows)}</table>")
    parts.append(f"<div class='faint'>Wireshark: <code>{_text(flow['display_filter'])}</code></div>")
    return _card(parts)


def columns_card(table: Table, dtypes: Sequence[str]) -> str:
    """The columns of a table: name, type, what it says."""
    rows = "".join(
        f"<tr><td><code>{_text(column.name)}</code></td><td class='sign'>{_text(dtype)}</td>"
        f"<td>{_text(column.unit)}</td><td>{_text(column_text(column))}</td></tr>"
        for column, dtype in zip(table.columns, dtypes, strict=True)
    )
    head = "<tr><th>column</th><th>type</th><th>unit</th><th></th></tr>"
    return _card([f"<div><b>{_text(table.name)}</b>: {_text(table.text)}</div><table>{head}{rows}</table>"])


def columns_text(table: Table, dtypes: Sequence[str], width: int = 100) -> str:
    """The same as lines of text."""
    lines = [f"{table.name}: {table.text}"]
    for column, dtype in zip(table.columns, dtypes, strict=True):
        lines.append(f"{column.name}  ({', '.join(filter(None, (dtype, column.unit)))})")
        lines += ["    " + line for line in wrapped(column_text(column), width - 4)]
    return "\n".join(lines)


def column_text(column: Column) -> str:
    """What a column says, and which words it may say."""
    return column.text + (f" One of: {', '.join(column.words)}." if column.words else "")


def _captures(facts: Overview) -> str:
    named = [f"<b>{_text(source_name(about.row['path']))}</b>" for about in facts.captures]
    if len(named) > CAPTURES_NAMED:
        named = [f"<b>{counted(len(named), 'capture')}</b>"]
    frames = sum(about.row["frames"] for about in facts.captures)
    said = f"{', '.join(named)} <span class='faint'>({counted(frames, 'frame')}"
    if len(facts.captures) == 1 and facts.captures[0].row["start"] not in (None, kinds.MISSING):
        row = facts.captures[0].row
        said += f" in {duration(row['duration_s'])}; time 0 is {facts.clock.moment(row['start'])}"
    return said + ")</span>"


def _verdicts(counts: Sequence[int]) -> Iterator[str]:
    """A bar of the verdicts, and its legend."""
    present = [(kinds.VERDICT_WORDS[code], counts[code]) for code in VERDICT_ORDER if counts[code]]
    bar = "".join(f"<i style='flex:{count}' class='{verdict}'></i>" for verdict, count in present)
    legend = "".join(_chip(verdict, number(count)) for verdict, count in present)
    yield f"<div class='bar'>{bar}</div><div>{legend}</div>"


def _wide(facts: Overview) -> Iterator[str]:
    for wide in facts.wide[:WIDE_SHOWN]:
        clock = facts.clock_of(wide.row)
        note = explained(wide.flows, wide.count)
        yield _row(wide.row["severity"], "", _finding(wide.row, clock, advised=False), note)
    hidden = len(facts.wide) - WIDE_SHOWN
    if hidden > 0:
        yield _row("", "", "", f"… and {counted(hidden, 'finding')} more about several connections")


def _urgent(facts: Overview) -> Iterator[str]:
    urgent = [flow for flow in facts.flows if facts.attention(flow) != "note"]
    for flow in urgent[:FLOWS_SHOWN]:
        findings = facts.findings.get(flow["flow"], ())
        where = ""
        if len(facts.captures) > 1:
            path = facts.captures[flow["capture"]].row["path"]
            where = f" <span class='faint'>in {_text(printable(PurePath(path).name))}</span>"
        names = [each["finding"] + doubt(each) for each in findings if each["severity"] != "note"]
        others = ", ".join(name for name in names if name != flow["verdict"])
        said = f"{_chip(flow['verdict'])}{_ends(flow)}{where}<br>"
        said += _text(reason_of(flow, findings, facts.clock_of(flow)))
        yield _row(facts.attention(flow), str(flow["flow"]), said, f"also: {others}" if others else "")
    if len(urgent) > FLOWS_SHOWN:
        yield _row("", "", "", "… and more connections that want attention")


def _ends(flow: Row) -> str:
    client, server = ends_of(flow)
    return f"{_text(client)} → {_text(server)}"


def _finding(row: Row, clock: Clock, summary: bool = True, advised: bool = True) -> str:
    """Its name, what was seen, what to do. summary: whether that was not said before."""
    said = f"<b>{_text(row['finding'])}</b>{_text(doubt(row))}"
    said += f": {_text(told(row, 'summary', clock))}" if summary else ""
    return said + (f"<br>→ {_text(told(row, 'advice', clock))}" if advised and row["advice"] else "")


def _row(severity: str, number: str, said: str, note: str = "") -> str:
    more = f" <span class='faint'>{_text(note)}</span>" if note else ""
    sign = f"{MARKS.get(severity, '')}&nbsp;{number}"
    return f"<tr><td class='sign'>{sign}</td><td>{said}{more}</td></tr>"


def _chip(verdict: str, count: str = "") -> str:
    return f"<span class='chip {verdict}'>{count}{' ' if count else ''}{verdict}</span>"


def _text(text: str) -> str:
    """Escaped, and what stands between backticks as code."""
    return CODE.sub(r"<code>\1</code>", html.escape(text))


def _card(parts: Iterable[str]) -> str:
    return f"<style>{STYLE}</style><div class='ka'>{''.join(parts)}</div>"


def _colours(colours: Colours, before: str = "") -> str:
    return "".join(
        f"{before}.ka .{verdict}{{--verdict:{colour}}}" for verdict, colour in colours.verdicts.items()
    )


STYLE = LAYOUT + _colours(LIGHT) + "".join(_colours(DARK, f"{page} ") for page in DARK_PAGES)
