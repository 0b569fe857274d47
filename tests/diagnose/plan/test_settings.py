"""What to paste."""

from __future__ import annotations

from pathlib import Path

from analyzer.diagnose.plan import settings_for
from analyzer.diagnose.plan.settings import SYSTEMS

from .support import timers


def test_every_system_has_all_three() -> None:
    settings = settings_for(timers(61, 13, 7))
    assert list(settings) == ["one connection", *SYSTEMS]
    assert settings["one connection"] == (
        "setsockopt SO_KEEPALIVE 1, TCP_KEEPIDLE 61, TCP_KEEPINTVL 13, TCP_KEEPCNT 7"
    )
    assert settings["Linux"] == (
        "sysctl -w net.ipv4.tcp_keepalive_time=61 net.ipv4.tcp_keepalive_intvl=13 "
        "net.ipv4.tcp_keepalive_probes=7"
    )
    assert all("61" in text and "13" in text and "7" in text for text in settings.values())


def test_a_user_s_own_setting(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('[[system]]\nname = "Linux"\nsetting = "salt keepalive {time_s}"\nsource = ["us"]\n')
    assert settings_for(timers(61, 13, 7), [str(own)])["Linux"] == "salt keepalive 61"
