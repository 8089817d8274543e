"""What the demo shows in its first minute, before anything is built."""

import argparse
import importlib
from pathlib import Path


def introduce(federation: Path) -> None:
    """Check, plan and map, with the very verbs a user types."""
    for verb in ("check", "plan", "map"):
        print(f"\n$ isthmus {verb}")
        module = importlib.import_module(f"isthmus.cli.{verb}")
        parser = argparse.ArgumentParser()
        module.arguments(parser)
        options = parser.parse_args([])
        options.federation, options.json = federation, False
        module.run(options)
    print(flush=True)
