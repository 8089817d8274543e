"""What now exists, in a table, and what to try next."""

from collections import Counter
from collections.abc import Sequence

from isthmus.derive.site import derive_stack
from isthmus.ledger.entries import Resolved
from isthmus.plan.text import kind_of
from isthmus.run.stack import Brought
from isthmus.run.table import failures, table
from lab.box import Box


def summary(resolved: Resolved, box: Box, results: Sequence[Brought], notes: Sequence[str], seconds: float) -> str:
    """The end of the demo as text."""
    standing = [r.stack for r in results if not r.error]
    kinds: Counter[str] = Counter()
    for stack in standing:
        kinds.update(kind_of(thing.what) for thing in derive_stack(resolved, stack).things())
    memory = sum({(s.process, s.detail): s.memory_bytes for s in box.status()}.values()) / 2**30
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
        "    .venv/bin/isthmus show bari                    what stands at one site",
        "    .venv/bin/isthmus up bari --dry-run            what a change in sites/itineris/bari/site.yaml would do",
        '    eval "$(.venv/bin/isthmus engine env)" && pulumi preview -s bari     the same with plain pulumi',
    ]
    return "\n".join(lines)
