"""Where compiled kernels are kept, so that a changed source can never meet stale machine code.

numba's own cache looks only at the file a kernel stands in: a change in a function or constant
that it takes from another module goes unnoticed. So ours is a folder named after a digest of
*all* kernel sources, the shared constants, numba's version and the bounds-check setting
(a cache built without checks would silently check nothing). Importing this module registers the
folder with numba, for kernels of this package only; every module with kernels to keep imports it.

Who may not write there (no home, a container's anonymous user) gets a folder for this process alone,
and compiles in each run.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numba
from numba.core import caching

PACKAGE = Path(__file__).parent
SHARED = ("kinds.py", "records.py", "sequence.py")
UNUSED_DAYS = 30  # our choice: a month without use, then another version's kernels go


def kernel_sources() -> list[Path]:
    """Every file whose text can change what a kernel computes."""
    return [PACKAGE / name for name in SHARED] + sorted(
        [*PACKAGE.glob("*/kernels.py"), *PACKAGE.glob("*/kernels/*.py")]
    )


def digest() -> str:
    """16 hexadecimal digits that change with any kernel source, numba or its bounds checks."""
    state = hashlib.blake2b(digest_size=8)
    for path in kernel_sources():
        state.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes())
    state.update(f"{numba.__version__} bounds={numba.config.BOUNDSCHECK}".encode())
    return state.hexdigest()


def cache_root() -> Path:
    """The user's cache folder (NUMBA_CACHE_DIR, XDG_CACHE_HOME or the system's custom)."""
    if configured := numba.config.CACHE_DIR:
        return Path(configured)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "keepalive-analyzer"


def folder() -> tuple[Path, str]:
    """The folder of this version's kernels, there and writable; why they are not kept, "" where they are."""
    name = f"kernels-{digest()}"
    try:
        kept = cache_root() / name
    except RuntimeError as error:  # the home folder is not known
        return passing(name), str(error).rstrip(".")
    try:
        kept.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=kept).close()
    except OSError as error:
        return passing(name), f"{kept.parent}: {error.strerror}"
    return kept, ""


def passing(name: str) -> Path:
    """A folder of that name which goes with this process."""
    parent = tempfile.mkdtemp(prefix="keepalive-")
    atexit.register(shutil.rmtree, parent, ignore_errors=True)
    return Path(parent) / name


def is_filled() -> bool:
    """Whether some kernel of this version was compiled and kept before."""
    return any(FOLDER.rglob("*.nbc"))


def forget_unused() -> None:
    """Delete kernels of other versions that nobody has used for a month."""
    oldest = time.time() - UNUSED_DAYS * 86400
    for other in FOLDER.parent.glob("kernels-*"):
        if other != FOLDER and other.stat().st_mtime < oldest:
            shutil.rmtree(other, ignore_errors=True)


class KernelLocator(caching._SourceFileBackedLocatorMixin, caching._CacheLocator):  # type: ignore[misc]
    """Tells numba to keep the kernels of this package in `FOLDER`."""

    def __init__(self, py_func: Any, py_file: str) -> None:
        self._py_file = py_file
        self._lineno = py_func.__code__.co_firstlineno
        self._cache_path = str(FOLDER / Path(py_file).resolve().parent.name)

    def get_cache_path(self) -> str:
        return self._cache_path

    def get_source_stamp(self) -> str:
        return FOLDER.name  # the digest in the name stands for all sources; file times say nothing

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> Any:
        if PACKAGE not in Path(py_file).resolve().parents:
            return None
        return super().from_function(py_func, py_file)


PACKAGE = PACKAGE.resolve()
FOLDER, NOT_KEPT = folder()
if KernelLocator not in caching.CacheImpl._locator_classes:
    caching.CacheImpl._locator_classes.insert(0, KernelLocator)
