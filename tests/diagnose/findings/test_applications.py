"""Applications that stop replying above a living kernel, and those that leave data unread at the end."""

from __future__ import annotations

import pytest

from analyzer import found
from analyzer.wording import moment
from tests.diagnose.support import OPENING, SECOND, tell
from tests.helpers.timeline import START_NS

REPLIED = """
    2.000  c>s  PA  101+10:201
    2.100  s>c  PA  201+20:111
    2.110  c>s  A   111:221
    4.000  c>s  PA  111+10:221
    4.200  s>c  PA  221+20:121
    4.210  c>s  A   121:241
"""
"""Frames 7 to 12: two requests; the longest reply took 200 ms."""
SILENT = """
    6.000  c>s  PA  121+10:241
    6.010  s>c  A   241:131
    8.500  c>s  PA  131+10:241
    8.510  s>c  A   241:141
"""
"""Frames 13 to 16."""


class TestHung:
    def test_two_requests_without_a_reply(self) -> None:
        case = tell(OPENING + REPLIED + SILENT)
        assert case.found == ["app_hung"]
        [finding] = case.findings
        assert (finding.frames, finding.confidence) == ((13, 15), found.LIKELY)
        assert (finding.start_ns, finding.end_ns) == (
            START_NS + 6 * SECOND,
            START_NS + 8 * SECOND + 510_000_000,
        )
        assert finding.summary == (
            "the server, which had replied within 200 ms before, has sent nothing of its own since "
            f"{moment(START_NS + 4 * SECOND + 200_000_000)}: 2 messages of the client from "
            f"{moment(START_NS + 6 * SECOND)} on (frames 13 to 15) were acknowledged but not replied to for "
            "2.510 s: its kernel is alive, or a proxy before it, but the application is silent"
        )
        assert "ss -tinp 'sport = :443 and dport = :40000'" in finding.advice
        assert "py-spy dump --pid PID" in finding.advice

    def test_answered_probes_are_told_with_their_distance(self) -> None:
        probed = "\n20 c>s A 140:241\n20.004 s>c A 241:141"
        [finding] = tell(OPENING + REPLIED + SILENT + probed).findings
        assert ", while 1 keep-alive probe got an answer (RTT 4.0 ms)" in finding.summary
        assert finding.frames == (13, 15, 18)
        assert "not replied to for 14.0 s" in finding.summary

    @pytest.mark.parametrize(
        "story",
        [
            pytest.param(
                REPLIED + "\n".join(SILENT.splitlines()[:3]) + "\n20 s>c A 241:131", id="one request"
            ),
            pytest.param(
                SILENT.replace("121", "101")
                .replace("131", "111")
                .replace("141", "121")
                .replace("241", "201"),
                id="never replied to",
            ),
            pytest.param(REPLIED + SILENT.replace("8.5", "6.7"), id="within five times the longest reply"),
            pytest.param(REPLIED + SILENT + "9 s>c PA 241+20:141", id="the reply comes"),
            pytest.param(
                REPLIED + "5 s>c FA 241:121\n" + SILENT.replace("A   241", "A   242").replace(":241", ":242"),
                id="it had said FIN",
            ),
            pytest.param(
                REPLIED + "\n".join(line for line in SILENT.splitlines() if "s>c" not in line),
                id="not acknowledged: the host is gone",
            ),
        ],
    )
    def test_what_is_not_hung(self, story: str) -> None:
        assert "app_hung" not in tell(OPENING + story).found

    def test_a_heartbeat_that_nobody_ever_replied_to_is_only_possible(self) -> None:
        lines = [
            f"{at} c>s PA {place}+10:241\n{at}.01 s>c A 241:{place + 10}"
            for at, place in zip(range(60, 210, 30), range(121, 171, 10), strict=True)
        ]
        case = tell(OPENING + REPLIED + "\n".join(lines))
        assert case.found == ["heartbeat", "app_hung"]
        assert case.findings[1].confidence == found.POSSIBLE

    def test_the_last_request_may_be_under_way(self) -> None:
        under_way = "20 c>s PA 141+10:241\n"
        assert tell(OPENING + REPLIED + SILENT + under_way).found == ["app_hung"]


class TestAbort:
    def test_a_request_and_a_reset_instead_of_the_usual_reply(self) -> None:
        case = tell(OPENING + REPLIED + "6 c>s PA 121+10:241\n6.04 s>c A 241:131\n6.2 s>c RA 241:131")
        assert (case.verdict, case.found) == ("reset", ["abort_with_unread_data"])
        [finding] = case.findings
        assert (finding.frames, finding.confidence) == ((13, 15), found.LIKELY)
        assert finding.summary == (
            "the server reset the connection (frame 15) 200 ms after the last data of the client, whose "
            "request in frame 13 it left without a reply, though it had replied within 200 ms before: its "
            "application closed the socket with data unread, or aborted"
        )
        assert "shutdown(fd, SHUT_WR)" in finding.advice

    def test_data_that_came_after_its_own_fin(self) -> None:
        case = tell(
            OPENING + "1 s>c FA 201:101\n1.01 c>s A 101:202\n2 c>s PA 101+30:202\n2.01 s>c R 202 win=0"
        )
        assert case.found == ["abort_with_unread_data"]
        [finding] = case.findings
        assert (finding.frames, finding.confidence) == ((7, 10), found.CERTAIN)
        assert finding.summary == (
            f"30 bytes of the client came at {moment(START_NS + 2 * SECOND)}, after the FIN of the server "
            "(frame 7), and were answered with RST (frame 10): the application had closed the socket before "
            "it read all that the other had to say"
        )

    @pytest.mark.parametrize(
        "story",
        [
            pytest.param(REPLIED + "6 c>s RA 121:241", id="by the client, everything replied"),
            pytest.param(REPLIED + "6 s>c RA 241:121", id="by the server, everything replied"),
            pytest.param(REPLIED + "6 c>s PA 121+10:241\n6.04 s>c R 241 win=0", id="it knows no connection"),
            pytest.param(
                "1 s>c FA 201:101\n2 c>s PA 101+30:202\n2.1 s>c A 202:131\n3 s>c RA 202:131",
                id="half closed, but it read on",
            ),
            pytest.param(
                "1 s>c FA 201:101\n1.01 c>s FA 101:202\n1.02 s>c R 202 win=0", id="no data at the end"
            ),
        ],
    )
    def test_what_left_nothing_unread(self, story: str) -> None:
        assert "abort_with_unread_data" not in tell(OPENING + story).found
