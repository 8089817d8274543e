"""How long a person waits: `isthmus --help` (at most 0.2 s) and `check` of sites/itineris (at most 0.5 s)."""

import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.timing import process, timed

ROOT = Path(__file__).parents[2]


def measure() -> Iterator[str]:
    isthmus = str(Path(sys.executable).with_name("isthmus"))
    bare = timed(lambda: process([sys.executable, "-c", "pass"]), runs=9)
    yield f"python -c pass                  {bare}"
    for words, limit in ((["--help"], 0.2), (["check", "--federation", str(ROOT / "sites" / "itineris")], 0.5)):
        times = timed(lambda words=words: process([isthmus, *words]), runs=9)
        yield f"isthmus {words[0]:<23} {times}; wanted under {limit} s"
