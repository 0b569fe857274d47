"""What is true of the repository as a whole: versions, licence, checks, and nothing that does not belong."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

import analyzer

from .modules import ROOT

LARGEST = 1_000_000  # bytes, as in .pre-commit-config.yaml

HERE_ONLY = (
    rb"/(?:home|Users|root|work|mnt|opt)/\w",
    rb"/tmp/\w",
    rb"(?i)[a-z]:\\+users\\",
    rb"(?i)(?:extra-)?index-url\b.{0,3}http",
    rb"(?i)://[\w.-]*(?:artifactory|nexus|mirror|pypi-proxy|devpi)[\w.-]*[:/]",
)
"""Folders of one machine, and hosts of one company's package registry."""


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def project() -> dict[str, Any]:
    return tomllib.loads(text_of("pyproject.toml"))["project"]


@pytest.fixture(scope="module")
def files() -> list[Path]:
    """What git has, or would have after `git add .`."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    paths = [ROOT / os.fsdecode(name) for name in listed.split(b"\0") if name]
    return [path for path in paths if path.is_file()]


def test_no_file_names_the_machine_it_was_written_on(files: list[Path]) -> None:
    wrong = []
    for path in files:
        content = path.read_bytes()
        if path == Path(__file__):
            continue
        wrong += [
            f"{path.relative_to(ROOT)}: {found[0].decode(errors='replace')}"
            for pattern in HERE_ONLY
            for found in re.finditer(pattern, content)
        ]
    assert not wrong, "\n".join(wrong)


def test_no_file_is_large(files: list[Path]) -> None:
    assert [path.name for path in files if path.stat().st_size > LARGEST] == []
    assert f"--maxkb={LARGEST // 1000}" in text_of(".pre-commit-config.yaml")


def test_text_ends_with_one_line_break_and_has_no_merge_markers(files: list[Path]) -> None:
    wrong = []
    for path in files:
        content = path.read_bytes()
        if b"\0" in content or not content or "captures" in path.parts:
            continue
        if not content.endswith(b"\n") or content.endswith(b"\n\n"):
            wrong.append(f"{path.relative_to(ROOT)}: its end")
        if re.search(rb"^(<{7}|>{7}) ", content, re.MULTILINE):
            wrong.append(f"{path.relative_to(ROOT)}: a merge marker")
    assert not wrong, "\n".join(wrong)


def test_one_version() -> None:
    assert analyzer.__version__ == project()["version"]


def test_the_licence_is_there_in_full() -> None:
    assert project()["license"] == "Apache-2.0"
    assert "Apache License\n                           Version 2.0" in text_of("LICENSE")
    assert "END OF TERMS AND CONDITIONS" in text_of("LICENSE")


def test_the_changelog_begins_with_what_is_unreleased() -> None:
    headings = re.findall(r"^## (.*)$", text_of("CHANGELOG.md"), re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", each) for each in headings[1:])


@pytest.mark.parametrize(
    "name", ["CONTRIBUTING.md", "CHANGELOG.md", "captures/README.md", "benchmarks/README.md"]
)
def test_links_lead_somewhere(name: str) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", text_of(name))
    assert [
        each for each in links if "://" not in each and not (ROOT / name).parent.joinpath(each).exists()
    ] == []


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "README.md"])
def test_files_that_the_documents_name_exist(name: str) -> None:
    quoted = re.findall(r"`((?:analyzer|tests|captures|benchmarks|\.ci)/[\w./*-]+)`", text_of(name))
    assert [each for each in quoted if not list(ROOT.glob(each.rstrip("/")))] == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such bit")
def test_the_check_of_everything_can_be_run() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
