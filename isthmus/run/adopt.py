"""Take what exists into a stack's state, unchanged: a zone, a network, a project; or everything, when state is lost.

Round by round: the engine says what it would create, the APIs say which of
these are there, and those enter the state with their ids. What one round
brings in makes the next round's questions answerable.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from infra.standin.kubernetes.ownership import ADOPTING
from isthmus.errors import IsthmusError, Refused
from isthmus.run import checkpoint, faults
from isthmus.run.finders import Found, Search, Wanted, known
from isthmus.run.journal import Journal
from isthmus.run.lost import begin_anew
from isthmus.run.pulumi import EngineFailed, Say
from isthmus.run.recover import recover
from isthmus.run.stack import How, held
from isthmus.run.world import World

_ROUNDS = 12
QUOTAS = ("quotaSetV2", "quotaV2", "quoteSetV3")
_SHOWN = 10


@dataclass(frozen=True)
class Adopting:
    """What the operator asked for."""

    dry_run: bool = False
    accept_differences: bool = False
    lost_state: bool = False
    wait: bool = False
    moved: bool = False


@dataclass(frozen=True)
class Adopted:
    """What became of one stack: names and ids taken in, what differs from the model, is not there, is made anew.

    `kept` says that its state was not lost and was left alone.
    """

    stack: str
    taken: tuple[tuple[str, str], ...] = ()
    differences: tuple[tuple[str, tuple[str, ...]], ...] = ()
    missing: tuple[str, ...] = ()
    anew: tuple[tuple[str, str], ...] = ()
    kept: bool = False
    error: IsthmusError | None = field(default=None, compare=False)

    def as_json(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "stack": self.stack,
            "adopted": [{"resource": name, "id": found} for name, found in self.taken],
            "differences": [{"resource": name, "properties": list(keys)} for name, keys in self.differences],
            "missing": list(self.missing),
            "made_anew": [{"resource": name, "why": why} for name, why in self.anew],
        }
        if self.error:
            told |= {"error": self.error.what, "why": self.error.why, "next_step": self.error.next_step}
        return told


def adopt(world: World, stack: str, asked: Adopting, journal: Journal, say: Say) -> Adopted:
    """Adopt into one stack. Nothing outside is changed; the state is put back where this refuses or is a dry run."""
    try:
        with held(world, stack, How(wait=asked.wait), say):
            return _adopt(world, stack, asked, journal, say)
    except EngineFailed as failed:
        raise faults.explain_command(stack, failed) from None


def _adopt(world: World, stack: str, asked: Adopting, journal: Journal, say: Say) -> Adopted:
    pulumi, search = world.pulumi, world.search(stack)
    if asked.lost_state:
        begin_anew(pulumi, stack, journal, say)
    pulumi.init(stack)
    before = pulumi.export(stack)
    world.check_same_cloud(stack, before, moved=asked.moved)
    if asked.dry_run:
        _check_settled(stack, before)
    journal.keep_state(stack, before)
    if not asked.dry_run and recover(pulumi, stack, before, search, say):
        before = pulumi.export(stack)
    try:
        result = _rounds(
            world, stack, search, say, remove=asked.lost_state and not asked.dry_run, lost=asked.lost_state
        )
    except BaseException:
        pulumi.put(stack, before)
        raise
    if asked.dry_run:
        pulumi.put(stack, before)
        return result
    if result.differences and not asked.accept_differences:
        pulumi.put(stack, before)
        raise _differ(stack, result)
    journal.keep_state(stack, pulumi.export(stack))
    return result


def _check_settled(stack: str, document: Mapping[str, Any]) -> None:
    """A dry run puts the state back as it was, and the engine forgets pending operations when it is given a state."""
    interrupted = checkpoint.pending(document)
    if interrupted:
        raise Refused(
            f"an earlier run of {stack} was interrupted. Nothing was changed.",
            why=f"{len(interrupted)} operations are not settled, and a dry run would forget them",
            next_step=f"isthmus up --only {stack} settles them first",
        )


def _rounds(world: World, stack: str, search: Search, say: Say, *, remove: bool, lost: bool) -> Adopted:
    """Until a round finds nothing more. `remove` deletes what cannot be kept: it stands in its successor's way.

    Quotas are settings that every project has, so only a lost state takes
    them in: otherwise `up` sets them, and says so beforehand.
    """
    pulumi = world.pulumi
    taken: dict[str, str] = {}
    anew: dict[str, str] = {}
    _begin_providers(world, stack, say)
    for number in range(1, _ROUNDS + 1):
        steps, document = _steps(world, stack, say), pulumi.export(stack)
        creates = [s["newState"] for s in steps if s["op"] == "create" and _outside(s.get("newState"))]
        open_ones = [r for r in creates if r["urn"] not in anew and known(_telling(r)) and (lost or not _setting(r))]
        say(f"round {number}: looking for {len(open_ones)} things, {len(taken)} taken in so far")
        found = look_up(search, open_ones, document)
        for urn, unkept in ((urn, f) for urn, f in found.items() if not f.keep):
            anew[urn] = unkept.why
            if remove:
                search.remove(unkept)
        add = [checkpoint.adopted(r, found[r["urn"]].id) for r in creates if r["urn"] in found and found[r["urn"]].keep]
        if not add:
            return _result(stack, steps, taken, anew)
        parents = _missing_parents(add, steps, document)
        pulumi.put(stack, checkpoint.edited(document, [*parents, *add]))
        refreshed = pulumi.refresh(stack, say, targets=[r["urn"] for r in add])
        if not refreshed.ok:
            raise faults.explain(stack, refreshed)
        taken |= {r["urn"]: r["id"] for r in add}
    return _result(stack, _steps(world, stack, say), taken, anew)


def look_up(search: Search, rows: Sequence[Mapping[str, Any]], document: Mapping[str, Any]) -> dict[str, Found]:
    """What is there of `rows` (new states of the engine), by URN; several requests at a time."""
    owners = checkpoint.providers(document)

    def one(row: Mapping[str, Any]) -> Found | None:
        wanted = Wanted(str(row["type"]), row.get("inputs") or {}, owners.get(str(row.get("provider")), {}))
        return search.find(wanted, checkpoint.taken_ids(document, wanted.token))

    with ThreadPoolExecutor(max_workers=8) as pool:
        try:
            results = list(pool.map(one, rows))
        except IsthmusError:
            raise
        except Exception as problem:
            raise faults.lookup_failed(search.cloud, problem) from None
    return {str(row["urn"]): found for row, found in zip(rows, results, strict=True) if found}


def _begin_providers(world: World, stack: str, say: Say) -> None:
    """Resources need their providers in the state first; these, and components above them, exist nowhere outside."""
    planned = {s["urn"]: s["newState"] for s in _steps(world, stack, say) if s["op"] == "create" and s.get("newState")}
    wanted: dict[str, None] = {}
    for urn, state in planned.items():
        if str(state["type"]).startswith(checkpoint.PROVIDERS) and known(state.get("inputs") or {}):
            while urn in planned:
                wanted[urn] = None
                urn = str(planned[urn].get("parent") or "")
    if wanted:
        outcome = world.pulumi.up(stack, say, targets=list(wanted))
        if not outcome.ok:
            raise faults.explain(stack, outcome)


def _steps(world: World, stack: str, say: Say) -> list[dict[str, Any]]:
    outcome, document = world.pulumi.with_environment(**{ADOPTING: "1"}).digest(stack, say)
    if not outcome.ok:
        raise faults.explain(stack, outcome)
    return list(document.get("steps") or [])


def _outside(state: Mapping[str, Any] | None) -> bool:
    return bool(state and state.get("custom") and not str(state["type"]).startswith(checkpoint.PROVIDERS))


def _setting(row: Mapping[str, Any]) -> bool:
    return any(word in str(row["type"]) for word in QUOTAS)


def _telling(row: Mapping[str, Any]) -> Any:
    """What must be known before a thing can be looked up: its provider and every plain input."""
    return [row.get("provider", "").rsplit("::", 1)[-1], row.get("inputs") or {}]


def _missing_parents(
    add: Sequence[Mapping[str, Any]], steps: Sequence[Mapping[str, Any]], document: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Components above `add` that the state lacks, outermost first."""
    there = {r["urn"] for r in checkpoint.resources(document)}
    planned = {s["urn"]: s["newState"] for s in steps if s.get("newState")}
    result: dict[str, dict[str, Any]] = {}

    def climb(urn: str) -> None:
        if not urn or urn in there or urn in result or urn not in planned:
            return
        climb(str(planned[urn].get("parent") or ""))
        result[urn] = checkpoint.component(planned[urn])

    for row in add:
        climb(str(row.get("parent") or ""))
    return list(result.values())


