"""The shape of the project: who imports whom, sizes, public names, a test for every module."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from graphlib import TopologicalSorter

import pytest

from tests.project.import_rules import LATE, LAZY, NOT_IN_THE_CORE, ONLY_IN, STAGES, TABLE
from tests.project.modules import ROOT, Import, Module, modules

MODULE_LINES = 300
FUNCTION_LINES = 50
KERNEL_LINES = 100
PARAMETERS = 6

PACKAGE = modules("analyzer")
OUR_CODE = (*PACKAGE, *modules("benchmarks"))


def area_of(name: str) -> str:
    """The stage of a module ("track"), its kernels ("track.kernels"), or the module beside the stages."""
    parts = name.split(".")[1:]
    if not parts:
        return "analyzer"
    return ".".join(parts[:2]) if parts[1:2] == ["kernels"] else parts[0]


def own_name(module: Module) -> str:
    return module.name.removeprefix("analyzer.")


def own_imports(module: Module) -> Iterator[Import]:
    return (each for each in module.imports if each.top == "analyzer")


def libraries(module: Module) -> Iterator[Import]:
    return (each for each in module.imports if each.top not in {*sys.stdlib_module_names, "analyzer"})


def is_compiled(module: Module) -> bool:
    return area_of(module.name).endswith(".kernels") or own_name(module) == "sequence"


def report(wrong: Iterable[str]) -> None:
    """Fail with a line for each, so that all are seen at once."""
    lines = list(wrong)
    assert not lines, "\n" + "\n".join(lines)


# Who imports whom


def test_every_part_of_the_package_has_its_row_in_the_table() -> None:
    assert {area_of(module.name) for module in PACKAGE} <= set(TABLE)


def test_areas_import_only_what_their_row_allows() -> None:
    wrong = []
    for module in PACKAGE:
        area = area_of(module.name)
        for each in own_imports(module):
            target = area_of(each.target)
            if target != area and not TABLE[area].may_import(target):
                wrong.append(f"{module.place}:{each.line} imports {each.target}")
            if target in TABLE[area].lazily and not each.lazy and not each.typing:
                wrong.append(f"{module.place}:{each.line} loads {each.target} before it is needed")
    report(wrong)


def test_what_is_allowed_beside_the_table_is_needed() -> None:
    used = {
        (area_of(module.name), area_of(each.target)) for module in PACKAGE for each in own_imports(module)
    }
    report(
        [f"{area}: {name}" for area, row in TABLE.items() for name in row.beside if (area, name) not in used]
    )


def test_areas_use_only_the_libraries_of_their_row() -> None:
    report(
        f"{module.place}:{each.line} imports {each.target}"
        for module in PACKAGE
        for each in libraries(module)
        if each.top not in TABLE[area_of(module.name)].libraries
    )


def test_libraries_stay_where_they_belong() -> None:
    wrong = []
    for module in PACKAGE:
        for each in libraries(module):
            homes = ONLY_IN.get(each.top)
            at_home = homes is None or any(fnmatch(own_name(module), home) for home in homes)
            if not at_home and not each.typing:
                wrong.append(f"{module.place}:{each.line} imports {each.target}")
            unasked = not each.lazy and not each.typing and not is_late(own_name(module))
            if each.top in LAZY and unasked:
                wrong.append(f"{module.place}:{each.line} loads {each.target} before it is needed")
    report(wrong)


def is_late(name: str) -> bool:
    return any(fnmatch(name, each) for each in LATE)


def test_modules_that_load_libraries_are_loaded_late() -> None:
    report(
        f"{module.place}:{each.line} loads {each.target} before it is needed"
        for module in PACKAGE
        for each in own_imports(module)
        if is_late(each.target.removeprefix("analyzer.")) and not each.lazy and not each.typing
        if not is_late(own_name(module))
    )


def test_the_core_reads_no_clock_and_does_no_io() -> None:
    core = STAGES - {"sources"}
    report(
        f"{module.place}:{each.line} imports {each.target}"
        for module in PACKAGE
        for each in module.imports
        if area_of(module.name).partition(".")[0] in core and each.top in NOT_IN_THE_CORE
    )


def test_kernels_use_nothing_of_the_standard_library() -> None:
    report(
        f"{module.place}:{each.line} imports {each.target}"
        for module in PACKAGE
        for each in module.imports
        if is_compiled(module) and each.top in sys.stdlib_module_names - {"__future__"}
    )


def test_no_module_waits_for_one_that_waits_for_it() -> None:
    names = {module.name for module in PACKAGE}
    graph = {
        module.name: {
            each.target
            for each in own_imports(module)
            if each.target in names and not each.lazy and not each.typing
        }
        for module in PACKAGE
        if not module.is_package
    }
    assert list(TopologicalSorter(graph).static_order())


def test_what_is_imported_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {name.split(">")[0].split("[")[0] for name in project["dependencies"]}
    assert {each.top for module in PACKAGE for each in libraries(module)} == declared


# Shape


@pytest.mark.parametrize("package", ["analyzer", "benchmarks"])
def test_modules_are_short(package: str) -> None:
    lengths = [(module.place, len(module.text.splitlines())) for module in modules(package)]
    report(
        f"{place}: {lines} lines, at most {MODULE_LINES}" for place, lines in lengths if lines > MODULE_LINES
    )


def test_functions_are_short() -> None:
    wrong = []
    for module in OUR_CODE:
        ceiling = KERNEL_LINES if is_compiled(module) else FUNCTION_LINES
        for function in module.functions:
            lines = (function.end_lineno or 0) - function.lineno + 1
            if lines > ceiling:
                wrong.append(
                    f"{module.place}:{function.lineno} {function.name}: {lines} lines, at most {ceiling}"
                )
    report(wrong)


def test_functions_have_few_parameters() -> None:
    wrong = []
    for module in OUR_CODE:
        for function in [] if is_compiled(module) else module.functions:
            names = function.args.posonlyargs + function.args.args + function.args.kwonlyargs
            count = sum(each.arg not in {"self", "cls"} for each in names)
            if count > PARAMETERS:
                wrong.append(
                    f"{module.place}:{function.lineno} {function.name}: {count}, at most {PARAMETERS}"
                )
    report(wrong)


def test_every_module_says_what_it_holds() -> None:
    report(module.place for module in OUR_CODE if not ast.get_docstring(module.tree))


def test_only_what_talks_to_people_prints() -> None:
    report(
        f"{module.place}:{node.lineno} prints"
        for module in PACKAGE
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
        if area_of(module.name) not in {"present", "commands"}
    )


def test_no_module_is_a_drawer() -> None:
    drawers = {"utils", "util", "helpers", "common", "misc", "tools"}
    report(module.place for module in PACKAGE if drawers & set(module.name.split(".")))


# Public names


def listed(module: Module) -> list[str] | None:
    for node in module.tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names: list[str] = ast.literal_eval(node.value)
            return names
    return None


def in_order(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest, as ruff sorts them."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


def test_public_names_are_sorted() -> None:
    report(
        module.place
        for module in PACKAGE
        if (names := listed(module)) and names != sorted(names, key=in_order)
    )


def test_a_folder_s_init_only_reexports() -> None:
    wrong = []
    for module in PACKAGE:
        if not module.is_package or module.name == "analyzer":  # the latter loads names when asked for
            continue
        statements = module.tree.body[1:]
        names = listed(module) or []
        wrong += [
            f"{module.place}:{each.lineno}"
            for each in statements
            if not isinstance(each, ast.ImportFrom) and ast.unparse(each).split(" ")[0] != "__all__"
        ]
        bound = {
            alias.name for each in statements if isinstance(each, ast.ImportFrom) for alias in each.names
        }
        if bound - {"annotations"} != set(names):
            wrong.append(f"{module.place}: __all__ and what is imported differ")
    report(wrong)


# Every module has its tests

TESTED_BY = {
    "tests/benchmarks/test_comparison_report.py": "benchmarks.*",
    "tests/benchmarks/test_generated_captures.py": "benchmarks.*",
    "tests/commands/test_analyze.py": "commands.choices commands.outputs",
    "tests/commands/test_live.py": "commands.live_outputs",
    "tests/commands/test_main.py": "__main__ errors",
    "tests/commands/test_verify.py": "commands.wireshark present.confusion",
    "tests/decode/test_icmp_arp.py": "decode.kernels.arp decode.kernels.icmp",
    "tests/decode/test_links.py": "decode.kernels.link decode.kernels.ppp decode.kernels.layers",
    "tests/decode/test_segments.py": "decode.kernels.frames decode.kernels.inner decode.kernels.octets",
    "tests/decode/test_tcp_header.py": "decode.kernels.tcp decode.kernels.options",
    "tests/decode/test_tunnels.py": "decode.kernels.labels",
    "tests/decode/test_through_tshark.py": "sources.tshark.*",
    "tests/diagnose/compare/test_align.py": "diagnose.compare.candidates",
    "tests/diagnose/compare/test_match.py": "diagnose.compare.segments diagnose.compare.sights pairing",
    "tests/diagnose/compare/test_outcome.py": "diagnose.compare.connections diagnose.compare.sentences",
    "tests/lab/test_capture.py": "lab.vantage",
    "tests/lab/test_lab_command.py": "commands.lab",
    "tests/lab/test_scenarios.py": "lab.scenarios.*",
    "tests/lab/test_stage.py": "lab.setting",
    "tests/diagnose/findings/test_idle_timeouts.py": "diagnose.findings.paths",
    "tests/diagnose/findings/test_outcomes.py": "diagnose.findings.advice",
    "tests/diagnose/findings/test_search.py": "diagnose.case diagnose.context diagnose.evidence "
    "diagnose.findings.finding diagnose.proof found",
    "tests/diagnose/test_summary.py": "diagnose.timers diagnose.plain",
    "tests/diagnose/test_verdicts.py": "diagnose.kernels",
    "tests/present/screen/test_app.py": "present.screen.dialogs present.screen.feed present.screen.lines "
    "present.screen.main present.screen.opened present.screen.strips present.screen.table",
    "tests/present/test_cards.py": "described",
    "tests/present/test_golden.py": "present.connection present.console present.labels present.timeline",
    "tests/sources/live/test_capturing.py": "sources.live.backend sources.live.dumpcap sources.live.process "
    "sources.live.scapy sources.live.scapy_pipe sources.live.source sources.live.tcpdump",
    "tests/sources/test_held.py": "sources.pyshark_packets sources.scapy_packets",
    "tests/sources/test_opening.py": "sources.inputs sources.base",
    "tests/sources/test_pcapng.py": "sources.blocks sources.kernels.octets",
    "tests/tables/test_files.py": "tables.parquet tables.frames tables.document",
    "tests/tables/test_rows.py": "tables.*",
    "tests/test_comparison.py": "compared",
    "tests/test_plotting.py": "present.plots.heartbeats present.plots.rtt",
    "tests/test_analysis.py": "facts flow",
    "tests/test_pipeline.py": "reading",
    "tests/watch/test_watching.py": "news watch.searching watch.tallies",
    "tests/track/test_against_naive.py": "track.* kinds measured records rules",
}
"""Modules without a test file of their own name, by the file that tests them with their neighbours."""


def without_own_test() -> set[str]:
    tested = set()
    for module in OUR_CODE:
        *folders, name = own_name(module).split(".")
        for depth in range(len(folders) + 1):
            if ROOT.joinpath("tests", *folders[:depth], f"test_{name}.py").is_file():
                tested.add(own_name(module))
    return {own_name(module) for module in OUR_CODE if not module.is_package} - tested


def test_every_module_has_tests() -> None:
    patterns = " ".join(TESTED_BY.values()).split()
    report(sorted(name for name in without_own_test() if not any(fnmatch(name, each) for each in patterns)))


@pytest.mark.parametrize("file", TESTED_BY)
def test_what_a_test_file_is_said_to_test_is_there(file: str) -> None:
    assert (ROOT / file).is_file()
    names = {own_name(module) for module in OUR_CODE}
    report([each for each in TESTED_BY[file].split() if not any(fnmatch(name, each) for name in names)])
