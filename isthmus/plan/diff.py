"""Desired things against what the state recorded -> changes. Pure."""

from collections.abc import Iterable

from isthmus.derive.thing import Thing
from isthmus.plan.change import Action, Change
from isthmus.plan.recorded import Applied, Recorded, fields_of, shortened


def diff(stack: str, things: Iterable[Thing], recorded: Recorded | None) -> tuple[Change, ...]:
    """Every change that would bring the stack from `recorded` to `things`, in the order it would happen."""
    wanted = {thing.key: thing for thing in things}
    known = recorded or Recorded(frozenset(), {})
    changes = [c for thing in wanted.values() if (c := _change(stack, thing, known))]
    gone = [key for key in known.things if key not in wanted and known.has(key)]
    return (*changes, *(_deletion(stack, key, known.things[key]) for key in reversed(gone)))


def _change(stack: str, thing: Thing, known: Recorded) -> Change | None:
    applied = known.things.get(thing.key)
    if applied is None or not known.has(thing.key):
        return Change(stack, "create", thing.key, thing.what, thing.because, thing.reach, thing.holds_data)
    details = tuple(_details(applied, thing))
    if not details:
        return None
    action: Action = "replace" if any(d.partition(":")[0] in thing.fixed for d in details) else "update"
    return Change(stack, action, thing.key, thing.what, thing.because, thing.reach, thing.holds_data, details)


def _details(applied: Applied, thing: Thing) -> Iterable[str]:
    for field, value in fields_of(thing).items():
        before, after = applied.fields.get(field, ""), shortened(value)
        if before != after:
            yield f"{field}: {before or 'nothing'} -> {after}"


def _deletion(stack: str, key: str, applied: Applied) -> Change:
    reason = "nothing in the federation asks for it any more"
    return Change(stack, "delete", key, applied.what, reason, applied.reach, applied.holds_data)
