"""isthmus plan: what would change, why, whom it reaches, and how to undo it."""

import argparse
import json

from isthmus.cli.common import access_option

HELP = "show what would change, with reason, reach and inverse; changes nothing"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sites", nargs="*", metavar="SITE", help="sites (default: all)")
    parser.add_argument("--all", action="store_true", dest="everything", help="one line per change, however many")
    access_option(parser)


def run(options: argparse.Namespace) -> int:
    from isthmus.derive.site import derive_stack, stacks_for
    from isthmus.plan.change import Change
    from isthmus.plan.diff import diff
    from isthmus.plan.target import target_of
    from isthmus.plan.text import headline, lines
    from isthmus.resolve import load_resolved

    resolved = load_resolved(options.federation)
    federation = resolved.federation
    target = target_of(resolved, options.federation, options.access)
    changes: list[Change] = []
    for stack in stacks_for(resolved, tuple(options.sites)):
        changes += diff(stack, derive_stack(resolved, stack).things(), target.read(stack))
    if options.json:
        print(json.dumps([c.as_json() for c in changes], indent=2, ensure_ascii=False))
    else:
        print(headline(federation.name, changes))
        for line in lines(changes, everything=options.everything):
            print(line)
        print(f"Compared with {target.words}.")
        if changes:
            print("How to undo each change: isthmus plan --json")
            print("Apply with: isthmus up" + "".join(f" {s}" for s in options.sites))
    return 3 if changes else 0
