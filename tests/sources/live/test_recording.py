"""Recording: dumpcap writes a ring of files, and we follow them."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from analyzer.errors import UnreadableError, UsageError
from analyzer.lab.lan import Lan
from analyzer.sources import discover
from analyzer.sources.live import LiveOptions, open_follow, open_live
from tests.lab.conditions import needs_lab

from .namespaces import Watcher, send
from .test_capturing import WHERE, is_there, wait_until
from .test_growing import Reader

pytestmark = pytest.mark.skipif(shutil.which("dumpcap") is None, reason="no dumpcap")


@pytest.fixture(scope="module")
def lan() -> Iterator[Lan]:
    with Lan() as lan:
        yield lan


def frames_in(folder: Path) -> int:
    """As Wireshark's capinfos counts them."""
    files = [str(file) for file in folder.iterdir()]
    done = subprocess.run(["capinfos", "-Mcr", *files], capture_output=True, text=True, check=True)
    return sum(int(line.split(":")[1]) for line in done.stdout.splitlines() if "Number of packets" in line)


@needs_lab
def test_every_frame_is_in_the_files_and_seen(lan: Lan, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    with Watcher(lan.router, interface=WHERE, record=str(folder), file_mb=1, files=50) as watcher:
        watcher.wait_for("open")
        send(lan.client, 30_000, per_s=20_000)
        end = watcher.stop()
    assert (end["marked"], end["frames"], end["drops"], end["damages"]) == (30_000, 30_000, 0, [])
    assert end["interfaces"] == [[WHERE, 1]]
    assert len(list(folder.iterdir())) > 2
    assert frames_in(folder) == 30_000
    (capture,) = discover([str(folder)]).captures
    assert capture.ring


@needs_lab
def test_the_ring_keeps_only_its_files(lan: Lan, tmp_path: Path) -> None:
    with Watcher(lan.router, interface=WHERE, record=str(tmp_path), file_mb=1, files=2) as watcher:
        watcher.wait_for("open")
        send(lan.client, 30_000, per_s=10_000)
        end = watcher.stop()
    assert end["marked"] == 30_000
    assert len(list(tmp_path.iterdir())) == 2


@needs_lab
def test_a_recording_outlives_us_until_its_file_is_full(lan: Lan, tmp_path: Path) -> None:
    """No frame around our death is missing; and then it ends, as nobody would ever stop it."""
    with Watcher(lan.router, interface=WHERE, record=str(tmp_path), file_mb=1) as watcher:
        process = watcher.wait_for("open")["process"]
        send(lan.client, 1000, per_s=5000)
        watcher.kill()
        send(lan.client, 1000, per_s=5000)
        time.sleep(1)
        assert is_there(process)
        assert frames_in(tmp_path) == 2000
        send(lan.client, 10_000, per_s=10_000)
        wait_until(lambda: not is_there(process))


@needs_lab
def test_the_files_of_a_recording_can_be_followed_by_others(lan: Lan, tmp_path: Path) -> None:
    with Watcher(lan.router, interface=WHERE, record=str(tmp_path), file_mb=1) as watcher:
        watcher.wait_for("open")
        reader = Reader(open_follow(str(next(tmp_path.iterdir()))))
        send(lan.client, 12_000, per_s=10_000)
        reader.wait_for(12_000)
        assert len(list(tmp_path.iterdir())) > 1
        watcher.stop()
    assert reader.end() == []


@needs_lab
def test_a_full_disk_ends_the_recording_and_what_came_stands(lan: Lan, tmp_path: Path) -> None:
    on_small_disk = (
        *("unshare", "--mount", "sh", "-c"),
        f'mount -t tmpfs -o size=100k none {tmp_path} && exec "$@"',
        "sh",
    )
    with Watcher(lan.router, on_small_disk, interface=WHERE, record=str(tmp_path / "ring")) as watcher:
        watcher.wait_for("open")
        send(lan.client, 5000, per_s=10_000)
        end = watcher.wait_for("end")
    assert "no space left" in end["damages"][-1]
    assert 100 < end["marked"] < 5000


def test_only_dumpcap_records(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="recording needs dumpcap: scapy writes no ring"):
        open_live(LiveOptions("lo", backend="scapy", record=tmp_path))


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnreadableError, match="cannot make this folder"):
        open_live(LiveOptions("lo", record=tmp_path / "file" / "folder"))
