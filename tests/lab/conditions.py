"""When tests that need real network namespaces can run."""

from __future__ import annotations

import pytest

from analyzer.errors import KeepaliveError
from analyzer.lab import require_lab


def why_not() -> str | None:
    """What keeps the lab from working here; None: nothing."""
    try:
        require_lab()
        return None
    except KeepaliveError as missing:
        return str(missing)


MISSING = why_not()


def needs_lab(test):
    """Mark a test that records for real; skip it, with the reason, where that cannot be done."""
    return pytest.mark.lab(pytest.mark.skipif(MISSING is not None, reason=str(MISSING))(test))
