"""Options that every verb takes, for verbs with actions of their own: people write them after the action too."""

import argparse
from pathlib import Path


def common_again() -> argparse.ArgumentParser:
    """A parent for an action's parser. It sets nothing where an option is left out: the verb's own value stays."""
    parser = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    parser.add_argument("--federation", type=Path, metavar="DIR", help="the federation's folder")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    return parser
