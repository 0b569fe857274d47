"""Reading as somebody who may not: also where the tests run as root, who may read everything."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

import pytest

NOBODY = 65534

needs_permissions = pytest.mark.skipif(not hasattr(os, "seteuid"), reason="permissions are of POSIX")


@contextmanager
def unprivileged(folder: Path) -> Iterator[None]:
    """Work in this folder; root as nobody, who reaches it by relative paths only."""
    folder.chmod(0o755)
    own = os.geteuid()
    with chdir(folder):
        if own == 0:
            os.seteuid(NOBODY)
        try:
            yield
        finally:
            os.seteuid(own)
