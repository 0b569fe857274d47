"""What depends on time runs one by one, whatever else runs."""

from pathlib import Path

from tests.conftest import ROOT
from tests.helpers.scheduling import DEPEND_ON_TIME, Scheduling


def scope_of(file: str) -> str:
    return Scheduling._split_scope(object.__new__(Scheduling), f"{file}::test_it[a::b]")


def test_a_file_stays_together_and_what_depends_on_time_too() -> None:
    assert scope_of("tests/track/test_labels.py") != scope_of("tests/track/test_bytes.py")
    assert len({scope_of(f"{each}test_any.py") for each in DEPEND_ON_TIME}) == 1


def test_what_depends_on_time_is_there() -> None:
    assert [each for each in DEPEND_ON_TIME if not Path(ROOT, each).exists()] == []
