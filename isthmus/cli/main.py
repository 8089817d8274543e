"""The command line: `isthmus VERB [SITE...]`, a file per verb in this folder.

A verb's module has `HELP`, `arguments(parser)` and `run(options) -> exit
code`; heavy imports stay inside `run`, so that `isthmus --help` is instant.
Exit codes: 0 done, 1 failed, 2 bad input, 3 changes pending, 4 drift.
"""

import argparse
import errno
import importlib
import io
import json
import os
import signal
import sys
from pathlib import Path

from isthmus import __version__
from isthmus.defaults import EXAMPLE_FEDERATION, default_federation
from isthmus.errors import BadInput, IsthmusError

VERBS = (
    "init", "check", "schema", "plan", "map", "up", "down", "show",
    "adopt", "ledger", "engine", "lab", "demo",
)  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Run one verb; every expected failure becomes words on standard error and an exit code."""
    _print_anywhere()
    options = _parser().parse_args(arguments)
    verb = importlib.import_module(f"isthmus.cli.{options.verb}")
    try:
        code = int(verb.run(options))
        sys.stdout.flush()
        return code
    except IsthmusError as problem:
        _tell(problem, as_json=options.json)
        return problem.exit_code
    except KeyboardInterrupt:
        print("Interrupted. What was done is recorded; run the same command again to finish.", file=sys.stderr)
        return 128 + signal.SIGINT
    except BrokenPipeError:
        _print_nowhere()
        return 1
    except Exception as problem:
        if getattr(problem, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
            _print_nowhere()
            print(_FULL, file=sys.stderr)
            return 1
        if os.environ.get("ISTHMUS_DEBUG"):
            raise
        print(_unexpected(problem), file=sys.stderr)
        return 1


def _print_anywhere() -> None:
    """A terminal or file that cannot show a character gets a question mark, not a failure."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _print_nowhere() -> None:
    """What could not be written is dropped: the interpreter would try once more as it ends, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


_FULL = """\
a file cannot be written: the disk is full, or your quota is used up
    next: make room, then run the same command again"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="isthmus", description="Research data centres as data, joined into one federation."
    )
    parser.add_argument("--version", action="version", version=f"isthmus {__version__}")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--federation",
        type=Path,
        metavar="DIR",
        default=default_federation(),
        help="the federation's folder (default: $ISTHMUS_FEDERATION, else the only one below sites/, "
        f"else {EXAMPLE_FEDERATION})",
    )
    common.add_argument("--json", action="store_true", help="print the result as JSON")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name in VERBS:
        module = importlib.import_module(f"isthmus.cli.{name}")
        module.arguments(verbs.add_parser(name, help=module.HELP, description=module.HELP, parents=[common]))
    return parser


def _tell(problem: IsthmusError, *, as_json: bool) -> None:
    if as_json:
        fields = {
            "error": problem.what,
            "why": problem.why,
            "next_step": problem.next_step,
            "where": str(problem.where),
        }
        findings = [vars(f) | {"where": str(f.where)} for f in getattr(problem, "findings", ())]
        print(json.dumps(fields | {"findings": findings}, indent=2))
        return
    if isinstance(problem, BadInput):
        for finding in problem.findings:
            print(finding, file=sys.stderr)
    print(problem, file=sys.stderr)


def _unexpected(problem: Exception) -> str:
    return (
        f"isthmus met a case it does not know: {type(problem).__name__}: {problem}\n"
        "    this is a fault of isthmus, not of what you wrote\n"
        "    next: run it again with ISTHMUS_DEBUG=1 and report what it prints"
    )


if __name__ == "__main__":
    sys.exit(main())
