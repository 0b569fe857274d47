"""Check that the installed package is whole: every file of the source folder, and it is not that folder.

Usage: python check_installed.py SOURCE_FOLDER, with the Python that has the package installed.
"""

import sys
from importlib import import_module
from pathlib import Path

source = Path(sys.argv[1]).resolve()
package = Path(import_module(source.name).__file__ or "").parent.resolve()
if package == source:
    sys.exit(f"the package is loaded from the checkout: {package}")

wanted = {path.relative_to(source) for path in source.rglob("*") if path.is_file()}
wanted = {path for path in wanted if "__pycache__" not in path.parts}
missing = sorted(path.as_posix() for path in wanted if not (package / path).is_file())
if missing:
    sys.exit(f"not in the wheel: {', '.join(missing)}")

modules = sorted(path for path in wanted if path.suffix == ".py" and path.name != "__main__.py")
for path in modules:
    parts = [source.name, *path.with_suffix("").parts]
    import_module(".".join(parts[:-1] if parts[-1] == "__init__" else parts))

others = sorted(path.as_posix() for path in wanted if path.suffix != ".py")
print(f"{len(wanted)} files, all installed; {len(modules)} modules load; data: {', '.join(others)}")
