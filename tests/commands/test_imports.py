"""What is loaded when: the command starts fast, and offline analysis runs on every system."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
UNIX_ONLY = ("fcntl", "termios", "pwd", "grp", "resource", "pty", "tty", "syslog")
RUNS_ON_LINUX_ONLY = {"lab", "commands.lab"}


def python(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def loaded_by(code: str, *names: str) -> None:
    python(
        f"import sys\n{code}\n"
        f"loaded = [name for name in {names!r} if name in sys.modules]\n"
        "assert not loaded, loaded"
    )


def test_importing_the_package_loads_nothing() -> None:
    loaded_by("import analyzer", "numpy", "numba", "pandas", "pyarrow", "rich", "analyzer.errors")


def test_help_loads_nothing_heavy() -> None:
    code = "from analyzer.commands.main import main\ntry: main(['--help'])\nexcept SystemExit: pass"
    loaded_by(code, "numpy", "numba", "pandas", "pyarrow", "rich", "pyshark")


@pytest.mark.parametrize("options", [[], ["--flow", "0"], ["--json"], ["--csv", "DIR"], ["--sort", "start"]])
def test_console_json_and_csv_do_without_pandas(options: list[str], recorded: Path, tmp_path: Path) -> None:
    words = ["analyze", str(recorded / "peer-dead.pcapng"), *options]
    words = [word.replace("DIR", str(tmp_path)) for word in words]
    code = f"from analyzer.commands.main import main\nassert main({words!r}) == 0"
    loaded_by(code, "pandas", "pyarrow", "rich", "pyshark", "asyncio", "jsonschema")


def test_public_names_are_sorted_and_there() -> None:
    import analyzer

    names = [name for name in analyzer.__all__ if name != "__version__"]
    assert names == sorted(names, key=lambda name: (name[0].islower(), name))
    assert all(getattr(analyzer, name) for name in analyzer.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        analyzer.nonsense  # noqa: B018


def offline_modules() -> list[str]:
    found = []
    for path in sorted((ROOT / "analyzer").rglob("*.py")):
        name = ".".join(path.relative_to(ROOT / "analyzer").with_suffix("").parts).removesuffix("__init__")
        if not any(name == each or name.startswith(f"{each}.") for each in RUNS_ON_LINUX_ONLY):
            found.append(f"analyzer.{name}".rstrip("."))
    return [name for name in found if name != "analyzer.__main__"]


def test_offline_modules_import_without_unix_modules() -> None:
    python(
        "import sys\n"
        "import numba, numpy, pandas, pyarrow, rich  # these know what system they are on\n"
        f"for name in {UNIX_ONLY!r}: sys.modules[name] = None\n"
        "from importlib import import_module\n"
        f"for name in {offline_modules()!r}: import_module(name)\n"
    )


def test_leaving_looks_for_no_garbage() -> None:
    """It took a third of a short run. What is registered first is called last."""
    python(
        "import atexit, gc, os\n"
        "atexit.register(lambda: None if gc.get_freeze_count() else os._exit(9))\n"
        "from analyzer.commands.main import main\n"
        "main(['--version'])"
    )
