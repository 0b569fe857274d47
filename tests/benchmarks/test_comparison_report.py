"""The comparison's figures follow from the timings, and its tables say how they came about."""

from __future__ import annotations

import io
import json
import shutil
import struct
import sys
from pathlib import Path

import pytest

pytest.importorskip("rich")

from rich.console import Console  # noqa: E402

from benchmarks import compare, measure, tables  # noqa: E402
from benchmarks.generate import Settings, generate  # noqa: E402
from benchmarks.readers import count_probes  # noqa: E402
from benchmarks.report import Memory, Point, Report, Startup, Timing, load, targets  # noqa: E402
from benchmarks.slices import count_frames, frame_ends, write_slice  # noqa: E402
from benchmarks.tools import PROJECT, TCPTRACE, TSHARK, WALKER  # noqa: E402

posix = pytest.mark.skipif(sys.platform == "win32", reason="measuring needs posix_spawn and wait4")
MILLION = 1_000_000


def timing(tool: str, small: float, large: float, peak: int = 40_000_000) -> Timing:
    points = [Point(int(2.5 * MILLION), [small + 9, small, small], peak)]
    return Timing(tool, "does | it", [*points, Point(int(12.5 * MILLION), [large, large + 9, large], peak)])


@pytest.fixture
def canned() -> Report:
    """Round figures: this project 0.1 us a frame more, capinfos 0.1, tcptrace 1, tshark 30."""
    return Report(
        machine={"date": "2024-01-01", "cores": "2"},
        captures=[{"frames": int(2.5 * MILLION)}, {"frames": int(12.5 * MILLION)}],
        runs=3,
        timings=[
            timing(WALKER, 0.4, 1.4),
            timing(PROJECT, 1.25, 2.25),
            timing(TCPTRACE, 2.5, 12.5),
            Timing(TSHARK, "labels", [Point(50_000, [2.5], 0), Point(250_000, [8.5], 300_000_000)], True),
            Timing("dpkt", "labels", [Point(50_000, [2.5], 0), Point(250_000, [2.4], 20_000_000)], True),
        ],
        left_out={"scapy": "not installed"},
        startup=Startup([0.9, 1.0, 9.0], [0.5, 0.4, 0.5]),
        memory=[Memory("10 M connections", 18 * MILLION, 10 * MILLION, MILLION, 4_000_000_000)],
    )


def test_cost_per_further_frame_is_large_minus_small_by_medians(canned: Report) -> None:
    assert canned.timings[1].per_frame_us() == pytest.approx(0.1)
    assert canned.timings[2].per_frame_us() == pytest.approx(1.0)


def test_a_slice_is_extended_by_its_own_cost_per_frame(canned: Report) -> None:
    tshark = canned.timings[3]
    assert tshark.per_frame_us() == pytest.approx(30)
    assert tshark.seconds_for(12_500_000) == pytest.approx(8.5 + 12_250_000 * 30e-6)


def test_noise_is_not_scaled(canned: Report) -> None:
    assert canned.timings[4].seconds_for(12_500_000) is None
    row = tables.comparison(canned).rows[4]
    assert row[2:5] == ["-", "-", "-"]
    assert any("too few to scale" in note for note in tables.comparison(canned).notes)


def test_one_capture_gives_no_cost_per_further_frame() -> None:
    alone = Timing("cat", "reads", [Point(10, [1.0], 1)])
    assert alone.per_frame_us() is None and alone.seconds_for(11) is None


def test_promises_compare_with_their_bounds(canned: Report) -> None:
    found = {target.what: target for target in targets(canned)}
    assert found["cost per further frame, to capinfos -c"].measured == pytest.approx(1.0)
    assert found[f"12.5 M frames, times faster than {TCPTRACE}"].met is False
    assert found[f"12.5 M frames, times faster than {TSHARK}"].met is True
    assert found["tiny file, to importing numpy and numba"].measured == pytest.approx(2.0)
    crowd = found["peak memory, 10 M connections"]
    assert crowd.bound == 300 + 64 + 3200 and crowd.met is False


def test_markdown_has_one_row_per_tool_and_tells_what_was_scaled(canned: Report) -> None:
    text = tables.markdown(tables.comparison(canned))
    lines = text.splitlines()
    assert lines[2].startswith("| tool | it does | 2.5 M frames | 12.5 M frames | per further frame |")
    assert sum(line.startswith("| ") for line in lines) == 2 + len(canned.timings)
    assert f"| {TCPTRACE} | does \\| it | 2.5 s | 12.5 s | 1.00 us | 40 MB | 5.56 | 8.93 |" in lines
    assert f"| {TSHARK} | labels | ~76 s | ~376 s | ~30.0 us | 300 MB * | 167 | 269 |" in lines
    assert (
        f"- {TSHARK}: measured on the first 50,000 and 250,000 frames, scaled (~); * of the slice." in lines
    )
    assert "- scapy: left out, not installed." in lines


