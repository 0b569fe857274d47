"""`keepalive interfaces`: what can be captured on here, and whether permission is there."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from analyzer.errors import KeepaliveError
from analyzer.present.interfaces import interface_lines
from analyzer.present.paper import paper_for, write
from analyzer.sources.live import choose, list_interfaces


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument(
        "--backend",
        default="",
        metavar="NAME",
        help="as seen by dumpcap, tcpdump or scapy (default: the first there is)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Carry out; returns the exit status: 3 where nothing can be captured on."""
    interfaces = list_interfaces(choose(arguments.backend))
    if arguments.json:
        json.dump([asdict(each) for each in interfaces], sys.stdout, indent=2)
        print()
    else:
        write(interface_lines(interfaces), sys.stdout, paper_for(sys.stdout))
    return 0 if any(each.allowed for each in interfaces) else KeepaliveError.exit_status
