"""The page of a report: template, style, script and data in one file that asks the network for nothing.

The script and the style stand in files of their own beside this module, in the order in which the page
has them. The page's policy names both by their hashes, so that nothing else runs whatever a capture
says, and has the browser refuse to make markup of text.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from typing import Any

from analyzer.present.colours import THEMES, Colours
from analyzer.present.report.encoding import in_script

STYLES = ("base.css", "findings.css", "connections.css", "connection.css", "small.css", "print.css")
SCRIPTS = (
    "dom.js",
    "words.js",
    "data.js",
    "copy.js",
    "lane.js",
    "overview.js",
    "head.js",
    "findings.js",
    "columns.js",
    "choice.js",
    "table.js",
    "frames.js",
    "connection.js",
    "paper.js",
    "main.js",
)


PROGRAM = "keepalive-analyzer"
PLACE = re.compile(r"{{(\w+)}}")


def page(document: Mapping[str, Any], title: str) -> str:
    """The whole file as text. title: shown, whatever it says."""
    style = "\n".join([_themes(), *map(_asset, STYLES)])
    script = "\n".join(map(_asset, SCRIPTS))
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {_hash(script)}",
            f"style-src {_hash(style)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )
    parts = {
        "policy": policy,
        "style": style,
        "script": script,
        "data": in_script({**document, "title": title, "made_by": _maker()}),
    }
    return PLACE.sub(lambda found: parts[found[1]], _asset("page.html"))


def _maker() -> str:
    """keepalive-analyzer 0.1.0; without the number where it runs from a folder and is not installed"""
    try:
        return f"{PROGRAM} {version(PROGRAM)}"
    except PackageNotFoundError:
        return PROGRAM


def _asset(name: str) -> str:
    return files(__package__).joinpath("assets", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _themes() -> str:
    """The colours as custom properties: light, dark where the system is, and as the reader says."""
    light, dark = (_properties(THEMES[name]) for name in ("light", "dark"))
    return (
        f":root{{color-scheme:light;{light}}}\n"
        f"@media screen and (prefers-color-scheme:dark)"
        f"{{:root:not([data-theme=light]){{color-scheme:dark;{dark}}}}}\n"
        f"@media screen{{:root[data-theme=dark]{{color-scheme:dark;{dark}}}}}"
    )


def _properties(colours: Colours) -> str:
    groups = {
        "verdict": colours.verdicts,
        "severity": colours.severities,
        "lane": colours.lanes,
        "mark": colours.marks,
    }
    named = {f"{group}-{name}": value for group, each in groups.items() for name, value in each.items()}
    plain = {name: getattr(colours, name) for name in ("ground", "ink", "faint", "grid")}
    return "".join(f"--{name}:{value};" for name, value in {**plain, **named}.items())
