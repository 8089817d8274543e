"""A plan in words, for people: one line a change, or one a kind when there are many."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from isthmus.plan.change import SIGNS, Change

FULL_UP_TO = 60
"""More changes than this are shown by kind, unless everything is asked for."""


def headline(federation: str, changes: Sequence[Change]) -> str:
    """How much changes, where, and whether work stops."""
    if not changes:
        return f"{federation}: nothing to change."
    stacks = sorted({c.stack for c in changes})
    counts = [f"{n} to {verb}" for verb in SIGNS if (n := sum(c.action == verb for c in changes))]
    stopping = [c for c in changes if c.interrupts]
    traffic = f"{len(stopping)} may interrupt running work" if stopping else "no running work is interrupted"
    where = f"{len(stacks)} stack{'s' * (len(stacks) != 1)}"
    changed = f"{len(changes)} change{'s' * (len(changes) != 1)}"
    return f"{federation}: {changed} in {where} ({', '.join(counts)}), {traffic}."


def lines(changes: Sequence[Change], *, everything: bool = False) -> Iterable[str]:
    """The changes stack by stack."""
    width = max((len(c.what) for c in changes), default=0)
    for stack, group in groupby(changes, key=lambda c: c.stack):
        members = list(group)
        yield f"{stack}"
        if everything or len(changes) <= FULL_UP_TO:
            for change in members:
                yield from _one(change, min(width, 48))
        else:
            yield from _by_kind(members)


def _one(change: Change, width: int) -> Iterable[str]:
    reach = replace(change.reach, interrupts=change.interrupts)
    yield f"  {SIGNS[change.action]} {change.what:<{width}}  because {change.reason}; reaches {reach}"
    for detail in change.details:
        yield f"      {detail}"


def _by_kind(changes: Sequence[Change]) -> Iterable[str]:
    ordered = sorted(changes, key=lambda c: (list(SIGNS).index(c.action), kind_of(c.what)))
    for (action, name), group in groupby(ordered, key=lambda c: (c.action, kind_of(c.what))):
        members = list(group)
        first = members[0]
        if len(members) == 1:
            yield f"  {SIGNS[action]} {first.what}, because {first.reason}"
        else:
            yield f"  {SIGNS[action]} {len(members)} x {name}, the first because {first.reason}"


def kind_of(what: str) -> str:
    """The first words of a thing's `what`: `flavor`, `storage class`, `labels`."""
    words = what.split(" ")
    two = " ".join(words[:2])
    return _LONGER.get(two, words[0])


_LONGER = {
    **{two: two for two in ("storage class", "priority class", "volume type", "security group", "server group")},
    **{two: two for two in ("availability zone", "application credential", "public network")},
    "labels of": "node labels",
    "labels and": "node labels",
    "quota of": "project quota",
    "no limit": "operator quota",
    "limit of": "volume limit",
}
