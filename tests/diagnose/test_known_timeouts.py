"""Products behind an idle timeout that was bracketed, and known defaults behind a hang."""

from __future__ import annotations

import pytest

from analyzer.diagnose.known_timeouts import given_up_after, known_hangs, known_middleboxes
from analyzer.diagnose.profiles import Middlebox, Stack, load
from analyzer.rules import SECOND_NS

PROFILES = load()


def boxes(survived_s: float, died_s: float, at_expiry: str | None = None) -> list[str]:
    bracket = (round(survived_s * SECOND_NS), round(died_s * SECOND_NS))
    return [row.name for row in known_middleboxes(*bracket, PROFILES.middleboxes, at_expiry)]


@pytest.mark.parametrize(
    ("survived_s", "died_s", "expected"),
    [
        (220, 241, ["Azure Load Balancer", "Azure NAT Gateway", "Azure Firewall"]),
        (899, 901.5, ["Linux IPVS (Kubernetes, Docker)"]),
        (902, 930, ["Linux IPVS (Kubernetes, Docker)"]),  # its table is swept a little later
        (1100, 1300, ["Google Cloud NAT"]),
        (1500, 2400, ["Juniper SRX"]),
        (
            3500,
            3601,
            ["Cisco ASA", "Palo Alto Networks firewall", "Fortinet FortiGate", "Envoy (TCP proxy)"],
        ),
    ],
)
def test_products_whose_default_lies_in_the_bracket_are_all_named(
    survived_s: float, died_s: float, expected: list[str]
) -> None:
    assert boxes(survived_s, died_s) == expected


@pytest.mark.parametrize(
    ("survived_s", "died_s"),
    [
        (240, 360),  # 300 s or 350 s
        (0, 61),  # nothing survived
        (100, 270),  # too wide
        (2, 3.9),  # nobody's default
        (350, 349),  # contradictory
    ],
)
def test_a_bracket_that_tells_nothing_names_nobody(survived_s: float, died_s: float) -> None:
    assert boxes(survived_s, died_s) == []


def test_products_that_end_it_as_was_seen_come_first() -> None:
    by_name = ["AWS Network Load Balancer", "AWS NAT gateway"]
    silent = ["AWS EC2 security group on Nitro v6", "AWS Network Firewall"]
    assert boxes(340, 360) == boxes(340, 360, "rst") == by_name + silent
    assert boxes(340, 360, "silent") == silent + by_name


def test_a_users_middlebox_joins_in() -> None:
    mine = Middlebox(name="mine", source=("x",), timeout_s=77)
    assert known_middleboxes(70 * SECOND_NS, 80 * SECOND_NS, [*PROFILES.middleboxes, mine]) == [mine]
    assert known_middleboxes(50 * SECOND_NS, 80 * SECOND_NS, [*PROFILES.middleboxes, mine]) == []


def hangs(seconds: float, waiting: str = "probes") -> list[str]:
    return [known.name for known in known_hangs(round(seconds * SECOND_NS), waiting, PROFILES)]


@pytest.mark.parametrize(
    ("seconds", "waiting", "expected"),
    [
        (7875, "probes", ["Linux", "lwIP", "Zephyr"]),
        (7890.4, "probes", ["Linux"]),
        (7800.1, "probes", ["macOS/iOS", "FreeBSD", "OpenBSD", "NetBSD", "AIX", "HP-UX 11"]),
        (7210, "probes", ["Windows Vista/7/8", "Windows 10/11"]),
        (7205, "probes", ["Windows 2000/XP/2003"]),
        (7680.3, "probes", ["Solaris/illumos"]),
        (35.2, "probes", ["SQL Server"]),
        (151, "probes", ["Go"]),
        (601, "probes", ["Redis"]),
        (930, "data", ["Linux, tcp_retries2 = 15", "Linux before 2.6.32, tcp_retries2 = 15"]),
        (1500, "data", ["Linux before 2.6.32, tcp_retries2 = 15"]),
        (127.3, "syn", ["Linux, tcp_syn_retries = 6"]),
        (
            131.4,
            "syn",
            ["Linux, tcp_syn_retries = 6 and tcp_syn_linear_timeouts = 4", "Linux, tcp_syn_retries = 6"],
        ),
        (6000, "probes", []),
        (5, "data", []),
    ],
)
def test_hangs_of_known_defaults(seconds: float, waiting: str, expected: list[str]) -> None:
    assert hangs(seconds, waiting) == expected


def test_a_hang_is_said_with_its_settings_and_what_shortens_it() -> None:
    linux = known_hangs(7875 * SECOND_NS, "probes", PROFILES)[0]
    assert (linux.total_s, linux.how) == (7875, "7200 s + 9 x 75 s")
    assert linux.setting.startswith("sysctl -w net.ipv4.tcp_keepalive_time=60 ")
    retries = known_hangs(940 * SECOND_NS, "data", PROFILES)[0]
    assert retries.how == "924.6 s to 1044.6 s" and "TCP_USER_TIMEOUT" in retries.setting


def test_who_does_not_tell_all_is_not_added_up() -> None:
    assert given_up_after(Stack(name="x", source=("x",), time_s=7200, interval_s=75))[0] == 0
    assert given_up_after(Stack(name="x", source=("x",), interval_s=75, count=3))[0] == 0
