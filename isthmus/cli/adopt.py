"""isthmus adopt: take what exists into the stacks, unchanged."""

import argparse

from isthmus.cli.common import only_option, run_options

HELP = "take what exists already into a site's stacks, without changing it; also rebuilds a lost state"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sites", nargs="+", metavar="SITE", help="sites")
    parser.add_argument(
        "--dry-run", action="store_true", help="only show what would be taken in; exit code 3 if anything"
    )
    parser.add_argument(
        "--accept-differences", action="store_true", help="take in also what differs from the model: up then changes it"
    )
    parser.add_argument(
        "--lost-state",
        action="store_true",
        help="the state or its passphrase is lost: rebuild it from what the clouds have, then bring the stacks",
    )
    only_option(parser)
    run_options(parser)


def run(options: argparse.Namespace) -> int:
    import json
    import sys

    from isthmus.cli.display import reporter
    from isthmus.derive.site import stacks_for
    from isthmus.errors import BadInput
    from isthmus.resolve import load_resolved
    from isthmus.run.adopt import Adopting
    from isthmus.run.adopting import adopt_all, words
    from isthmus.run.world import open_world

    if options.lost_state and options.dry_run:
        raise BadInput(
            "a lost state cannot be rebuilt as a dry run",
            why="its stack is begun anew before anything can be looked for",
            next_step="leave out --dry-run: a copy of what is left of the state is kept, and no cloud is changed by it",
        )
    resolved = load_resolved(options.federation)
    stacks = (options.only,) if options.only else stacks_for(resolved, tuple(options.sites))
    asked = Adopting(
        dry_run=options.dry_run,
        accept_differences=options.accept_differences,
        lost_state=options.lost_state,
        wait=options.wait,
        moved=options.moved,
    )
    with reporter(quiet=options.json) as progress:
        world = open_world(options.federation, options.access, stacks, resolved, progress)
        if not options.json:
            print("\n".join(world.notes), file=sys.stderr)
        results = adopt_all(world, stacks, asked, progress)
    if options.json:
        print(json.dumps({"notes": list(world.notes), "stacks": [r.as_json() for r in results]}, indent=2))
    else:
        for line in words(results, asked):
            print(line)
        for result in results:
            if result.error:
                print(f"{result.stack}: {result.error}", file=sys.stderr)
    if any(r.error for r in results):
        return 1
    return 3 if asked.dry_run and any(r.taken for r in results) else 0
