"""isthmus init: a federation repository of one's own."""

import argparse
from pathlib import Path

HELP = "start a federation repository of your own in this folder (or DIR)"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", nargs="?", type=Path, default=Path(), metavar="DIR", help="default: this folder")
    parser.add_argument("--name", help="name of the federation (default: the folder's name)")
    parser.add_argument("--site", default="site-1", help="name of the first site (default: site-1)")
    parser.add_argument("--institution", default="Example Institution", help="who owns the first site")
    parser.add_argument("--country", default="IT", help="its country, ISO 3166-1 alpha-2 (default: IT)")
    parser.add_argument("--domain", help="DNS domain of the federation (default: NAME.example.org)")
    parser.add_argument("--dry-run", action="store_true", help="name the files, write nothing")


def run(options: argparse.Namespace) -> int:
    import json

    from isthmus.starter.write import Answers, write

    name = options.name or options.folder.resolve().name.lower()
    answers = Answers(
        federation=name,
        site=options.site,
        institution=options.institution,
        country=options.country,
        domain=options.domain or f"{name}.example.org",
    )
    files = write(options.folder, answers, dry_run=options.dry_run)
    if options.json:
        print(json.dumps([str(f) for f in files]))
        return 0
    for file in files:
        print(f"{'would write' if options.dry_run else 'wrote'} {file}")
    there = "" if options.folder.resolve() == Path.cwd() else f"cd {options.folder}, then "
    print(f"Next: {there}isthmus check, then isthmus plan, then isthmus lab up && isthmus up")
    return 0
