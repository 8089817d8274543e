"""Results of runs for people and for programs."""

import json
from collections.abc import Iterable, Sequence

from isthmus.run.stack import Brought

_SHOWN = 20


def table(results: Sequence[Brought], *, dry_run: bool = False) -> str:
    """One row a stack, and the notes below. For a dry run also the first changes."""
    width = max([len("stack"), *(len(r.stack) for r in results)])
    heads = ("to create", "to update", "to delete") if dry_run else ("created", "updated", "deleted")
    lines = [f"{'stack':<{width}}  {heads[0]:>9}  {heads[1]:>9}  {heads[2]:>9}  {'same':>5}  {'time':>7}"]
    for r in results:
        if r.error:
            lines.append(f"{r.stack:<{width}}  FAILED: {r.error.what}")
            continue
        counts = f"{r.created:>9}  {r.updated:>9}  {r.deleted:>9}  {r.same:>5}"
        lines.append(f"{r.stack:<{width}}  {counts}  {r.seconds:>5.1f} s")
        if dry_run:
            lines += [f"  {op:<7} {name}" for op, name in r.changed[:_SHOWN]]
            if len(r.changed) > _SHOWN:
                lines.append(f"  and {len(r.changed) - _SHOWN} more: --json shows them all")
    if not any(r.pending or r.error for r in results):
        lines.append("Nothing to change." if dry_run else "Nothing changed.")
    notes = dict.fromkeys(f"note ({r.stack}): {note}" for r in results for note in r.notes)
    return "\n".join([*lines, *notes])


def failures(results: Iterable[Brought]) -> list[str]:
    """Every failure with cause and next step."""
    return [f"{r.stack}: {r.error}" for r in results if r.error]


def result_json(notes: Sequence[str], results: Sequence[Brought]) -> str:
    return json.dumps({"notes": list(notes), "stacks": [r.as_json() for r in results]}, indent=2)
