"""The fixture that every timeline here is told with."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from . import crafted


@pytest.fixture
def tell(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., crafted.Told]:
    """Craft and analyze; what the file says of itself are the test's name and docstring."""
    about = f"{request.node.nodeid}. {inspect.getdoc(request.function) or ''}"
    return partial(crafted.tell, tmp_path / "crafted.pcapng", about)
