"""isthmus down: take sites down, unless somebody uses them."""

import argparse

from isthmus.cli.common import run_options

HELP = "take sites down; refuses while tenants' servers, volumes, pods or claims are there, and names them"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sites", nargs="*", metavar="SITE", help="sites; with none of them, --all must be given")
    parser.add_argument("--all", action="store_true", help="every site of the federation")
    parser.add_argument("--with-cloud", action="store_true", help="insist that the cloud's shared things go too")
    parser.add_argument("--dry-run", action="store_true", help="only show what would go; exit code 3 if anything")
    run_options(parser)


def run(options: argparse.Namespace) -> int:
    import sys

    from isthmus.cli.display import reporter
    from isthmus.derive.site import stacks_for
    from isthmus.errors import BadInput
    from isthmus.resolve import load_resolved
    from isthmus.run.down import down, stacks_down
    from isthmus.run.stack import How
    from isthmus.run.table import failures, result_json, table
    from isthmus.run.world import open_world

    if not options.sites and not options.all:
        raise BadInput("no site is named", next_step="name sites, or --all")
    resolved = load_resolved(options.federation)
    with reporter(quiet=options.json) as progress:
        world = open_world(
            options.federation, options.access, stacks_for(resolved, tuple(options.sites)), resolved, progress
        )
        if not options.json:
            print("\n".join(world.notes), file=sys.stderr)
        stacks = stacks_down(world, options.sites, with_cloud=options.with_cloud)
        how = How(dry_run=options.dry_run, wait=options.wait, moved=options.moved)
        results = down(world, stacks, how, progress)
    if options.json:
        print(result_json(world.notes, results))
    else:
        print(table(results, dry_run=options.dry_run))
        for line in failures(results):
            print(line, file=sys.stderr)
    if any(r.error for r in results):
        return 1
    return 3 if options.dry_run and any(r.pending for r in results) else 0
