"""Notebooks without outputs, as they are kept: `python -m tests.notebooks.clean` writes them so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

NOTEBOOKS = sorted(Path(__file__).parents[2].joinpath("notebooks").glob("*.ipynb"))
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def cleaned(text: str) -> str:
    """The notebook without what running it leaves, in one spelling."""
    book: dict[str, Any] = json.loads(text)
    book["metadata"] = METADATA
    for number, cell in enumerate(book["cells"]):
        cell["id"] = f"cell-{number:02}"
        cell["metadata"] = {}
        if cell["cell_type"] == "code":
            cell |= {"execution_count": None, "outputs": []}
    return json.dumps(book, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    for path in NOTEBOOKS:
        path.write_text(cleaned(path.read_text(encoding="utf-8")), encoding="utf-8")
