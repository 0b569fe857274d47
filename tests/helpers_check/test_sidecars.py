"""The checks of recordings fail where analysis and sidecar differ: each claim is altered in turn."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analyzer.pipeline import analyze
from analyzer.rules import Options
from tests.helpers.sidecars import (
    CHECKS,
    Given,
    answers_add_up,
    counts_and_order,
    findings,
    read_sidecar,
    timers,
    verdicts,
)

RECORDED = Path(__file__).parents[2] / "captures" / "recorded"

Alteration = Callable[[dict[str, Any]], None]


@functools.cache
def given(name: str) -> Given:
    outcome = analyze([str(RECORDED / f"{name}.pcapng")], Options(packets=True))
    (capture,) = outcome.captures
    return Given(capture, read_sidecar(RECORDED / f"{name}.json"))


def altered(name: str, alter: Alteration) -> Given:
    claimed = copy.deepcopy(read_sidecar(RECORDED / f"{name}.json"))
    alter(claimed["must_give"])
    return Given(given(name).capture, claimed)


def put(*path: Any) -> Alteration:
    """Alter what stands at this path into its last part."""

    def alter(claims: Any) -> None:
        *way, name, value = path
        for step in way:
            claims = claims[step]
        assert claims[name] != value
        claims[name] = value

    return alter


def first(*path: Any) -> Alteration:
    return put("connections", 0, *path)


def of_client(*path: Any) -> Alteration:
    return first("sides", "client", *path)


@pytest.mark.parametrize(
    ("name", "check", "alter"),
    [
        ("peer-dead", verdicts, first("verdict", "alive")),
        ("peer-dead", verdicts, first("client_port", 50002)),
        ("close-wait-leak", verdicts, put("connections", 1, "verdict", "half_closed")),
        ("port-reuse", verdicts, lambda claims: claims["connections"].pop()),
        ("port-reuse", verdicts, lambda claims: claims["connections"].append(claims["connections"][0])),
        ("peer-dead", counts_and_order, of_client("order", ["probe", "probe", "reset", "probe"])),
        ("peer-dead", counts_and_order, of_client("order", ["probe", "probe", "probe"])),
        ("peer-dead", counts_and_order, of_client("segments", 9)),
        ("syn-retried", counts_and_order, of_client("retransmissions", 0)),
        ("duplicated-frames", counts_and_order, of_client("duplicates", 0)),
        ("port-reuse", counts_and_order, put("segments", "server", "segments", 1)),
        ("peer-dead", timers, of_client("keepalive_time_s", 1)),
        ("peer-dead", timers, of_client("keepalive_time_s", 3)),
        ("peer-dead", timers, of_client("keepalive_interval_s", 2)),
        ("peer-dead", timers, of_client("keepalive_count", 4)),
        (
            "peer-dead",
            timers,
            lambda claims: claims["connections"][0]["sides"]["client"].pop("keepalive_count"),
        ),
        ("both-probe", timers, lambda claims: claims["connections"][0]["sides"]["server"].clear()),
        ("alive", answers_add_up, of_client("probes", 4)),
        ("alive", answers_add_up, of_client("answers", 1)),
        ("peer-dead", findings, first("findings", [])),
        ("alive", findings, first("findings", ["peer_dead"])),
    ],
)
def test_an_altered_claim_is_noticed(name: str, check: Callable[[Given], None], alter: Alteration) -> None:
    check(given(name))
    with pytest.raises(AssertionError):
        check(altered(name, alter))


def test_all_of_them_are_tried_above() -> None:
    assert set(CHECKS) == {verdicts, counts_and_order, timers, answers_add_up, findings}
