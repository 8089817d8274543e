"""Take stacks down: guarded, unprotected, destroyed, and proven gone by the clouds' own listings."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from isthmus.derive.cloud import STACK_PREFIX, stack_name
from isthmus.derive.site import SiteStack, stacks_for
from isthmus.errors import IsthmusError, Refused, Unavailable
from isthmus.progress import Reporter
from isthmus.run import checkpoint, faults, guards
from isthmus.run.adopt import QUOTAS
from isthmus.run.finders import Search, Wanted
from isthmus.run.journal import Journal, digest_of
from isthmus.run.pulumi import EngineFailed, Outcome, Pulumi, Say
from isthmus.run.recover import recover
from isthmus.run.stack import Brought, How, held
from isthmus.run.up import in_order
from isthmus.run.world import World

PROJECT = "openstack:identity/project:Project"


def stacks_down(world: World, sites: Sequence[str], *, with_cloud: bool) -> tuple[str, ...]:
    """The stacks to take down, sites first; a cloud's only with its last site.

    Raises Refused when `with_cloud` is asked and other sites still build on the cloud.
    """
    standing = set(world.pulumi.stacks())
    strangers = _strangers(world, standing)
    chosen = list(dict.fromkeys(sites or sorted(world.resolved.federation.sites)))
    clouds = []
    for cloud in world.resolved.federation.shared.clouds:
        mine = [s for s in chosen if s in cloud.sites]
        if not mine or cloud.platform != "openstack":
            continue
        others = [s for s in cloud.sites if s not in chosen and s in standing and _holds(world, s)]
        if not others and not strangers:
            clouds.append(stack_name(cloud))
        elif with_cloud and strangers:
            raise Refused(
                f"cloud {cloud.name} may still carry {', '.join(strangers)}. Nothing was changed.",
                why="their stacks have things in an OpenStack, and the model no longer knows these sites",
                next_step="give the sites back to the model and take them down first",
            )
        elif with_cloud:
            raise Refused(
                f"cloud {cloud.name} still carries {', '.join(others)}. Nothing was changed.",
                why="their zones build on its projects, flavors and networks",
                next_step=f"isthmus down {' '.join([*mine, *others])} takes them all down",
            )
    return tuple(s for s in (*chosen, *clouds) if s in standing)


def down(world: World, stacks: Sequence[str], how: How, reporter: Reporter) -> tuple[Brought, ...]:
    """Take the stacks down, sites before their clouds. Nothing at all is touched where any stack's guard refuses."""
    name = world.resolved.federation.name
    journal = Journal("down", name, world.access.words(), tuple(stacks), digest_of(world.folder))

    refused = _refused(world, stacks, how, reporter)
    if refused:
        results = tuple(Brought(s, error=refused.get(s) or _not_begun(s, tuple(refused))) for s in stacks)
        journal.end("failed", {r.stack: r.as_json() for r in results})
        return results

    def work(stack: str, say: Say) -> Brought:
        return take_down(world, stack, how, journal, say)

    return in_order(world, stacks, work, journal, reporter, backwards=True)


def _refused(world: World, stacks: Sequence[str], how: How, reporter: Reporter) -> dict[str, IsthmusError]:
    """What stands in the way, by stack. A site must not be gone when its cloud's guard speaks.

    Each guard speaks again when its stack's turn comes, under the stack's lock.
    """
    if how.dry_run or len(stacks) < 2:
        return {}
    reporter.said("down", "looking for what tenants have there")
    refused: dict[str, IsthmusError] = {}
    documents: dict[str, dict[str, Any]] = {}
    for stack in stacks:
        try:
            documents[stack] = world.pulumi.export(stack)
        except EngineFailed as failed:
            refused[stack] = faults.explain_command(stack, failed)
    for stack, document in documents.items():
        search, desired = world.search(stack), world.desired(stack)
        going = [state for other, state in documents.items() if isinstance(world.desired(other), SiteStack)]
        ask = partial(guards.uses_of, desired, document, search.cloud, search.clusters, going)
        try:
            world.check_same_cloud(stack, document, moved=how.moved)
            uses = _ask(search, ask)
        except IsthmusError as problem:
            refused[stack] = problem
            continue
        if uses:
            refused[stack] = guards.refuse(stack, uses)
    return refused


def _not_begun(stack: str, refused: Sequence[str]) -> IsthmusError:
    return Unavailable(
        f"{stack} was not begun. Nothing was changed.",
        why=f"{', '.join(refused)} cannot go, and was asked for in the same run",
        next_step="see there; what is named alone goes without the others",
    )


def take_down(world: World, stack: str, how: How, journal: Journal, say: Say) -> Brought:
    """One stack. With `how.dry_run`, only what would go."""
    try:
        with held(world, stack, how, say):
            return _take_down(world, stack, how, journal, say)
    except EngineFailed as failed:
        raise faults.explain_command(stack, failed) from None


