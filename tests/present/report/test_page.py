"""One file, whole: its policy names what is in it, and it names nothing that is not."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

from analyzer.present.report.page import SCRIPTS, STYLES
from tests.project.modules import ROOT

ASSETS = ROOT / "analyzer" / "present" / "report" / "assets"


def hash_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_policy_names_the_script_and_the_style(outage: Path) -> None:
    page = outage.read_text(encoding="utf-8")
    [policy] = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    [script] = re.findall(r'<script type="module">(.*?)</script>', page, re.DOTALL)
    [style] = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    allowed = dict(each.split(" ", 1) for each in policy.split("; "))
    assert allowed["default-src"] == "'none'"
    assert allowed["script-src"] == hash_of(script) and allowed["style-src"] == hash_of(style)
    assert "unsafe" not in policy and "http:" not in policy and "*" not in policy


def test_every_asset_is_in_the_page() -> None:
    there = {path.name for path in ASSETS.iterdir()}
    assert there == {"page.html", *STYLES, *SCRIPTS}


def test_no_asset_names_the_network_or_makes_markup() -> None:
    for path in ASSETS.iterdir():
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        for word in (
            "http:",
            "https:",
            "innerHTML",
            "insertAdjacent",
            "document.write",
            "eval(",
            "@import",
            "url(",
        ):
            assert word not in text, f"{path.name}: {word}"


def test_assets_are_short() -> None:
    long = [
        path.name for path in ASSETS.iterdir() if len(path.read_text(encoding="utf-8").splitlines()) > 300
    ]
    assert not long


def test_equal_analyses_give_equal_reports(outage: Path, tmp_path: Path) -> None:
    import analyzer as ka

    ka.analyze(ROOT / "captures" / "recorded" / "outage.pcapng").report(tmp_path / "again.html")
    assert (tmp_path / "again.html").read_bytes() == outage.read_bytes()
