"""What people decide about numbers: approve, resolve, retire, release. Pure: a ledger in, the next one out."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches
from typing import TypeVar

from isthmus.allocate import allocate_anew
from isthmus.errors import BadInput, Finding
from isthmus.ledger.check import collisions, moved_paths, stranger_paths
from isthmus.ledger.claims import Claim, claims_of, meetings
from isthmus.ledger.entries import SHARED, Ledger, Retired
from isthmus.ledger.scan import Scan
from isthmus.model.federation import Federation

T = TypeVar("T")


def approve(scan: Scan, owners: Iterable[str]) -> Ledger:
    """Every number of `owners` (sites, or 'federation') approved as it is now.

    Raises BadInput where one of these numbers was given twice.
    """
    ledger = scan.ledger
    sites = dict(ledger.sites)
    approved = ledger.approved
    chosen = set(owners)
    for owner in chosen:
        known_owner(ledger, owner)
    disputed = {c.owner for pair in meetings(claims_of(ledger)) for c in pair} & chosen
    if disputed:
        raise BadInput(
            f"numbers of {', '.join(sorted(disputed))} are disputed; nothing was approved",
            findings=tuple(collisions(scan)),
            next_step="isthmus ledger resolve, then approve again",
        )
    for owner in chosen:
        if owner == SHARED:
            approved = {f"vnis/{name}": str(vni) for name, vni in sorted(ledger.vnis.items())}
        elif owner in sites:
            entry = sites[owner]
            sites[owner] = replace(entry, approved={path: str(value) for path, value in sorted(entry.values())})
    return replace(ledger, sites=sites, approved=approved)


def resolve(federation: Federation, scan: Scan) -> Ledger:
    """Every number once: of two entries that hold one number, the one that nobody approved gets another.

    Where nobody approved either, the lexically later one moves. What the
    model fixes to another value moves there, unless the old one was approved.
    What is missing is given as well. Raises BadInput where both were approved:
    it names both places and who must decide.
    """
    ledger = scan.ledger
    approved = _approved(ledger)
    fixed = set(_fixed(federation))
    dropped: dict[str, set[str]] = {}

    def movable(claim: Claim) -> bool:
        lives = claim.owner == SHARED or claim.owner in federation.sites
        return lives and not claim.retired and claim.key not in approved and claim.key not in fixed

    for owner, path, _, _ in moved_paths(federation, ledger):
        if (owner, path) not in approved:
            dropped.setdefault(owner, set()).add(path)
    stuck: list[tuple[Claim, Claim]] = []
    free: list[tuple[Claim, Claim]] = []
    for first, second in meetings(claims_of(ledger)):
        if movable(first) and movable(second):
            free.append((first, second))
        elif movable(first) or movable(second):
            _drop(dropped, second if movable(second) else first)
        elif not (_is_dropped(dropped, first) or _is_dropped(dropped, second)):
            stuck.append((first, second))
    for first, second in free:
        if not (_is_dropped(dropped, first) or _is_dropped(dropped, second)):
            _drop(dropped, second)
    if stuck:
        raise BadInput(
            "numbers are held twice and none of the entries may move by itself; nothing was changed",
            findings=tuple(_undecided(federation, scan, *pair) for pair in stuck),
            next_step="agree who moves, then isthmus ledger release SITE --entry PATH for that one",
        )
    return allocate_anew(federation, ledger, dropped) if dropped else ledger


def retire(federation: Federation, ledger: Ledger, owners: Iterable[str] = ()) -> Ledger:
    """What the model no longer has goes out of use and is kept; of `owners` only, where any are named.

    A site that has left takes the tunnels that others keep for it along.
    Raises BadInput for a name whose numbers are all in use by the model.
    """
    chosen = set(owners)
    gone = stranger_paths(federation, ledger)
    for owner in chosen:
        known_owner(ledger, owner)
        if owner not in gone:
            raise BadInput(
                f"every number of '{owner}' is in use",
                why="the model still has all it stands for",
                next_step="take it out of the model first; isthmus check then names what is left over",
            )
    if chosen:
        left = {f"pairs/{owner}" for owner in chosen if owner not in federation.sites}
        gone = {o: [p for p in paths if o in chosen or p in left] for o, paths in gone.items()}
    sites = dict(ledger.sites)
    departed = dict(ledger.departed)
    for owner, paths in gone.items():
        if owner == SHARED or not paths:
            continue
        entry = sites[owner]
        values = dict(entry.values())
        retired = (*entry.retired, *(Retired(path, values[path]) for path in paths))
        if owner not in federation.sites:
            departed[owner] = _ordered(retired)
            del sites[owner]
            continue
        sites[owner] = replace(
            entry,
            loopbacks=_without(entry.loopbacks, "loopbacks", paths),
            subnets=_without(entry.subnets, "subnets", paths),
            clusters=_without(entry.clusters, "clusters", paths),
            pairs=_without(entry.pairs, "pairs", paths),
            approved={path: text for path, text in entry.approved.items() if path not in paths},
            retired=_ordered(retired),
        )
    lost = [path.removeprefix("vnis/") for path in gone.get(SHARED, ())]
    return replace(
        ledger,
        sites=sites,
        departed=departed,
        vnis={name: vni for name, vni in ledger.vnis.items() if name not in lost},
        approved={path: text for path, text in ledger.approved.items() if path.removeprefix("vnis/") not in lost},
        retired=_ordered((*ledger.retired, *(Retired(f"vnis/{name}", ledger.vnis[name]) for name in lost))),
    )


def release(federation: Federation, ledger: Ledger, owner: str, path: str = "") -> Ledger:
    """Retired numbers of `owner` become free; with `path` only that one.

    A number in use is released, and given anew, only where it is disputed or
    the model fixes another value. Raises BadInput otherwise.
    """
    known_owner(ledger, owner)
    retired = _retired(ledger, owner)
    kept = tuple(item for item in retired if path and item.path != path)
    if len(kept) < len(retired):
        return _with_retired(ledger, owner, kept)
    if not path:
        raise BadInput(f"'{owner}' has no retired numbers", next_step=f"isthmus ledger show {owner}")
    in_use = [p for o, p, _ in ledger.values() if o == owner]
    if path not in in_use:
        near = get_close_matches(path, [*in_use, *(item.path for item in retired)], 1)
        raise BadInput(
            f"'{owner}' has no number '{path}'",
            next_step=f"did you mean '{near[0]}'?" if near else f"isthmus ledger show {owner}",
        )
    contested = {claim.key for pair in meetings(claims_of(ledger)) for claim in pair}
    contested |= {(o, p) for o, p, _, _ in moved_paths(federation, ledger)}
    if (owner, path) not in contested:
        raise BadInput(
            f"'{path}' of {owner} is in use and nobody disputes it",
            why="a number that moves takes down what uses it",
            next_step="take it out of the model and retire it first",
        )
    return allocate_anew(federation, ledger, {owner: {path}})


def _approved(ledger: Ledger) -> set[tuple[str, str]]:
    """What somebody approved, with whatever value; a block with anything that was cut from it."""
    found = {(SHARED, path) for path in ledger.approved}
    for name, entry in ledger.sites.items():
        found |= {(name, path) for path in entry.approved}
        if any(path == "management" or path.startswith("subnets/") for path in entry.approved):
            found.add((name, "block"))
    return found


def _fixed(federation: Federation) -> Iterator[tuple[str, str]]:
    for segment in federation.shared.overlay.segments:
        if segment.vni is not None:
            yield SHARED, f"vnis/{segment.name}"
    for name, site in federation.sites.items():
        if site.networks.projects is not None:
            yield name, "block"
        if site.networks.management is not None:
            yield name, "management"


def _drop(dropped: dict[str, set[str]], claim: Claim) -> None:
    dropped.setdefault(claim.owner, set()).add(claim.path)


def _is_dropped(dropped: dict[str, set[str]], claim: Claim) -> bool:
    return claim.path in dropped.get(claim.owner, ())


def _undecided(federation: Federation, scan: Scan, first: Claim, second: Claim) -> Finding:
    def place(claim: Claim) -> str:
        where = scan.where_retired(*claim.key) if claim.retired else scan.where(*claim.key)
        return f"'{claim.path}' of {claim.owner} ({where})"

    def decides(claim: Claim) -> str:
        site = federation.sites.get(claim.owner)
        return site.owners.operations if site else federation.shared.owner

    mailboxes = " and ".join(dict.fromkeys((decides(first), decides(second))))
    where = scan.where_retired(*second.key) if second.retired else scan.where(*second.key)
    return Finding(
        where,
        "E310" if second.retired else "E301",
        f"{second.shown} is held by {place(first)} and by {place(second)}, and neither may move by itself",
        f"{mailboxes} must decide which one moves",
    )


def known_owner(ledger: Ledger, owner: str) -> None:
    """Raises BadInput, with the nearest name, where the ledger has nothing of `owner`."""
    names = [SHARED, *ledger.sites, *ledger.departed]
    if owner not in names:
        near = get_close_matches(owner, names, 1)
        raise BadInput(
            f"the ledger has nothing of '{owner}'",
            next_step=f"did you mean '{near[0]}'?" if near else "isthmus ledger show lists what it has",
        )


def _retired(ledger: Ledger, owner: str) -> tuple[Retired, ...]:
    if owner == SHARED:
        return ledger.retired
    return ledger.sites[owner].retired if owner in ledger.sites else ledger.departed[owner]


def _with_retired(ledger: Ledger, owner: str, retired: tuple[Retired, ...]) -> Ledger:
    if owner == SHARED:
        return replace(ledger, retired=retired)
    if owner in ledger.sites:
        return replace(ledger, sites=ledger.sites | {owner: replace(ledger.sites[owner], retired=retired)})
    departed = {name: items for name, items in ledger.departed.items() if name != owner}
    return replace(ledger, departed=departed | ({owner: retired} if retired else {}))


def _ordered(retired: Iterable[Retired]) -> tuple[Retired, ...]:
    return tuple(sorted(set(retired), key=lambda item: (item.path, str(item.value))))


def _without(named: dict[str, T], kind: str, paths: list[str]) -> dict[str, T]:
    return {name: value for name, value in named.items() if f"{kind}/{name}" not in paths}
