"""`wire` and `reader` are each other's inverse, and tshark reads what `wire` writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers import reader, wire
from tests.helpers.segment import Endpoint, Segment
from tests.helpers.timeline import IPV6, timeline

from .checks import OPENING

ALL = """
    1.000   c>s   AP   1+100:1   ts=7/9 win=65535
    1.001   s>c   A    1:101     sack=1-9,20-30 ts=4294967295/7
    2.000   icmp  c>s  1         from=REPORTER
    3.000   c>s   RA   101:1     frame=12 ttl=1
"""


@pytest.mark.parametrize("build", [wire.pcap_bytes, wire.pcapng_bytes])
@pytest.mark.parametrize("byte_order", ["<", ">"])
@pytest.mark.parametrize(("ends", "reporter"), [(None, "10.0.0.254"), (IPV6, "2001:db8::fe")])
def test_a_file_gives_back_what_went_into_it(
    build: Callable[..., bytes],
    byte_order: str,
    ends: Mapping[str, Endpoint] | None,
    reporter: str,
    tmp_path: Path,
) -> None:
    records = timeline(OPENING + ALL.replace("REPORTER", reporter), endpoints=ends).records
    file = tmp_path / "capture"
    file.write_bytes(build(records, byte_order=byte_order))
    capture = reader.read(file)
    bare = [replace(each, payload=b"") if isinstance(each, Segment) else each for each in capture.records]
    assert bare == records
    assert capture.frames == 12


def test_microseconds_lose_three_digits(tmp_path: Path) -> None:
    file = tmp_path / "capture.pcap"
    records = timeline("0.123456789 c>s S 0").records
    file.write_bytes(wire.pcap_bytes(records, nanoseconds=False))
    assert reader.read(file).start_ns == records[0].time_ns - 789


def test_frames_must_come_in_order() -> None:
    records = timeline("0 c>s S 0 \n 1 c>s S 0").records
    with pytest.raises(ValueError, match="comes after"):
        wire.pcap_bytes(reversed(records))
