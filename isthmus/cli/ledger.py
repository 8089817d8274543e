"""isthmus ledger: the numbers of the federation, given once and never moved."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from isthmus.cli.common import common_again

if TYPE_CHECKING:
    from isthmus.ledger.changes import Change
    from isthmus.ledger.entries import Ledger
    from isthmus.ledger.scan import Scan
    from isthmus.model.federation import Federation

    Decision = Callable[[Federation, Scan], Ledger]

HELP = "addresses, VNIs, ports and ASNs: given once, never moved"

_VERBS = {
    "show": "print who has which number",
    "allocate": "give a number to everything that lacks one",
    "approve": "approve the numbers of sites as they are now",
    "resolve": "after a merge: move what was given twice, where nobody has approved it",
    "retire": "put the numbers of what has left the model out of use",
    "release": "give retired numbers free",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="ledger_verb", required=True, metavar="VERB")
    for name, text in _VERBS.items():
        verb = verbs.add_parser(name, help=text, description=text, parents=[common_again()])
        if name in ("show", "retire"):
            verb.add_argument("names", nargs="*", metavar="NAME", help="sites, or 'federation' (default: all)")
        elif name == "approve":
            verb.add_argument("names", nargs="+", metavar="NAME", help="sites, or 'federation' for the VNIs")
        elif name == "release":
            verb.add_argument("names", nargs=1, metavar="NAME", help="a site, or 'federation'")
            verb.add_argument("--entry", default="", metavar="PATH", help="only this one, for example pairs/lecce")
        if name != "show":
            verb.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")


def run(options: argparse.Namespace) -> int:
    if options.ledger_verb == "show":
        return _show(options)
    return _decide(options, _decision(options))


def _decision(options: argparse.Namespace) -> "Decision":
    from isthmus.allocate import allocate
    from isthmus.ledger.settle import approve, release, resolve, retire

    decisions: dict[str, Decision] = {
        "allocate": lambda federation, scan: allocate(federation, scan.ledger),
        "approve": lambda federation, scan: approve(scan, options.names),
        "resolve": resolve,
        "retire": lambda federation, scan: retire(federation, scan.ledger, options.names),
        "release": lambda federation, scan: release(federation, scan.ledger, options.names[0], options.entry),
    }
    return decisions[options.ledger_verb]


def _decide(options: argparse.Namespace, decision: "Decision") -> int:
    """Read, decide, write, and say what changed; all of it under the ledger's lock."""
    from isthmus.ledger.store import ledger_lock, write_ledger
    from isthmus.load.federation import load_federation

    folder: Path = options.federation
    federation = load_federation(folder)
    if options.dry_run:
        scan = _readable(folder)
        changes = _changes(scan.ledger, decision(federation, scan))
        _tell(options, changes, "would be ")
        return 3 if changes else 0
    with ledger_lock(folder, lambda: print("waiting: somebody else works on this ledger", file=sys.stderr)):
        scan = _readable(folder)
        after = decision(federation, scan)
        write_ledger(folder, scan.ledger, after)
    _tell(options, _changes(scan.ledger, after), "")
    return 0


def _readable(folder: Path) -> "Scan":
    from isthmus.errors import BadInput
    from isthmus.ledger.scan import scan_ledger

    scan = scan_ledger(folder)
    if scan.findings:
        raise BadInput("the ledger cannot be read; nothing was changed", findings=tuple(sorted(scan.findings)))
    return scan


def _changes(before: "Ledger", after: "Ledger") -> list["Change"]:
    from isthmus.ledger.changes import changes_between

    return changes_between(before, after)


def _tell(options: argparse.Namespace, changes: list["Change"], would: str) -> None:
    if options.json:
        print(json.dumps([change.as_json() for change in changes], indent=2))
        return
    if not changes:
        print("Nothing to do: the ledger stays as it is.")
        return
    heading = ("", "")
    for change in changes:
        if (change.owner, change.action) != heading:
            heading = (change.owner, change.action)
            print(f"{change.owner}: {would}{change.action}")
        print(f"  {change}")
    owners = list(dict.fromkeys(change.owner for change in changes))
    counted = "1 number" if len(changes) == 1 else f"{len(changes)} numbers"
    print(f"{counted} of {len(owners)} owner{'s' * (len(owners) != 1)}.", end=" ")
    if would:
        print("Nothing was changed.")
    elif fresh := list(dict.fromkeys(c.owner for c in changes if c.action in ("given", "moved"))):
        names = " ".join(fresh) if len(fresh) <= 8 else "NAME..."
        print(f"They are proposed. Approve with: isthmus ledger approve {names}")
    else:
        print("Commit the ledger folder.")


def _show(options: argparse.Namespace) -> int:
    from isthmus.ledger.settle import known_owner
    from isthmus.ledger.store import read_ledger

    ledger = read_ledger(options.federation)
    for name in options.names:
        known_owner(ledger, name)
    rows = [
        {"owner": o, "path": p, "value": str(v), "state": "approved" if ledger.is_approved(o, p, v) else "proposed"}
        for o, p, v in ledger.values()
    ]
    rows += [{"owner": o, "path": p, "value": str(v), "state": "retired"} for o, p, v in ledger.retired_values()]
    rows = [row for row in rows if not options.names or row["owner"] in options.names]
    if options.json:
        print(json.dumps(rows, indent=2))
        return 0
    if not rows:
        print("The ledger is empty. Give numbers with: isthmus ledger allocate")
    for owner in dict.fromkeys(row["owner"] for row in rows):
        print(owner)
        for row in rows:
            if row["owner"] == owner:
                print(f"  {row['state']:<9} {row['path']:<24} {row['value']}")
    return 0