def test_the_terminal_table_shows_the_same(canned: Report) -> None:
    out = io.StringIO()
    for grid in tables.grids(canned):
        tables.draw(grid, Console(file=out, width=160))
    assert "~376 s" in out.getvalue() and "at least 100 x" in out.getvalue()


def test_small_figures_keep_their_digits() -> None:
    assert [tables.duration(value) for value in (0.004, 0.25, 3.14159, 150.0, 9000.0)] == [
        "4 ms",
        "0.25 s",
        "3.14 s",
        "150 s",
        "2.5 h",
    ]
    assert tables.memory(9_000_000) == "under 12 MB"


def test_a_saved_report_is_read_back_equal(canned: Report, tmp_path: Path) -> None:
    canned.save(tmp_path / "results" / "one.json")
    assert load(tmp_path / "results" / "one.json") == canned
    (tmp_path / "old.json").write_text(json.dumps({"schema": 0}), encoding="utf-8")
    with pytest.raises(ValueError):
        load(tmp_path / "old.json")


@pytest.mark.parametrize("form", ["pcap-us", "pcapng-ns"])
def test_a_slice_holds_the_first_frames(tmp_path: Path, form: str) -> None:
    whole, part = tmp_path / "whole", tmp_path / "part"
    generate(whole, Settings(frames=500, flows=5, format=form))
    assert write_slice(whole, 120, part) == count_frames(part) == 120
    assert whole.read_bytes().startswith(part.read_bytes())
    assert write_slice(whole, 9999, part) == 500


def test_frames_are_found_in_either_byte_order_and_a_cut_one_is_not_counted() -> None:
    for order in "<>":
        head = struct.pack(f"{order}IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 96, 1)
        record = struct.pack(f"{order}IIII", 0, 0, 3, 3) + b"abc"
        assert list(frame_ends(head + record + record + record[:-1])) == [43, 62]
        section = struct.pack(f"{order}IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
        block = struct.pack(f"{order}III4sI", 3, 20, 3, b"abc", 20)
        assert list(frame_ends(section + block + block[:-1])) == [48]
    with pytest.raises(ValueError):
        list(frame_ends(b"no capture at all"))


def test_the_rule_of_the_python_readers_counts_probes_across_the_wrap() -> None:
    top = 2**32 - 1
    syn, data, probe, fin = (top - 1, 2, 0), (top, 16, 1), (top, 16, 0), (0, 17, 0)
    segments = [("client", *segment) for segment in (syn, data, probe, probe, fin)]
    assert count_probes(segments) == 2


@posix
def test_a_run_tells_time_and_peak_of_the_command_alone() -> None:
    big = measure.run([sys.executable, "-c", "b'x' * 80_000_000"])
    small = measure.run([sys.executable, "-I", "-S", "-c", "pass"])
    assert big.seconds > 0
    assert small.peak_bytes < 40_000_000 < 80_000_000 < big.peak_bytes


@posix
def test_a_failing_command_is_left_out_with_its_last_words() -> None:
    said: list[str] = []
    wrong = [sys.executable, "-c", "import sys; sys.exit('no such luck')"]
    found = measure.alternate({"right": [sys.executable, "-c", ""], "wrong": wrong}, 2, said.append)
    assert len(found["right"]) == 2
    assert "exited with 1: no such luck" in found["wrong"]
    with pytest.raises(measure.CommandFailed):
        measure.run(["no-such-command-anywhere"])


@posix
@pytest.mark.skipif(not shutil.which("cat"), reason="cat is not installed")
def test_a_whole_session_with_a_stand_in_for_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The stand-in copies its answer from the sidecar, one probe short when asked to."""
    stand_in = tmp_path / "stand_in.py"
    stand_in.write_text(
        "import json, sys\n"
        "truth = json.load(open(sys.argv[-1] + '.json'))\n"
        "flows = [{'probes': 0, 'replies': 0} for _ in range(truth['flows'])]\n"
        "flows[0] = {'probes': truth['probes'] - int(sys.argv[1]), 'replies': truth['replies']}\n"
        "print(json.dumps({'flows': flows}))\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(compare, "RESULTS", tmp_path / "results")
    words = [
        "--frames",
        "2e3",
        "--more-frames",
        "4e3",
        "--flows",
        "20",
        "--tools",
        "keepalive,cat",
        "--check",
    ]
    words += ["--runs", "1", "--startup-runs", "1", "--connections", "2e3", "--keep", str(tmp_path / "kept")]
    words += ["--save", "test", "--markdown", "--command"]
    assert compare.main([*words, f"{sys.executable} {stand_in} 0"]) == 0
    out = capsys.readouterr().out
    assert "| keepalive analyze |" in out and "2,000 connections" in out
    assert load(tmp_path / "results" / "test.json").checked["flows"] == [20, 20]
    assert compare.main(["--show", str(tmp_path / "results" / "test.json"), "--markdown"]) == 0
    assert capsys.readouterr().out == out
    quick = [*words[:-2], "--startup-runs", "0", "--connections", "0"]
    assert compare.main([*quick, "--command", f"{sys.executable} {stand_in} 1"]) == 1
    assert "does not find what the capture holds: probes" in capsys.readouterr().err
