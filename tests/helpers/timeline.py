"""A scenario in a few readable lines → segments, and what each must be labelled.

    scenario = timeline('''
        # time   way   flags  seq+length:ack          expected kind, frame of the probe answered
        0.000    c>s   S      0
        0.010    s>c   SA     0:1
        0.011    c>s   A      1:1                     = handshake_ack
        10.000   c>s   A      0:1    win=500          = keepalive_probe
        10.010   s>c   A      1:1                     = keepalive_reply 4
        10.011   copy 5              ttl=63           = duplicate
        11.000   icmp  c>s    1
    ''')

Numbers are relative to the initial sequence number of the side that they belong to (`initial`).
Flags are letters of `SAFRPUEC`, `-` for none. Lines are frames, counted from 1 (`frame=` jumps ahead).
Options: `win= id= ttl= sum= mss= ws= ts=VALUE/ECHO sack=LEFT-RIGHT,… sackok frame=`, for ICMP
`from= type= code=`. IP IDs count up for each sender, so that nothing is a duplicate unless it is written
so: `copy N` repeats frame N, options and all, at another time. Checksums are right unless given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Protocol

from . import wire
from .segment import ACK, CWR, ECE, FIN, PSH, RST, SYN, URG, Endpoint, IcmpError, Record, Segment, following

START_NS = 1_700_000_000_000_000_000
LETTERS = {"F": FIN, "S": SYN, "R": RST, "P": PSH, "A": ACK, "U": URG, "E": ECE, "C": CWR}
IPV4: Mapping[str, Endpoint] = {"c": ("10.0.0.1", 40000), "s": ("10.0.0.2", 443)}
IPV6: Mapping[str, Endpoint] = {"c": ("2001:db8::1", 40000), "s": ("2001:db8::2", 443)}


class Labelled(Protocol):
    """A row of any table of labels."""

    @property
    def frame(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def answers(self) -> int | None: ...


@dataclass(frozen=True)
class Expected:
    kind: str
    answers: int | None = None


@dataclass
class Scenario:
    """What a timeline says: the records, and the label of every line that names one."""

    records: list[Record] = field(default_factory=list)
    expected: dict[int, Expected] = field(default_factory=dict)

    @property
    def segments(self) -> list[Segment]:
        return [record for record in self.records if isinstance(record, Segment)]

    def problems(self, rows: Iterable[Labelled]) -> list[str]:
        """One line for each frame that is not labelled as the timeline says; empty when all is well.

        A line without an expected kind is not looked at. An answer is looked at
        where the kind is: none must be there where the line names none.
        """
        found = {row.frame: Expected(row.kind, row.answers) for row in rows}
        return [
            f"frame {frame}: {found.get(frame)}, but it is {expected}"
            for frame, expected in self.expected.items()
            if found.get(frame) != expected
        ]


def timeline(
    text: str,
    *,
    initial: Mapping[str, int] | None = None,
    endpoints: Mapping[str, Endpoint] | None = None,
    start_ns: int = START_NS,
) -> Scenario:
    """Read the lines; names of endpoints beyond `c` and `s` come from `endpoints`."""
    reader = _Reader({"c": 1_000_000, "s": 2_000_000, **(initial or {})}, {**IPV4, **(endpoints or {})})
    for raw in text.splitlines():
        line = raw.split("#")[0].strip()
        if line:
            try:
                reader.read(line, start_ns)
            except (KeyError, ValueError, IndexError) as error:
                raise ValueError(f"cannot read the line {line!r}: {error!r}") from error
    return reader.scenario


class _Reader:
    def __init__(self, initial: dict[str, int], endpoints: dict[str, Endpoint]) -> None:
        self.initial = initial
        self.endpoints = endpoints
        self.scenario = Scenario()
        self.last_id: dict[Endpoint, int] = {}
        self.frame = 0

    def read(self, line: str, start_ns: int) -> None:
        what, _, expected = line.partition(" = ")
        words = what.split()
        time_ns = start_ns + int(Decimal(words[0]) * 1_000_000_000)
        settings = dict(word.split("=", 1) for word in words if "=" in word)
        plain = [word for word in words[1:] if "=" not in word]
        self.frame = int(settings.pop("frame", self.frame + 1))
        if plain[0] == "copy":
            record: Record = self.copy(int(plain[1]), time_ns, settings)
        elif plain[0] == "icmp":
            record = self.icmp(plain[1:], time_ns, settings)
        else:
            record = self.segment(plain, time_ns, settings)
        self.scenario.records.append(record)
        if expected.strip():
            kind, *answers = expected.split()
            self.scenario.expected[self.frame] = Expected(kind, int(answers[0]) if answers else None)

    def number(self, relative: str, name: str) -> int:
        return following(self.initial.get(name, 0), int(relative))

    def copy(self, frame: int, time_ns: int, settings: dict[str, str]) -> Segment:
        original = next(segment for segment in self.scenario.segments if segment.frame == frame)
        return replace(original, frame=self.frame, time_ns=time_ns, **self.fields(settings, ""))

    def icmp(self, plain: list[str], time_ns: int, settings: dict[str, str]) -> IcmpError:
        quoted_sender, quoted_receiver = plain[0].split(">")
        target = self.endpoints[quoted_receiver]
        return IcmpError(
            self.frame,
            time_ns,
            settings.get("from", target[0]),
            *self.endpoints[quoted_sender],
            *target,
            seq=self.number(plain[1], quoted_sender) if len(plain) > 1 else 0,
            code=int(settings.get("code", 1)),
            type=int(settings["type"]) if "type" in settings else None,
        )

    def segment(self, plain: list[str], time_ns: int, settings: dict[str, str]) -> Segment:
        way, letters, numbers = plain[:3]
        sender, receiver = way.split(">")
        place, _, ack = numbers.partition(":")
        seq, _, length = place.partition("+")
        segment = Segment(
            self.frame,
            time_ns,
            *self.endpoints[sender],
            *self.endpoints[receiver],
            seq=self.number(seq, sender),
            ack=self.number(ack, receiver) if ack else 0,
            flags=sum(LETTERS[letter] for letter in letters if letter != "-"),
            length=int(length or 0),
            ip_id=self.next_id(self.endpoints[sender]),
            sack_permitted="sackok" in plain[3:],
        )
        segment = replace(segment, **self.fields(settings, receiver))
        return segment if "sum" in settings else wire.with_checksum(segment)

    def next_id(self, sender: Endpoint) -> int | None:
        if ":" in sender[0]:
            return None
        self.last_id[sender] = self.last_id.get(sender, 0) % 0xFFFF + 1
        return self.last_id[sender]

    def fields(self, settings: dict[str, str], receiver: str) -> dict[str, Any]:
        """Fields of a segment that the options of a line set."""
        names = {
            "win": "window",
            "id": "ip_id",
            "ttl": "ttl",
            "sum": "checksum",
            "mss": "mss",
            "ws": "window_scale",
        }
        values: dict[str, Any] = {}
        for name, value in settings.items():
            if name == "ts":
                values["tsval"], values["tsecr"] = map(int, value.split("/"))
            elif name == "sack":
                blocks = (block.split("-") for block in value.split(","))
                values["sack_blocks"] = tuple(
                    (self.number(left, receiver), self.number(right, receiver)) for left, right in blocks
                )
            else:
                values[names[name]] = int(value, 0)
        return values
