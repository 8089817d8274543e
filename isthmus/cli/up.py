"""isthmus up: bring sites, each cloud's shared things first."""

import argparse

from isthmus.cli.common import only_option, run_options

HELP = "bring sites to what the model says, side by side; run it again to finish what was cut short"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sites", nargs="*", metavar="SITE", help="sites (default: all)")
    parser.add_argument(
        "--dry-run", action="store_true", help="only show what the engine would do; exit code 3 if anything"
    )
    parser.add_argument("--refresh", action="store_true", help="look at the world first, and repair what drifted")
    only_option(parser)
    run_options(parser)


def run(options: argparse.Namespace) -> int:
    import sys

    from isthmus.cli.display import reporter
    from isthmus.derive.site import stacks_for
    from isthmus.resolve import load_resolved
    from isthmus.run.stack import How
    from isthmus.run.table import failures, result_json, table
    from isthmus.run.up import up
    from isthmus.run.world import open_world

    resolved = load_resolved(options.federation)
    stacks = (options.only,) if options.only else stacks_for(resolved, tuple(options.sites))
    with reporter(quiet=options.json) as progress:
        world = open_world(options.federation, options.access, stacks, resolved, progress)
        if not options.json:
            print("\n".join(world.notes), file=sys.stderr)
        how = How(options.dry_run, options.refresh, options.wait, options.moved)
        results = up(world, stacks, how, progress)
    if options.json:
        print(result_json(world.notes, results))
    else:
        print(table(results, dry_run=options.dry_run))
        for line in failures(results):
            print(line, file=sys.stderr)
    if any(r.error for r in results):
        return 1
    return 3 if options.dry_run and any(r.pending for r in results) else 0
