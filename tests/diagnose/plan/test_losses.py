"""What was lost after a silence, and whether a device on the path may have forgotten it."""

from __future__ import annotations

from analyzer.diagnose.plan.losses import Losses

from .support import exchange, lasting, opening, ready

SURVIVED_100 = opening() + exchange(100, 0)
DEAD_AFTER_300 = "400 c>s PA 102+9:201\n400.3 c>s PA 102+9:201\n401 c>s PA 102+9:201\n403 c>s PA 102+9:201\n"


def losses(text: str, end: float = 500) -> Losses:
    return ready(text, end=end).losses


def test_device_that_forgot() -> None:
    """300 s were too long where 100 s were not, and the server is there for another connection."""
    found = losses(SURVIVED_100 + DEAD_AFTER_300 + opening("d", 410))
    assert [lasting(each) for each in found.after] == [299.99, None]
    assert [lasting(each) for each in found.survived] == [99.96, 99.96]
    assert found.forgotten.tolist() == [True, False]


def test_host_that_was_never_heard_again_may_be_dead() -> None:
    assert losses(SURVIVED_100 + DEAD_AFTER_300).forgotten.tolist() == [False]


def test_silence_as_long_as_one_that_was_survived_proves_nothing() -> None:
    text = SURVIVED_100 + opening("d", 1) + DEAD_AFTER_300 + exchange(405, 0, "d")
    found = losses(text)
    assert lasting(found.survived[0]) == 403.96
    assert found.forgotten.tolist() == [False, False]


def test_other_paths_prove_nothing() -> None:
    """The server is heard by another host only after the loss; what that path survived does not count."""
    found = losses(SURVIVED_100 + opening("x", 1) + DEAD_AFTER_300 + exchange(405, 0, "x"))
    assert lasting(found.survived[0]) == 99.96
    assert found.forgotten.tolist() == [True, False]


def test_rst_of_the_device_as_the_time_is_over() -> None:
    found = losses(SURVIVED_100 + "400 s>c R 201 ttl=60\n" + opening("d", 410))
    assert lasting(found.after[0]) == 299.99
    assert found.forgotten.tolist() == [True, False]


def test_closed_connections_are_not_lost() -> None:
    closing = "400 c>s FA 102:201\n400.1 s>c FA 201:103\n400.2 c>s A 103:202\n"
    assert losses(SURVIVED_100 + closing + opening("d", 410)).forgotten.tolist() == [False, False]
