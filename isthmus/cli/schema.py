"""isthmus schema: JSON Schemas of the files people write, for editors."""

import argparse
import json
from pathlib import Path

HELP = "print or write the JSON Schemas of federation.yaml and site.yaml"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", choices=("federation", "site"), help="print only this file's schema")
    parser.add_argument(
        "--write",
        type=Path,
        metavar="DIR",
        help="write federation.schema.json and site.schema.json into this folder instead",
    )


def run(options: argparse.Namespace) -> int:
    from isthmus.errors import Unavailable
    from isthmus.model.schema import as_text, schemas

    chosen = {name: schema for name, schema in schemas().items() if options.file in (None, name)}
    if options.write is None:
        print(as_text(chosen[options.file] if options.file else chosen), end="")
        return 0
    written = []
    try:
        options.write.mkdir(parents=True, exist_ok=True)
        for name, schema in chosen.items():
            target = options.write / f"{name}.schema.json"
            target.write_text(as_text(schema), encoding="utf-8")
            written.append(str(target))
    except OSError as problem:
        raise Unavailable(
            f"the schemas cannot be written to {options.write}",
            why=str(problem.strerror),
            next_step="name a folder you may write to with --write DIR",
        ) from None
    print(json.dumps(written) if options.json else "\n".join(written))
    return 0
