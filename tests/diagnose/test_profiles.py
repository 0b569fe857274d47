"""The files of stacks and middleboxes: ours are whole and name their sources, users' are read and checked."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from analyzer.diagnose.profiles import Heartbeat, Middlebox, Profiles, Row, Stack, load, names, read
from analyzer.errors import UsageError

HERE = "mine.toml"
GOOD = 'name = "Appliance"\nsource = "ticket 17"\n'


@pytest.fixture(scope="module")
def ours() -> Profiles:
    return load()


def rows(profiles: Profiles) -> list[Row]:
    return [row for field in fields(profiles) for row in getattr(profiles, field.name)]


def named(found: tuple[Stack, ...], name: str) -> Stack:
    return next(row for row in found if row.name == name)


def test_every_row_of_ours_names_an_address_as_its_source(ours: Profiles) -> None:
    for row in rows(ours):
        assert all(source.startswith(("https://", "http://")) for source in row.source), row.name


def test_no_row_of_ours_is_empty(ours: Profiles) -> None:
    for row in rows(ours):
        told = {field.name for field in fields(row) if getattr(row, field.name) not in (None, (), "")}
        assert told - {"name", "source", "secondhand", "setting", "application", "family"}, row.name
    assert {row.name for row in ours.middleboxes if row.timeout_s is None} == {"Citrix NetScaler"}


def test_names_are_unique_within_a_kind(ours: Profiles) -> None:
    for field in fields(ours):
        listed = [row.name for row in getattr(ours, field.name)]
        assert len(listed) == len(set(listed)), field.name


def test_a_default_lies_in_the_range_of_what_can_be_set(ours: Profiles) -> None:
    for row in ours.middleboxes:
        if row.timeout_s is not None:
            assert (row.shortest_s or 0) <= row.timeout_s <= (row.longest_s or row.timeout_s), row.name


def test_timeouts_are_those_that_the_field_knows(ours: Profiles) -> None:
    known = {60, 240, 300, 350, 600, 900, 1200, 1800, 3600, 86400, 432000}
    assert {row.timeout_s for row in ours.middleboxes} - {None} == known


def test_linux_is_as_its_documentation_says(ours: Profiles) -> None:
    linux = named(ours.stacks, "Linux")
    assert (linux.time_s, linux.interval_s, linux.count, linux.octets) == (7200, 75, 9, 0)
    assert not linux.application and linux.spacing == "constant" and linux.on is False


def test_settings_are_filled_in(ours: Profiles) -> None:
    for row in ours.stacks:
        assert "{time" not in row.setting_for(60, 10, 6) and "{interval" not in row.setting_for(60, 10, 6)
    linux = named(ours.stacks, "Linux").setting_for(60, 10, 6).split()
    assert linux[:3] == ["sysctl", "-w", "net.ipv4.tcp_keepalive_time=60"]
    assert linux[3:] == ["net.ipv4.tcp_keepalive_intvl=10", "net.ipv4.tcp_keepalive_probes=6"]
    assert "/d 60000 /f" in named(ours.stacks, "Windows 2000/XP/2003").setting_for(60, 10, 6)
    boxes = {row.name: row.setting_for(5400) for row in ours.middleboxes}
    assert not any("{timeout" in setting for setting in boxes.values())
    assert boxes["Cisco ASA"] == "timeout conn 1:30:00"
    assert boxes["Azure NAT Gateway"].endswith("--idle-timeout 90")
    assert boxes["AWS Classic Load Balancer"].endswith(
        '"{\\"ConnectionSettings\\":{\\"IdleTimeout\\":5400}}"'
    )


def test_rows_of_one_family_are_said_by_its_name(ours: Profiles) -> None:
    windows = [row for row in ours.stacks if row.family == "Windows"]
    linux = named(ours.stacks, "Linux")
    assert names([linux, *windows]) == "Linux, Windows"
    assert names([windows[0], linux]) == "Windows 2000/XP/2003, Linux"


def test_a_users_file_adds_rows_and_replaces_ours_of_the_same_name(tmp_path: Path, ours: Profiles) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        f"[[system]]\n{GOOD}time_s = 0.5\n"
        '[[application]]\nname = "Go"\nsource = "our build"\ntime_s = 90\n'
        f"[[middlebox]]\n{GOOD}timeout_s = 77\nat_expiry = 'rst'\n"
        f"[[heartbeat]]\n{GOOD}ports = 4711\n"
    )
    mine = load((str(path),))
    assert len(mine.stacks) == len(ours.stacks) + 1
    assert named(mine.stacks, "Appliance").time_s == 0.5
    go = named(mine.stacks, "Go")
    assert go.application and (go.time_s, go.interval_s, go.spacing) == (90, None, None)
    assert mine.middleboxes[-1] == Middlebox(
        name="Appliance", source=("ticket 17",), timeout_s=77, at_expiry=("rst",)
    )
    assert mine.heartbeats[-1] == Heartbeat(name="Appliance", source=("ticket 17",), ports=(4711,))
    assert load() == ours


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[system]\n", "not TOML: "),
        (
            "[[router]]\nname = 'x'",
            "unknown table 'router'; there are system, application, heartbeat, hang, m",
        ),
        ("[system]\nname = 'x'", "system: each row begins with [[system]]"),
        ("system = [1]", "system: each row begins with [[system]]"),
        ("[[system]]\nsource = 'x'", "[[system]] 1: 'name' is missing"),
        ("[[system]]\nname = 'x'", "[[system]] 1 (x): 'source' is missing"),
        ("[[system]]\nname = ''\nsource = 'x'", "[[system]] 1 (): 'name' is to be text, not ''"),
        ("[[system]]\nname = 1\nsource = 'x'", "[[system]] 1: 'name' is to be text, not 1"),
        ("[[system]]\nname = 'x'\nsource = []", "[[system]] 1 (x): 'source' is empty"),
        (f"[[system]]\n{GOOD}idle = 3", "[[system]] 1 (Appliance): unknown field 'idle'"),
        (f"[[system]]\n{GOOD}application = true", "[[system]] 1 (Appliance): unknown field 'application'"),
        (f"[[system]]\n{GOOD}time_s = 0", "'time_s' is to be a number above 0, not 0"),
        (f"[[system]]\n{GOOD}time_s = -1.5", "'time_s' is to be a number above 0, not -1.5"),
        (f"[[system]]\n{GOOD}time_s = nan", "'time_s' is to be a number above 0, not nan"),
        (f"[[system]]\n{GOOD}time_s = inf", "'time_s' is to be a number above 0, not inf"),
        (f"[[system]]\n{GOOD}time_s = true", "'time_s' is to be a number above 0, not True"),
        (f"[[system]]\n{GOOD}count = 2.5", "'count' is to be a whole number above 0, not 2.5"),
        (f"[[system]]\n{GOOD}octets = 2", "'octets' is to be 0 or 1, not 2"),
        (f"[[system]]\n{GOOD}octets = true", "'octets' is to be 0 or 1, not True"),
        (f"[[heartbeat]]\n{GOOD}length = 0", "'length' is to be a whole number above 0, not 0"),
        (f"[[system]]\n{GOOD}on = 1", "'on' is to be true or false, not 1"),
        (f"[[system]]\n{GOOD}spacing = 'wide'", "'spacing' is to be 'constant' or 'back-off', not 'wide'"),
        (f"[[system]]\n{GOOD}secondhand = ['count']", "'secondhand' names 'count', which is not there"),
        (f"[[middlebox]]\n{GOOD}at_expiry = ['bang']", "'at_expiry' is to be 'silent' or 'rst' or "),
        (f"[[heartbeat]]\n{GOOD}ports = ['ssh']", "'ports' is to be a whole number above 0, not 'ssh'"),
        (
            f"[[hang]]\n{GOOD}waiting = 'data'\nshortest_s = 3",
            "[[hang]] 1 (Appliance): 'longest_s' is missing",
        ),
        (f"[[system]]\n{GOOD}[[system]]\n{GOOD}", "there are two rows named 'Appliance'"),
        (f"[[system]]\n{GOOD}[[application]]\n{GOOD}", "there are two rows named 'Appliance'"),
    ],
)
def test_a_wrong_file_is_one_clear_line(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(text, HERE)
    said = str(caught.value)
    assert said.startswith(f"{HERE}: ") and message in said and "\n" not in said


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.toml: cannot be read: No such file or directory"):
        load((str(tmp_path / "nowhere.toml"),))
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match=r"binary\.toml: cannot be read: not a text file"):
        load((str(binary),))
