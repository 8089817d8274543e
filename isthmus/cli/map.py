"""isthmus map: the federation as a picture."""

import argparse
from pathlib import Path

HELP = "draw the federation: in the terminal, or as SVG"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--svg", type=Path, metavar="FILE", help="write an SVG instead")


def run(options: argparse.Namespace) -> int:
    import dataclasses
    import json

    from isthmus.errors import Unavailable
    from isthmus.picture import svg, terminal
    from isthmus.picture.scene import scene
    from isthmus.resolve import load_resolved

    drawn = scene(load_resolved(options.federation))
    if options.json:
        print(json.dumps(dataclasses.asdict(drawn), indent=2))
    elif options.svg:
        try:
            options.svg.write_text(svg.draw(drawn), encoding="utf-8")
        except OSError as problem:
            raise Unavailable(
                f"the picture cannot be written to {options.svg}",
                why=problem.strerror or str(problem),
                next_step="name a file in a folder you may write to: --svg FILE",
            ) from None
        print(f"Wrote {options.svg}.")
    else:
        print(terminal.draw(drawn))
    return 0
