"""Captures and packets of pyshark: what it asked tshark, and how, is asked again, or read from its packets.

A capture of a file is read by tshark with the same display filter, preferences and keys: that is a hundred
times as fast as pyshark's packets, and needs no event loop, which would fight Jupyter's. Packets that are
loaded already are taken as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from analyzer.errors import MissingToolError, UsageError
from analyzer.sources.base import Source
from analyzer.sources.tshark import RebuiltSource, TsharkSource
from analyzer.sources.tshark.fields import FIELDS, Said

NAME = "pyshark packets"
WITH_A_VALUE = ("-r", "-w", "-T", "-e", "-E", "-z")
ALONE = ("-x", "-V", "-P", "-q", "-Q")


def open_file_capture(capture: Any) -> Source:
    """A pyshark.FileCapture, as its tshark reads it."""
    path = str(capture.input_filepath)
    try:
        words = capture.get_parameters()
        program = capture.tshark_path or "tshark"
    except Exception as error:  # pyshark's own, where it finds no tshark
        raise MissingToolError(f"{path}: pyshark finds no tshark: {error}") from None
    return TsharkSource(path, words=_without_files(words), program=program)


def _without_files(words: Iterable[str]) -> list[str]:
    """Arguments for tshark but those that name files or say what it is to write."""
    kept, given = [], iter(words)
    for word in given:
        if word in WITH_A_VALUE:
            next(given, None)
        elif word not in ALONE:
            kept.append(word)
    return kept


def open_loaded(packets: Iterable[Any]) -> Source:
    """Packets that pyshark made."""
    return RebuiltSource(NAME, _said(packets))


def _said(packets: Iterable[Any]) -> Iterator[Said]:
    for packet in packets:
        if not hasattr(packet, "frame_info") or not hasattr(packet.frame_info, "get_field"):
            raise UsageError("analyze: pyshark packets without fields (only_summaries): hand over the file")
        layers = (packet.frame_info, *packet.layers)
        yield {field: _values(layers, field) for field in FIELDS}


def _values(layers: Iterable[Any], field: str) -> list[str]:
    """A field as often as it occurs; headers that an ICMP error quotes are a part of its layer."""
    values: list[str] = []
    for layer in layers:
        if layer.layer_name not in (field.partition(".")[0], "icmp", "icmpv6"):
            continue
        found = layer.get_field(field)
        if found is None:
            continue
        if not hasattr(found, "all_fields"):
            raise UsageError("analyze: pyshark packets made with use_json or use_ek: hand over the file")
        values += [str(each.show) for each in found.all_fields]
    return values
