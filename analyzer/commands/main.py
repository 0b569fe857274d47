"""The `keepalive` command: finds the sub-command, turns errors into one line and an exit status.

Exit status, the highest that applies (design 7): 0 done; 1 `--fail-on` matched; 2 wrong usage;
3 nothing could be read; 4 some input is damaged, unreadable or was lost, and results cover the
rest. Beside these, as customary: 130 after Ctrl-C, 141 where the reader of our output went away.
"""

from __future__ import annotations

import argparse
import atexit
import gc
import os
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import NoReturn

from analyzer.errors import KeepaliveError, UsageError

GARBAGE = 300_000
"""Objects after which garbage is looked for, in place of 700. Starting leaves 184,000 and spent a seventh of
its time on finding none; a capture that is followed for days must still be rid of its own."""
INTERRUPTED = 130
READER_GONE = 141

COMMANDS = {
    "analyze": "what became of every TCP connection in a capture",
    "live": "watch an interface: what becomes of every TCP connection, as it happens",
    "states": "what netstat on each endpoint would have shown, at any moment",
    "plan": "what other keep-alive timers would have found, spared and cost",
    "compare": "which segments left one vantage point and never reached the other",
    "annotate": "copy a capture with our labels and verdicts as comments for Wireshark",
    "extract": "copy the frames of some connections, anonymized if asked for",
    "verify": "compare our labels with Wireshark's, frame by frame",
    "interfaces": "list what can be captured on, and whether permission is there",
    "doctor": "say what is installed, what is missing, and prepare the kernels",
    "lab": "record keep-alive outcomes from a real kernel (Linux, root)",
}


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, as every other error is said."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} ({self.prog} --help says more)")


def build_parser(command: str | None) -> Parser:
    """The parser; only the arguments of the sub-command that is called are filled in."""
    parser = Parser(
        prog="keepalive",
        description="Reads packet captures and says, for every TCP connection, whether the peer is there.",
        epilog="keepalive COMMAND --help tells about a command's options.",
    )
    parser.add_argument("--version", action="store_true", help="show the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    for name, summary in COMMANDS.items():
        each = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        if name == command:
            module = import_module(f"analyzer.commands.{name}")
            module.configure(each)
            each.set_defaults(run=module.run)
    return parser


def run(words: Sequence[str]) -> int:
    """Parse and carry out; errors are raised."""
    command = next((word for word in words if not word.startswith("-")), None)
    parser = build_parser(command)
    arguments = parser.parse_args(list(_joined(words)))
    if arguments.version:
        from analyzer import __version__

        print(f"keepalive {__version__}")
        return 0
    if arguments.command is None:
        parser.print_help()
        return 2 if words else 0
    status: int = arguments.run(arguments)
    return status


def _joined(words: Sequence[str]) -> Iterator[str]:
    """`--sort -start` as `--sort=-start`: argparse would take the second for an option."""
    rest = iter(words)
    for word in rest:
        if word == "--sort":
            column = next(rest, None)
            yield word if column is None else f"{word}={column}"
        else:
            yield word


def main(words: Sequence[str] | None = None) -> int:
    """Entry point of the console script; returns the exit status."""
    gc.set_threshold(GARBAGE)
    atexit.register(gc.freeze)  # or Python looks for garbage twice as it ends: a third of a short run
    try:
        status = run(sys.argv[1:] if words is None else words)
        sys.stdout.flush()
        return status
    except KeepaliveError as error:
        complain(str(error))
        return error.exit_status
    except BrokenPipeError:
        _forget_output()
        return READER_GONE
    except OSError as error:  # writing: what cannot be read is a KeepaliveError
        _forget_output()
        complain(
            f"cannot write: {error.strerror or error}" + (f": {error.filename}" if error.filename else "")
        )
        return KeepaliveError.exit_status
    except KeyboardInterrupt:
        complain("interrupted")
        return INTERRUPTED


def complain(message: str) -> None:
    """One line on standard error, harmless whatever it quotes."""
    line = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in message)
    encoding = sys.stderr.encoding or "utf-8"
    print("keepalive: " + line.encode(encoding, "backslashreplace").decode(encoding), file=sys.stderr)


def _forget_output() -> None:
    """Keep Python from writing the rest, and complaining about it, when it ends."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):  # standard output is no file
        pass
