"""isthmus demo: everything at once, on this machine, from nothing."""

import argparse

HELP = "show check, plan and map, build what is missing, start the box, and bring every site up"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing beyond what every verb takes."""


def run(options: argparse.Namespace) -> int:
    import time

    from isthmus.cli.display import reporter
    from isthmus.demo.introduce import introduce
    from isthmus.demo.schedule import bring_everything
    from isthmus.demo.summary import summary
    from isthmus.resolve import load_resolved

    begun = time.monotonic()
    introduce(options.federation)
    resolved = load_resolved(options.federation)
    with reporter(quiet=options.json) as progress:
        results = bring_everything(resolved, options.federation, progress)
    print(summary(resolved, results, time.monotonic() - begun))
    return 0 if all(r.succeeded for r in results) else 1
