"""What the lab says where it cannot work."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from analyzer.errors import MissingToolError
from analyzer.lab import SCENARIOS, LabError
from analyzer.lab.requirements import PACKAGES, require_lab, require_programs

from .conditions import needs_lab


@pytest.fixture
def able(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine on which nothing is missing."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    monkeypatch.setattr(shutil, "which", lambda program: f"/sbin/{program}")
    trial(monkeypatch, status=0, said="")
    return monkeypatch


def trial(monkeypatch: pytest.MonkeyPatch, status: int, said: str) -> None:
    """Let the trial with a namespace end like this."""
    done = subprocess.CompletedProcess([], status, "", said)
    monkeypatch.setattr(subprocess, "run", lambda command, **options: done)


def test_nothing_is_missing_where_all_is_there(able: pytest.MonkeyPatch) -> None:
    require_lab()


def test_without_root_it_says_so_and_what_to_do(able: pytest.MonkeyPatch) -> None:
    able.setattr(os, "geteuid", lambda: 1000, raising=False)
    with pytest.raises(LabError, match="needs root.*sudo"):
        require_lab()


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_on_another_system_it_says_that_it_needs_linux(able: pytest.MonkeyPatch, system: str) -> None:
    able.setattr(sys, "platform", system)
    able.delattr(os, "geteuid", raising=False)  # Windows has none
    with pytest.raises(LabError, match="needs Linux"):
        require_lab()


@pytest.mark.parametrize(("program", "package"), [("ip", "iproute2"), ("unshare", "util-linux")])
def test_a_missing_program_is_named_with_its_package(
    able: pytest.MonkeyPatch, program: str, package: str
) -> None:
    able.setattr(shutil, "which", lambda name: None if name == program else f"/sbin/{name}")
    with pytest.raises(MissingToolError, match=f"program {program}: install the package {package}"):
        require_lab()


def test_root_in_a_container_may_lack_the_right_to_make_networks(able: pytest.MonkeyPatch) -> None:
    trial(able, status=1, said="unshare: unshare failed: Operation not permitted\n")
    with pytest.raises(LabError, match="may not make network namespaces.*: Operation not permitted"):
        require_lab()


def test_programs_of_single_scenarios_have_packages_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {name for scenario in SCENARIOS.values() for name in scenario.needs} <= set(PACKAGES)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(MissingToolError, match="the program iptables: install the package iptables"):
        require_programs(SCENARIOS["middlebox-reset"].needs)


@needs_lab
def test_the_trial_is_what_a_kernel_lets_one_do() -> None:
    require_lab()
