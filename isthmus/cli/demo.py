"""isthmus demo: everything at once, on this machine, from nothing."""

import argparse

HELP = "show check, plan and map, build what is missing, start the box, and bring every site up"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing beyond what every verb takes."""


def run(options: argparse.Namespace) -> int:
    import json
    import time

    from isthmus.cli.display import reporter
    from isthmus.demo.bring import Everything
    from isthmus.demo.introduce import introduce
    from isthmus.demo.summary import summary
    from isthmus.resolve import load_resolved
    from isthmus.run.table import result_json
    from lab.box import open_box

    begun = time.monotonic()
    if not options.json:
        introduce(options.federation)
    resolved = load_resolved(options.federation)
    box = open_box(options.federation)
    with reporter(quiet=options.json) as progress:
        results, notes = Everything(resolved, options.federation, box, progress).bring()
    seconds = time.monotonic() - begun
    if options.json:
        print(json.dumps({**json.loads(result_json(notes, results)), "seconds": round(seconds, 1)}, indent=2))
    else:
        print(summary(resolved, options.federation, box, results, notes, seconds))
    return 1 if any(r.error for r in results) else 0
