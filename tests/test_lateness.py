"""How late timers fire, and which round setting is behind measured pauses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer import kinds, pipeline
from analyzer.lateness import EARLY_NS, LATE, LATE_NS, ROUND_S, round_setting_ns, wheel_ns
from analyzer.rules import SECOND_NS, Rules


def setting_s(*measured_s: float) -> float | None:
    found = round_setting_ns([round(each * SECOND_NS) for each in measured_s])
    return None if found is None else found / SECOND_NS


@pytest.mark.parametrize(
    ("measured_s", "meant_s"),
    [
        ((1.024,), 1),
        ((2.016,), 2),
        ((3.008, 3.25), 3),
        ((4.096,), 4),
        ((6.3,), 6),
        ((15.1,), 15),
        ((29.9992, 30.0001), 30),
        ((1.9996,), 2),
        ((2.9989, 3.008), 3),
        ((59.991, 63.9), 60),
        ((46.1,), 45),
        ((77.8,), 75),
        ((64.09,), 60),
        ((300.5, 312.0), 300),
        ((7209.3,), 7200),
        ((7200.0,), 7200),
        ((7200.47,), 7200),
        ((350.2,), 350),
        ((55.001,), 55),
        ((1.5,), 1.5),
        ((0.5,), 0.5),
    ],
)
def test_a_round_setting_is_found(measured_s: tuple[float, ...], meant_s: float) -> None:
    assert setting_s(*measured_s) == meant_s


@pytest.mark.parametrize(
    "measured_s",
    [
        (),
        (0.0,),
        (17.3,),  # 16 s or 17 s
        (59.947,),  # 55 s, or 60 s and a jittery network
        (75.06,),  # 70 s on a kernel of 100 ticks a second, or 75 s
        (104.0,),  # exactly, but who would set that rather than 100
        (2.98,),  # earlier than a tick of 10 ms explains
        (9.99, 12.5),  # no timer of one setting
        (2.3,),  # 2.1 s, 2.2 s or 2.3 s
    ],
)
def test_what_is_not_clear_is_not_guessed(measured_s: tuple[float, ...]) -> None:
    assert setting_s(*measured_s) is None


@given(st.integers(1, 200_000 * SECOND_NS))
def test_the_wheel_is_never_later_than_an_eighth(setting_ns: int) -> None:
    assert wheel_ns(setting_ns) <= setting_ns * 8 / 63 + LATE_NS + SECOND_NS / 100
    assert wheel_ns(setting_ns) <= wheel_ns(setting_ns + SECOND_NS)


@given(
    st.sampled_from([step * times for step in ROUND_S for times in (1, 2, 4)]),
    st.lists(st.floats(0, 1), min_size=1, max_size=5),
)
def test_the_setting_is_never_above_what_was_measured(seconds: int, late: list[float]) -> None:
    setting = seconds * SECOND_NS
    measured = [round(setting + each * wheel_ns(setting)) for each in late]
    found = round_setting_ns(measured)
    assert found is None or found - EARLY_NS <= min(measured)
    assert found is None or max(measured) <= found + wheel_ns(found)
    if seconds <= 10:  # no other second is near enough
        assert found == setting


def timers_of(sidecar: Path) -> Iterator[tuple[str, float, int]]:
    """Every timer of a recording that was both set and measured: what, setting (s), median measured (ns)."""
    truth = json.loads(sidecar.read_text())
    (result,) = pipeline.analyze([str(sidecar.with_name(truth["capture"]))]).captures
    summary = pipeline.Diagnosis(Rules()).summarize(result, np.arange(len(result.flows)))
    ports = [int(flow.port[flow.client]) for flow in result.flows]
    for connection in truth["must_give"]["connections"]:
        if ports.count(connection["client_port"]) != 1:
            continue
        row = summary[ports.index(connection["client_port"])]
        for who, side in enumerate(("client", "server")):
            for timer in ("keepalive_time", "keepalive_interval"):
                measured_ns = int(row[f"{timer}_ns"][who])
                if measured_ns != kinds.MISSING and f"{timer}_s" in connection["sides"][side]:
                    yield f"{side} {timer}", connection["sides"][side][f"{timer}_s"], measured_ns


def test_settings_of_recordings_are_those_of_their_sockets(recorded: Path) -> None:
    seen = 0
    for sidecar in sorted(recorded.glob("*.json")):
        for what, setting, measured_ns in timers_of(sidecar):
            seen += 1
            assert round_setting_ns([measured_ns]) == setting * SECOND_NS, (sidecar.stem, what)
            assert measured_ns <= setting * SECOND_NS * LATE + LATE_NS
    assert seen > 10
