"""isthmus lab: the federation in a box, on this machine."""

import argparse
import dataclasses
import json
from pathlib import Path

from isthmus.cli.common import common_again

HELP = "the federation in a box: real control planes on loopback (up, status, logs, down)"


def arguments(parser: argparse.ArgumentParser) -> None:
    common = common_again()
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("up", parents=[common], help="start what is missing; heals what crashed")
    actions.add_parser(
        "status", parents=[common], help="every process: running or not; exit code 4 when part of the box is down"
    )
    down = actions.add_parser("down", parents=[common], help="end every process; what the box holds stays")
    down.add_argument("--wipe", action="store_true", help="also remove databases, credentials and the stacks' state")
    down.add_argument("--all", action="store_true", help="every box of this user, not only this federation's")
    logs = actions.add_parser("logs", parents=[common], help="where the logs are, and their last lines")
    logs.add_argument("part", nargs="?", help="only files whose path has this word")
    logs.add_argument("-n", type=int, default=5, dest="lines", metavar="LINES", help="lines of each file (default 5)")


def run(options: argparse.Namespace) -> int:
    return {"up": _up, "status": _status, "down": _down, "logs": _logs}[options.action](options)


def _up(options: argparse.Namespace) -> int:
    from isthmus.cli.display import reporter
    from lab.box import open_box

    box = open_box(options.federation)
    with reporter(quiet=options.json) as progress:
        box.up(progress)
    print(
        json.dumps({"access": str(box.access)}) if options.json else f"The box of {box.federation} is up: {box.folder}"
    )
    return 0


def _status(options: argparse.Namespace) -> int:
    from lab.box import open_box

    box = open_box(options.federation)
    parts = box.status()
    if options.json:
        print(json.dumps([{"part": p.part, **dataclasses.asdict(p.process)} for p in parts], indent=2, default=str))
    else:
        for part in parts:
            one = part.process
            print(f"{part.part:<20} {one.name:<20} {one.state:<8} {one.memory_bytes >> 20:>5} MiB  {one.where}")
        alive = len({p.process.pid for p in parts if p.process.pid})
        print(f"{alive} processes run, {box.memory_bytes() >> 20} MiB. Folder: {box.folder}")
        if not parts:
            print("Nothing was ever started here. Next: isthmus lab up")
        elif any(p.process.state != "running" for p in parts):
            print("Not all of it runs. isthmus lab logs shows why; isthmus lab up starts what is down.")
    return 0 if parts and all(p.process.state == "running" for p in parts) else 4


def _down(options: argparse.Namespace) -> int:
    from isthmus.cli.display import reporter
    from lab.box import end_every_box, open_box

    if options.all:
        ended = end_every_box(wipe=options.wipe)
    else:
        box = open_box(options.federation)
        with reporter(quiet=options.json) as progress:
            ended = box.wipe(progress) if options.wipe else box.down(progress)
    print(json.dumps({"ended": ended}) if options.json else f"{ended} processes ended.")
    return 0


def _logs(options: argparse.Namespace) -> int:
    from lab.box import open_box

    files = sorted(open_box(options.federation).folder.rglob("*.log"))
    for file in files:
        if options.part is None or options.part in str(file):
            print(f"== {file}")
            for line in _tail(file, options.lines):
                print(f"   {line}")
    if not files:
        print("No log yet. Next: isthmus lab up")
    return 0


def _tail(file: Path, lines: int) -> list[str]:
    with file.open("rb") as handle:
        handle.seek(0, 2)
        handle.seek(max(0, handle.tell() - 400 * lines))
        return handle.read().decode(errors="replace").splitlines()[-lines:]