def _result(
    stack: str, steps: Sequence[Mapping[str, Any]], taken: Mapping[str, str], anew: Mapping[str, str]
) -> Adopted:
    name: Callable[[str], str] = checkpoint.name_of
    differences = tuple(
        (name(s["urn"]), tuple(sorted(s.get("detailedDiff") or s.get("diffReasons") or ())))
        for s in steps
        if s["urn"] in taken and s["op"] not in ("same", "create", "create-replacement", "delete-replaced")
    )
    missing = tuple(
        name(s["urn"]) for s in steps if s["op"] == "create" and _outside(s.get("newState")) and s["urn"] not in anew
    )
    return Adopted(
        stack=stack,
        taken=tuple((name(urn), found) for urn, found in taken.items()),
        differences=differences,
        missing=missing,
        anew=tuple((name(urn), why) for urn, why in anew.items()),
    )


def _differ(stack: str, result: Adopted) -> Refused:
    told = [f"{name} ({', '.join(keys[:4])})" for name, keys in result.differences[:_SHOWN]]
    more = f"; and {len(result.differences) - _SHOWN} more" if len(result.differences) > _SHOWN else ""
    return Refused(
        f"{len(result.differences)} things of {stack} differ from the model. Nothing was changed.",
        why="; ".join(told) + more,
        next_step="write them into the model as they are, or adopt with --accept-differences: up then changes them",
    )
