"""Fixtures for all tests: where captures are, and whether Wireshark's programs are there.

Tests that need something which may be missing skip with a reason. `--require tshark,captures,lab,chromium`
makes such a skip a failure: on the machines that must not skip them, none is skipped unnoticed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.helpers.chromium import program

if "KEEPALIVE_SAME_EXAMPLES" in os.environ:  # one commit, one result; elsewhere each run tries others
    settings.register_profile("ci", derandomize=True)
    settings.load_profile("ci")

ROOT = Path(__file__).parent.parent
SHARED = Path(os.environ.get("KEEPALIVE_CAPTURES", ""))
NO_SHARED = "KEEPALIVE_CAPTURES names no folder with the shared captures"
HAS_SHARED = "KEEPALIVE_CAPTURES" in os.environ and SHARED.is_dir()

NEEDS = {
    "tshark": {"tshark"},
    "captures": {"captures", "shared_captures"},
    "lab": {"lab"},
    "chromium": {"chromium"},
}
"""What a test may need, and the markers and fixtures that say so."""


@pytest.fixture(scope="session")
def recorded() -> Path:
    """The project's own recordings."""
    return ROOT / "captures" / "recorded"


@pytest.fixture(scope="session")
def shared_captures() -> Path:
    """Public captures with reviewed labels; not part of the project (design 11)."""
    if not HAS_SHARED:
        pytest.skip(NO_SHARED)
    return SHARED


@pytest.fixture(scope="session")
def tshark() -> str:
    """The path of tshark."""
    path = shutil.which("tshark")
    if path is None:
        pytest.skip("tshark is not installed")
    return path


@pytest.fixture(scope="session")
def warm_kernels() -> None:
    """Kernels are compiled, so that no command says on stderr that it does so first."""
    from analyzer import pipeline

    if pipeline.compiles_first():
        pipeline.warm_up()


@pytest.fixture(autouse=True)
def kernels_before_commands(request: pytest.FixtureRequest) -> None:
    """Tests of the commands read what these say, to the letter."""
    if "commands" in request.path.parts:
        request.getfixturevalue("warm_kernels")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require",
        default="",
        metavar="NEED,…",
        help=f"fail where a test is skipped that needs one of these: {', '.join(NEEDS)}",
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from tests.helpers.scheduling import Scheduling

    return Scheduling(config, log)


def pytest_configure(config: pytest.Config) -> None:
    unknown = required(config) - set(NEEDS)
    if unknown:
        raise pytest.UsageError(f"--require: {', '.join(sorted(unknown))}: not one of {', '.join(NEEDS)}")


def required(config: pytest.Config) -> set[str]:
    return {need for need in config.getoption("--require").split(",") if need}


def needs_of(item: pytest.Item) -> set[str]:
    """What of `NEEDS` a test needs, by its markers and fixtures."""
    says = {marker.name for marker in item.iter_markers()} | set(getattr(item, "fixturenames", ()))
    return {need for need, names in NEEDS.items() if names & says}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip before anything is set up what is marked to need something that is missing."""
    missing = {}
    if not HAS_SHARED:
        missing["captures"] = NO_SHARED
    if shutil.which("tshark") is None:
        missing["tshark"] = "tshark is not installed"
    if program() is None:
        missing["chromium"] = "chromium is not installed"
    for item in items:
        for need in sorted(needs_of(item) & set(missing)):
            item.add_marker(pytest.mark.skip(reason=missing[need]))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    report = yield
    unmet = needs_of(item) & required(item.config) if report.skipped else set()
    if unmet and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{reason}: not allowed with --require {','.join(sorted(unmet))}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    """A file that skips itself as a whole does not tell what its tests need: not with --require."""
    report = yield
    if report.skipped and required(collector.config):
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid}: skipped as a whole, not allowed with --require"
    return report
