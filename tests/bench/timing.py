"""How benches time: whole processes or calls, several runs, median and spread."""

import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Times:
    """Seconds of several runs of one thing."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def __str__(self) -> str:
        return f"{self.median:.3f} s (of {len(self.seconds)}: {min(self.seconds):.3f} to {max(self.seconds):.3f})"


def timed(call: Callable[[], object], runs: int = 5, warmup: int = 1) -> Times:
    """Time a call; the first `warmup` runs are not counted."""
    for _ in range(warmup):
        call()
    return Times(tuple(_once(call) for _ in range(runs)))


def _once(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def process(argv: Sequence[str], env: Mapping[str, str] | None = None, ok: tuple[int, ...] = (0,)) -> None:
    """Run a command to its end; raises when its exit code is not in `ok`."""
    done = subprocess.run(argv, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode not in ok:
        raise RuntimeError(f"{argv} ended with {done.returncode}: {done.stderr[-400:]}")