def _take_down(world: World, stack: str, how: How, journal: Journal, say: Say) -> Brought:
    pulumi, search = world.pulumi, world.search(stack)
    document = pulumi.export(stack)
    world.check_same_cloud(stack, document, moved=how.moved)
    say("looking for what tenants have there")
    uses = _ask(search, lambda: guards.uses_of(world.desired(stack), document, search.cloud, search.clusters))
    if uses:
        raise guards.refuse(stack, uses)
    rows = checkpoint.own(document)
    if how.dry_run:
        names = tuple(("delete", checkpoint.name_of(r["urn"])) for r in reversed(rows))
        return Brought(stack, deleted=len(rows), changed=names, planned=True)
    if recover(pulumi, stack, document, search, say):
        document = pulumi.export(stack)
    journal.keep_state(stack, document)
    document = _fresh_logins(pulumi, stack, document, say)
    pulumi.put(stack, checkpoint.unprotected(document))
    outcome = pulumi.destroy(stack, say, expected=len(rows))
    if not outcome.ok:
        _protect_again(pulumi, stack, document)
        raise faults.explain(stack, outcome)
    _ask(search, lambda: _sweep_default_groups(document, search))
    say("asking the clouds whether anything is left")
    left = _ask(search, lambda: leftovers(document, search))
    if left:
        raise Unavailable(
            f"{len(left)} things of {stack} are still there",
            why=", ".join(left[:10]),
            next_step="their deletion may still be under way: look again in a minute, then delete them by hand",
        )
    pulumi.remove(stack)
    return _result(stack, outcome, len(rows))


def _sweep_default_groups(document: Mapping[str, Any], search: Search) -> None:
    """Neutron gives every project a group named `default`, and keeps it when Keystone forgets the project."""
    projects = {str(r["id"]) for r in checkpoint.own(document) if r["type"] == PROJECT}
    if search.cloud is None or not projects:
        return
    for row in search.cloud.all("network", "/security-groups", "security_groups", {"name": "default"}):
        if row.get("project_id") in projects:
            search.cloud.delete("network", f"/security-groups/{row['id']}")


def _fresh_logins(pulumi: Pulumi, stack: str, document: dict[str, Any], say: Say) -> dict[str, Any]:
    """The state with today's logins: deletion runs no program, so it would use those of back then."""
    urns = [r["urn"] for r in checkpoint.resources(document) if r["type"].startswith(checkpoint.PROVIDERS)]
    if not urns or not checkpoint.own(document):
        return document
    outcome = pulumi.up(stack, say, targets=urns)
    if not outcome.ok:
        raise faults.explain(stack, outcome)
    return pulumi.export(stack)


def _result(stack: str, outcome: Outcome, things: int) -> Brought:
    names = tuple((op, checkpoint.name_of(urn)) for op, urn in outcome.changed)
    note = f"the listings show none of its {things} things any more"
    return Brought(stack, deleted=things, seconds=outcome.seconds, changed=names, notes=(note,))


def leftovers(document: Mapping[str, Any], search: Search) -> list[str]:
    """Names of the document's resources that the APIs still list under the same id."""
    owners = checkpoint.providers(document)
    rows = [
        r
        for r in checkpoint.own(document)
        if search.serves(r["type"]) and not any(word in r["type"] for word in QUOTAS)
    ]

    def left(row: Mapping[str, Any]) -> str:
        wanted = Wanted(str(row["type"]), row.get("inputs") or {}, owners.get(str(row.get("provider")), {}))
        found = search.every(wanted)
        return checkpoint.name_of(row["urn"]) if any(f.id == str(row.get("id")) for f in found) else ""

    with ThreadPoolExecutor(max_workers=8) as pool:
        return [name for name in pool.map(left, rows) if name]


def _ask(search: Search, question: Callable[[], Any]) -> Any:
    """The answer of the APIs; their refusals in our words."""
    try:
        return question()
    except IsthmusError:
        raise
    except Exception as problem:
        raise faults.lookup_failed(search.cloud, problem) from None


def _strangers(world: World, standing: Iterable[str]) -> list[str]:
    """Standing stacks of sites that the model no longer knows, with things in an OpenStack."""
    known = set(stacks_for(world.resolved, ()))
    unknown = sorted(s for s in standing if s not in known and not s.startswith(STACK_PREFIX))
    documents = {s: world.pulumi.export(s) for s in unknown}
    return [s for s in unknown if any(r["type"].startswith("openstack:") for r in checkpoint.own(documents[s]))]


def _holds(world: World, stack: str) -> bool:
    return isinstance(world.desired(stack), SiteStack) and bool(checkpoint.own(world.pulumi.export(stack)))


def _protect_again(pulumi: Pulumi, stack: str, before: Mapping[str, Any]) -> None:
    """What is left after a destroy that stopped half-way is protected as before."""
    protected = {r["urn"] for r in checkpoint.resources(before) if r.get("protect")}
    document = pulumi.export(stack)
    for row in checkpoint.resources(document):
        if row["urn"] in protected:
            row["protect"] = True
    pulumi.put(stack, document)
