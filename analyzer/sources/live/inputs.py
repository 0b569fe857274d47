"""Standard input, or another pipe, that can be told to end."""

from __future__ import annotations

import io
import os
import select
import threading

from analyzer.sources.inputs import Input


class PipeInput(Input):
    """A pipe that `stop` ends at once, also while nothing arrives (not on Windows: at what arrives next)."""

    def __init__(self, handle: io.FileIO) -> None:
        super().__init__(handle, None)
        self._lock = threading.Lock()
        self._woken, self._wake = os.pipe()

    def stop(self) -> None:
        """Have the stream end here. May be called from any thread, and after `close`."""
        with self._lock:
            if not self.stopped:
                self.stopped = True
                os.write(self._wake, b".")

    def close(self) -> None:
        self.stop()
        with self._lock:
            super().close()
            if self._wake >= 0:
                os.close(self._woken)
                os.close(self._wake)
                self._woken = self._wake = -1

    def _read(self, view: memoryview) -> int:
        try:
            if hasattr(select, "poll") and not self.stopped:
                waiting = select.poll()
                waiting.register(self.handle, select.POLLIN)
                waiting.register(self._woken, select.POLLIN)
                waiting.poll()
            return 0 if self.stopped else super()._read(view)
        except ValueError:  # it was closed meanwhile
            if not self.stopped:
                raise
            return 0
