"""After an interruption: make the state true again, before anything new is done.

The engine writes `pending` before it asks an API, and the result after the
answer. Whatever was cut between the two is looked up by the API itself: what
is there is taken into the state, what is not is forgotten and made anew.
"""

from dataclasses import dataclass
from typing import Any

from isthmus.errors import IsthmusError
from isthmus.run import checkpoint, faults
from isthmus.run.finders import Found, Search, Wanted
from isthmus.run.pulumi import Pulumi, Say


@dataclass(frozen=True)
class Recovered:
    """What was found after an interruption: names of what was taken in, is made anew, and was looked at again."""

    taken: tuple[str, ...] = ()
    anew: tuple[str, ...] = ()
    checked: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.taken or self.anew or self.checked)

    def __str__(self) -> str:
        parts = [
            f"{len(names)} {words} ({', '.join(names[:3])}{', ...' if len(names) > 3 else ''})"
            for names, words in (
                (self.taken, "had been made and were taken in"),
                (self.anew, "are made anew"),
                (self.checked, "were looked at again"),
            )
            if names
        ]
        return "an earlier run was interrupted: " + ", ".join(parts)


def recover(pulumi: Pulumi, stack: str, document: dict[str, Any], search: Search, say: Say) -> Recovered:
    """Settle every pending operation of `document`. Raises when a thing cannot be looked up, or several fit.

    The caller holds the stack's lock.
    """
    operations = checkpoint.pending(document)
    if not operations:
        return Recovered()
    say(f"an earlier run was interrupted: {len(operations)} operations to settle")
    pulumi.end_leftovers(stack)
    owners = checkpoint.providers(document)
    add, refresh, settled = [], [], []
    taken, anew, checked = [], [], []
    for operation in operations:
        resource, urn = operation.resource, operation.urn
        settled.append(urn)
        if operation.kind not in ("creating", "importing"):
            refresh.append(urn)
            checked.append(checkpoint.name_of(urn))
            continue
        wanted = Wanted(
            str(resource["type"]), resource.get("inputs") or {}, owners.get(str(resource.get("provider")), {})
        )
        found = _there(search, wanted, checkpoint.taken_ids(document, wanted.token))
        if found is None:
            anew.append(checkpoint.name_of(urn))
            continue
        add.append(checkpoint.adopted(resource, found.id))
        refresh.append(urn)
        taken.append(checkpoint.name_of(urn))
    settled_document = checkpoint.edited(document, add, settled)
    pulumi.put(stack, settled_document)
    there = {str(r["urn"]) for r in checkpoint.resources(settled_document)}
    refresh = [urn for urn in refresh if urn in there]
    if refresh:
        outcome = pulumi.refresh(stack, say, targets=refresh, fresh_login=True)
        if not outcome.ok:
            raise faults.explain(stack, outcome)
    return Recovered(tuple(taken), tuple(anew), tuple(checked))


def _there(search: Search, wanted: Wanted, taken: frozenset[str]) -> Found | None:
    """What can be kept; what cannot is removed."""
    try:
        found = search.find(wanted, taken)
        if found and not found.keep:
            search.remove(found)
            return None
        if found:
            search.finish(wanted, found)
        return found
    except IsthmusError:
        raise
    except Exception as problem:
        raise faults.lookup_failed(search.cloud, problem) from None
