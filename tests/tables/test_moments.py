"""Points in time as people name them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest

from analyzer.tables import moment_of
from tests.helpers_result import START, S, life

DAY = 86400 * S
MIDNIGHT = START // DAY * DAY  # of 2026-11-20; the capture begins at 12:03:11.204


def ns(when: object, local: bool = False) -> int:
    return moment_of(when, local).within(life())


@pytest.mark.parametrize("when", [90.5, "90.5", "+90.5", np.float64(90.5)])
def test_seconds_since_the_start(when: object) -> None:
    assert ns(when) == START + 90_500_000_000


def test_dates() -> None:
    at = MIDNIGHT + 43_200 * S
    assert ns("2026-11-20T12:00:00Z") == ns("2026-11-20 12:00") == ns("2026-11-20T14:00+02:00") == at
    assert ns(datetime(2026, 11, 20, 12)) == ns(datetime(2026, 11, 20, 12, tzinfo=UTC)) == at
    assert ns(datetime(2026, 11, 20, 14, tzinfo=timezone(timedelta(hours=2)))) == at


def test_nanoseconds_as_our_outputs_write_them() -> None:
    assert ns("2026-11-20T12:03:11.204000017Z") == START + 17
    assert ns(pd.Timestamp(START + 17, tz="UTC")) == START + 17


def test_time_of_day_is_that_of_the_day_on_which_the_capture_began() -> None:
    assert ns("12:03:20") == MIDNIGHT + (12 * 3600 + 200) * S
    assert ns("14:03:20+02:00") == ns("12:03:20Z") == ns("12:03:20")
    assert ns("12:00") == MIDNIGHT + 43_200 * S  # before the capture, and it does not last until tomorrow's


def test_time_of_day_after_midnight() -> None:
    result = life()
    result.end_ns = result.start_ns + 20 * 3600 * S
    assert moment_of("03:00").within(result) == MIDNIGHT + DAY + 3 * 3600 * S


def test_local_time(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "XXX-02:00")
    time.tzset()
    try:
        assert ns("2026-11-20T14:00", local=True) == MIDNIGHT + 43_200 * S
        assert ns("14:03:20", local=True) == ns("12:03:20")
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("when", ["", "noon", "12:61", "2026-13-01", "1e5", "12:03:11 tomorrow"])
def test_nonsense(when: str) -> None:
    with pytest.raises(ValueError, match="seconds since the capture's start are wanted"):
        moment_of(when)
