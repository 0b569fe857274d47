"""Reports that several tests open, and the browser that they open them in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import analyzer as ka
from tests.helpers.chromium import Browser, chromium
from tests.project.modules import ROOT

RECORDED = ROOT / "captures" / "recorded"


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of all recordings."""
    path = tmp_path_factory.mktemp("reports") / "many.html"
    ka.analyze(str(RECORDED)).report(path)
    return path


@pytest.fixture(scope="session")
def outage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of one connection, with a finding."""
    path = tmp_path_factory.mktemp("reports") / "outage.html"
    ka.analyze(str(RECORDED / "outage.pcapng")).report(path)
    return path


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("profile")) as started:
        yield started
