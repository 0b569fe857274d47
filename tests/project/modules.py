"""What the modules of a package import, read from their source: nothing is executed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Import:
    """One imported name: a module where there is one of that name, else the module it is taken from."""

    target: str
    line: int
    lazy: bool
    """Inside a function: loaded when that is called."""
    typing: bool
    """Under `if TYPE_CHECKING`: never loaded."""

    @property
    def top(self) -> str:
        return self.target.partition(".")[0]


@dataclass(frozen=True)
class Module:
    path: Path

    @property
    def place(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def name(self) -> str:
        return self.place.removesuffix(".py").replace("/", ".").removesuffix(".__init__")

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def imports(self) -> list[Import]:
        return list(_imports(self.tree, lazy=False, typing=False))

    @cached_property
    def functions(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        return [
            node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ]


@lru_cache
def modules(package: str) -> tuple[Module, ...]:
    return tuple(Module(path) for path in sorted((ROOT / package).rglob("*.py")))


def _imports(tree: ast.AST, lazy: bool, typing: bool) -> Iterator[Import]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield Import(name.name, node.lineno, lazy, typing)
        elif isinstance(node, ast.ImportFrom):
            for name in node.names:
                yield Import(_target(node, name.name), node.lineno, lazy, typing)
        else:
            inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            checking = isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
            yield from _imports(node, lazy or inside, typing or checking)


def _target(node: ast.ImportFrom, name: str) -> str:
    source = "." * node.level + (node.module or "")
    inside = ROOT.joinpath(*source.split("."), name)
    return f"{source}.{name}" if inside.is_dir() or inside.with_suffix(".py").is_file() else source
