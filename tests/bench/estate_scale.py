"""Load, allocate and derive generated trees of 100 to 1,000 sites: seconds, and the exponent of cost in sites."""

import math
import tempfile
from collections.abc import Iterator
from pathlib import Path

from isthmus.allocate import allocate, resolve_federation
from isthmus.derive.site import derive_stack, stacks_for
from isthmus.ledger.entries import Ledger
from isthmus.load.federation import load_federation
from tests.bench.estate import generate
from tests.bench.timing import timed

SIZES = (100, 200, 500, 1000)


def measure() -> Iterator[str]:
    medians = {}
    with tempfile.TemporaryDirectory() as scratch:
        for size in SIZES:
            folder = generate(Path(scratch) / str(size), sites=size)
            times = timed(lambda folder=folder: everything(folder), runs=5)
            medians[size] = times.median
            yield f"{size:>5} sites  {times}"
    exponent = slope({math.log(n): math.log(s) for n, s in medians.items()})
    yield f"exponent {exponent:.2f} from {SIZES[0]} to {SIZES[-1]} sites; wanted at most 1.1, and under 5 s at the end"


def everything(folder: Path) -> int:
    """Load, allocate, resolve and derive every stack; returns the number of things."""
    federation = load_federation(folder)
    resolved = resolve_federation(federation, allocate(federation, Ledger()))
    return sum(len(derive_stack(resolved, stack).things()) for stack in stacks_for(resolved, ()))


def slope(points: dict[float, float]) -> float:
    """Least-squares slope of y over x."""
    mean_x = sum(points) / len(points)
    mean_y = sum(points.values()) / len(points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points.items()) / sum((x - mean_x) ** 2 for x in points)
