"""Fixtures for all tests: where captures are, and whether Wireshark's programs are there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def recorded() -> Path:
    """The project's own recordings."""
    return ROOT / "captures" / "recorded"


@pytest.fixture(scope="session")
def shared_captures() -> Path:
    """Public captures with reviewed labels; not part of the project (design 11)."""
    folder = os.environ.get("KEEPALIVE_CAPTURES", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("KEEPALIVE_CAPTURES names no folder with the shared captures")
    return Path(folder)


@pytest.fixture(scope="session")
def tshark() -> str:
    """The path of tshark."""
    path = shutil.which("tshark")
    if path is None:
        pytest.skip("tshark is not installed")
    return path
