"""Which errors end the command, and which are worth another try."""

from __future__ import annotations

from analyzer.errors import KeepaliveError
from analyzer.lab.failures import LabError, NotAsPlannedError, SocketError


def test_they_end_the_command_with_nothing_done() -> None:
    assert issubclass(LabError, KeepaliveError)
    assert LabError.exit_status == 3


def test_a_failed_socket_call_is_worth_another_try_and_names_the_error() -> None:
    error = SocketError("client", "connect", "ETIMEDOUT", "[Errno 110] Connection timed out")
    assert isinstance(error, NotAsPlannedError)
    assert error.errno_name == "ETIMEDOUT"
    assert str(error) == "connect on the lab's client failed: [Errno 110] Connection timed out"
