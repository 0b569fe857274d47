"""What a program holds already: packets of scapy, captures and packets of pyshark, each as a source.

Neither library is imported to tell: whose a thing is, its class says.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sized
from dataclasses import dataclass
from typing import Any

from analyzer.errors import UnreadableError, UsageError
from analyzer.sources.base import Source

OURS, TSHARK = "", "tshark"
READERS = (OURS, TSHARK)
"""Who takes frames apart: our decoder, or tshark."""


@dataclass(frozen=True, eq=False)
class Held:
    """Packets that need no file. name: how the capture is called. again: they can be read more than once."""

    name: str
    open: Callable[[str], Source]
    again: bool


def held(thing: Any) -> Held:
    """What was handed over in place of a path. Raises UsageError where it is nothing that can be read."""
    if _is_of(thing, "pyshark") and hasattr(thing, "input_filepath"):
        from analyzer.sources.pyshark_packets import open_file_capture

        return Held(str(thing.input_filepath), lambda _: open_file_capture(thing), again=True)
    if _is_of(thing, "pyshark") and hasattr(thing, "get_parameters"):  # iterating over it would capture
        if not len(thing):
            raise UsageError(f"analyze: {_kind(thing)}: it holds no packets; hand over those it gave you")
        thing = [thing[place] for place in range(len(thing))]
    if not isinstance(thing, Iterable):
        raise UsageError(f"analyze: {_kind(thing)}: a path, scapy packets or a pyshark capture is wanted")
    again = isinstance(thing, Sized)
    packets = iter(thing)
    first = next(packets, None)
    if first is None:
        raise UnreadableError(f"{_kind(thing)}: there are no packets in it")
    every = _again(thing) if again else _once(itertools.chain([first], packets))
    if _is_of(first, "scapy"):
        from analyzer.sources.scapy_packets import open_packets

        return Held("scapy packets", lambda reader: open_packets(every(), reader), again)
    if _is_of(first, "pyshark"):
        from analyzer.sources.pyshark_packets import open_loaded

        return Held("pyshark packets", lambda _: open_loaded(every()), again)
    raise UsageError(f"analyze: {_kind(thing)} of {_kind(first)}: packets of scapy or pyshark are wanted")


def _again(thing: Iterable[Any]) -> Callable[[], Iterator[Any]]:
    return lambda: iter(thing)


def _once(packets: Iterator[Any]) -> Callable[[], Iterator[Any]]:
    return lambda: packets


def _is_of(thing: Any, library: str) -> bool:
    return any(each.__module__.partition(".")[0] == library for each in type(thing).__mro__)


def _kind(thing: Any) -> str:
    return type(thing).__name__
