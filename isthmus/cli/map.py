"""isthmus map: the federation as a picture."""

import argparse
from pathlib import Path

HELP = "draw the federation: in the terminal, or as SVG"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--svg", type=Path, metavar="FILE", help="write an SVG instead")


def run(options: argparse.Namespace) -> int:
    import dataclasses
    import json

    from isthmus.picture import svg, terminal
    from isthmus.picture.scene import scene
    from isthmus.resolve import load_resolved

    drawn = scene(load_resolved(options.federation))
    if options.json:
        print(json.dumps(dataclasses.asdict(drawn), indent=2))
    elif options.svg:
        options.svg.write_text(svg.draw(drawn))
        print(f"Wrote {options.svg}.")
    else:
        print(terminal.draw(drawn))
    return 0
