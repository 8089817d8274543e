"""isthmus show: what stands."""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from isthmus.run.standing import Standing

from isthmus.cli.common import access_option

HELP = "show what stands, from the stacks' state; --live asks the clouds too"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sites", nargs="*", metavar="SITE", help="sites (default: all)")
    parser.add_argument(
        "--live", action="store_true", help="ask the clouds and clusters; exit code 4 if something is gone"
    )
    parser.add_argument("--all", action="store_true", dest="everything", help="a line per resource")
    access_option(parser)


def run(options: argparse.Namespace) -> int:
    import json

    from isthmus.cli.display import reporter
    from isthmus.derive.site import stacks_for
    from isthmus.resolve import load_resolved
    from isthmus.run.standing import documents, standing
    from isthmus.run.world import open_engine, open_world

    resolved = load_resolved(options.federation)
    stacks = stacks_for(resolved, tuple(options.sites))
    with reporter(quiet=options.json) as progress:
        world = open_world(options.federation, options.access, stacks, resolved, progress) if options.live else None
        pulumi = world.pulumi if world else open_engine(options.federation, options.access, resolved, progress)
        states = documents(pulumi, stacks)
        rows = [
            row
            for stack, document in states.items()
            if document
            for row in standing(stack, document, world.search(stack) if world else None)
        ]
    if options.json:
        print(json.dumps([row.as_json() for row in rows], indent=2))
    else:
        print(f"target: {pulumi.access.words().removeprefix('target: ')}")
        for stack, document in states.items():
            _tell(stack, [r for r in rows if r.stack == stack], document is not None, options.everything)
    return 4 if any(row.live == "gone" for row in rows) else 0


def _tell(stack: str, rows: "list[Standing]", made: bool, everything: bool) -> None:
    from collections import Counter

    if not rows:
        print(f"{stack}: {'nothing stands' if made else 'never brought up'}. Next: isthmus up")
        return
    gone = [r for r in rows if r.live == "gone"]
    live = f", {len(gone)} gone" if gone else ", all there" if rows[0].live else ""
    print(f"{stack}: {len(rows)} resources{live}")
    if everything:
        for row in rows:
            marks = " ".join(m for m in ("protected" if row.protected else "", row.live) if m)
            print(f"  {row.kind:<22} {row.name:<44} {row.id}  {marks}".rstrip())
        return
    for kind, n in sorted(Counter(r.kind for r in rows).items()):
        names = [r.name for r in rows if r.kind == kind]
        print(f"  {n:>3} {kind:<22} {', '.join(names[:4])}{', ...' if n > 4 else ''}")
    for row in gone:
        print(f"  GONE {row.kind} {row.name} ({row.id}); isthmus up --refresh makes it again")
