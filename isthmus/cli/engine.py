"""isthmus engine: the Pulumi engine and its providers."""

import argparse
import os
from pathlib import Path

from isthmus.cli.common import common_again

HELP = "the Pulumi engine and its providers (env, status, install)"


def arguments(parser: argparse.ArgumentParser) -> None:
    common = common_again()
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    env = actions.add_parser("env", parents=[common], help='exports for a plain shell: eval "$(isthmus engine env)"')
    env.add_argument("--access", type=Path, metavar="DIR", help="folder with clouds.yaml and kubeconfig/ of the target")
    actions.add_parser("status", parents=[common], help="which engine and providers are in use")
    actions.add_parser("install", parents=[common], help="install or build what is missing")


def run(options: argparse.Namespace) -> int:
    return {"env": _env, "status": _status, "install": _status}[options.action](options)


def _env(options: argparse.Namespace) -> int:
    """Standard output has exports only: everything else would be run by the shell."""
    import json
    import sys

    from isthmus.cli.display import reporter
    from isthmus.engine.environment import engine
    from isthmus.resolve import load_resolved
    from isthmus.run.shell import exports, settings

    resolved = load_resolved(options.federation)
    with reporter(quiet=options.json) as progress:
        ready = engine(progress)
        found = settings(ready, resolved, options.federation, options.access, progress)
    print(f"target: {found.target}", file=sys.stderr)
    print(json.dumps(found.values, indent=2) if options.json else exports(found.values, os.environ))
    return 0


def _status(options: argparse.Namespace) -> int:
    import dataclasses
    import json

    from isthmus.cli.display import reporter
    from isthmus.engine.environment import engine

    with reporter(quiet=options.json) as progress:
        ready = engine(progress)
    if options.json:
        print(json.dumps(dataclasses.asdict(ready), indent=2, default=str))
    else:
        print("\n".join(ready.describe()))
        print(f"program: {ready.pulumi}")
    return 0
