"""What now exists, in a table, and what to try next."""

import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from isthmus.derive.site import derive_stack
from isthmus.ledger.entries import Resolved
from isthmus.plan.text import kind_of
from isthmus.run.stack import Brought
from isthmus.run.table import failures, table
from lab.box import Box


def summary(
    resolved: Resolved, folder: Path, box: Box, results: Sequence[Brought], notes: Sequence[str], seconds: float
) -> str:
    """The end of the demo as text."""
    standing = [r.stack for r in results if not r.error]
    kinds: Counter[str] = Counter()
    for stack in standing:
        kinds.update(kind_of(thing.what) for thing in derive_stack(resolved, stack).things())
    memory = box.memory_bytes() / 2**30
    lines = [
        "",
        table(results),
        *failures(results),
        "",
        "What now exists: " + ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items())) + ".",
        f"The box uses {memory:.1f} GiB in {box.folder}. Stand-ins: hypervisors, network agents, storage, kubelets.",
        *notes,
        f"All of it took {seconds:.0f} s.",
        "",
        "Next, try:",
        *(f"    {command:<72}  {meaning}" for command, meaning in _next(resolved, folder)),
    ]
    return "\n".join(lines)


def _next(resolved: Resolved, folder: Path) -> list[tuple[str, str]]:
    """Three commands to try, as they are typed from here."""
    isthmus = os.path.relpath(sys.argv[0])
    site = sorted(resolved.federation.sites)[0]
    return [
        (f"{isthmus} show {site}", "what stands at one site"),
        (f"{isthmus} plan {site}", f"after a change in {folder / site / 'site.yaml'}"),
        (f'eval "$({isthmus} engine env)" && pulumi preview -s {site}', "the same with plain pulumi"),
    ]
