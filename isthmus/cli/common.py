"""Options that several verbs take, and mean the same everywhere."""

import argparse
from pathlib import Path


def common_again() -> argparse.ArgumentParser:
    """A parent for an action's parser. It sets nothing where an option is left out: the verb's own value stays."""
    parser = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    parser.add_argument("--federation", type=Path, metavar="DIR", help="the federation's folder")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    return parser


def access_option(parser: argparse.ArgumentParser) -> None:
    """Which target: an access folder."""
    parser.add_argument(
        "--access", type=Path, metavar="DIR", help="folder with clouds.yaml and kubeconfig/ of the target"
    )


def run_options(parser: argparse.ArgumentParser) -> None:
    """What every verb takes that changes stacks."""
    parser.add_argument("--wait", action="store_true", help="wait when somebody else holds a stack's lock")
    parser.add_argument("--moved", action="store_true", help="the cloud answers at a new address: follow it")
    access_option(parser)


def only_option(parser: argparse.ArgumentParser) -> None:
    """One stack of a site instead of all."""
    parser.add_argument("--only", metavar="STACK", help="one stack alone, for example cloud-NAME")
