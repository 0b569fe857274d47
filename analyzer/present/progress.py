"""A progress bar on standard error: only on a terminal, and only where waiting is worth one."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from analyzer.present.words import printable
from analyzer.wording import number

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PATIENCE_S = 0.5  # our choice: what is over by then needs no bar


class ProgressBar:
    """Hand `report` to whatever reads; use as a context manager, so that the bar always goes away."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shown = stream.isatty()
        self._began = time.monotonic()
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._path = ""

    def report(self, path: str, consumed: int, size: int | None, frames: int) -> None:
        """Bytes read of one capture (of `size`, where known) and frames so far."""
        if not self._shown or (self._bar is None and time.monotonic() - self._began < PATIENCE_S):
            return
        if self._bar is None:
            self._bar = self._start()
        if self._task is None or path != self._path:
            if self._task is not None:
                self._bar.remove_task(self._task)
            self._path = path
            self._task = self._bar.add_task(printable(path), total=size, completed=consumed, frames="")
        self._bar.update(self._task, completed=consumed, frames=f"{number(frames)} frames")

    def _start(self) -> Progress:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[frames]}", markup=False),
            console=Console(file=self._stream),
            transient=True,
            expand=True,
        )
        bar.start()
        return bar

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
