"""What can be wrong with a ledger: E301 to E314, each with the place and the next step.

| code | meaning |
|---|---|
| E301 | a number was given twice |
| E302 | two networks overlap |
| E303 | a number lies outside its pool or its site's block |
| E304 | an entry is missing |
| E305 | an entry is for something the model does not have |
| E306 | a git merge conflict is left open |
| E307 | a file or value cannot be read |
| E308 | an approved number was edited afterwards |
| E309 | the model fixes another value than the one recorded, or one already taken |
| E310 | a retired number is in use again |
| E312 | a site's name belongs to the ledger itself |
| E314 | a pool is used up |
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from isthmus.errors import Finding, Location
from isthmus.ledger.claims import Claim, claims_of, meetings
from isthmus.ledger.entries import SHARED, Ledger, SiteEntry, Value
from isthmus.ledger.numbers import inside
from isthmus.ledger.scan import FOLDER, Scan, scan_ledger
from isthmus.ledger.wanted import own_peers, wanted_paths
from isthmus.model.base import IPNetwork
from isthmus.model.federation import Federation

_RESOLVE = "run isthmus ledger resolve: it moves only what nobody has approved"


def check_ledger(federation: Federation, folder: Path) -> Iterable[Finding]:
    """Everything that is wrong with the ledger of the federation in `folder`, sorted by place.

    Entries of a file that cannot be read are not also named as missing.
    """
    scan = scan_ledger(folder)
    found = [*scan.findings, *collisions(scan), *reserved(federation)]
    found += _missing(federation, scan)
    found += _strangers(federation, scan, folder)
    found += _edited(scan)
    found += _moved(federation, scan)
    found += _outside(federation, scan)
    return sorted(found)


def reserved(federation: Federation) -> Iterator[Finding]:
    """Sites whose names the ledger needs itself."""
    for name in (SHARED, FOLDER):
        if name in federation.sites:
            yield Finding(
                Location(f"{name}/site.yaml"), "E312", f"a site cannot be called '{name}'", "choose another name"
            )


def collisions(scan: Scan) -> Iterator[Finding]:
    """Numbers that two entries hold, with both places."""
    for first, second in meetings(claims_of(scan.ledger)):
        here, there = _place(scan, second), _place(scan, first)
        if second.retired:
            message = f"{_named(first)} is retired as {_named(second, number=False)} ({here})"
            hint = f"isthmus ledger release {second.owner} gives it free, if that was meant"
            yield Finding(there, "E310", message, hint)
        elif (first.low, first.high) == (second.low, second.high):
            message = f"{_named(second)} was given before, to {_named(first, number=False)} ({there})"
            yield Finding(here, "E301", message, _RESOLVE)
        else:
            yield Finding(here, "E302", f"{_named(second)} overlaps {_named(first)} ({there})", _RESOLVE)


def _place(scan: Scan, claim: Claim) -> Location:
    return scan.where_retired(*claim.key) if claim.retired else scan.where(*claim.key)


def _named(claim: Claim, *, number: bool = True) -> str:
    space = "" if claim.space.startswith("IPv") else f"{claim.space.split()[0]} "
    name = f"'{claim.path}' of {claim.owner}"
    return f"{space}{claim.shown} ({name})" if number else name


def _missing(federation: Federation, scan: Scan) -> Iterator[Finding]:
    from isthmus.allocate import missing_finding, missing_numbers

    unread = {Path(finding.where.file).stem for finding in scan.findings}
    if any(finding.where.file == scan.folder for finding in scan.findings):
        return
    for owner, paths in missing_numbers(federation, scan.ledger).items():
        if owner not in unread:
            for path in paths:
                yield missing_finding(owner, path, scan.where(owner))


def stranger_paths(federation: Federation, ledger: Ledger) -> dict[str, list[str]]:
    """Paths of numbers the model has no use for, by owner; a site that has left has all of its paths."""
    known = {segment.name for segment in federation.shared.overlay.segments}
    found = {SHARED: [f"vnis/{name}" for name in ledger.vnis if name not in known]}
    own = own_peers(federation)
    for name, entry in ledger.sites.items():
        wanted = set(wanted_paths(federation, name, own[name])) if name in federation.sites else set()
        found[name] = [path for path in (p for p, _ in entry.values()) if path not in wanted]
    return {name: paths for name, paths in found.items() if paths}


_THINGS = {
    "vnis": "segment",
    "loopbacks": "gateway",
    "subnets": "segment",
    "clusters": "cluster",
    "pairs": "tunnel to",
}


def _strangers(federation: Federation, scan: Scan, folder: Path) -> Iterator[Finding]:
    # A site whose own file has errors is missing in `federation`, and has not left.
    kept = {f.stem for f in folder.glob(f"{FOLDER}/*.yaml")} - {SHARED, *federation.sites}
    unusable = {name for name in kept if (folder / name / "site.yaml").exists()}
    for owner, paths in stranger_paths(federation, scan.ledger).items():
        paths = [path for path in paths if path.removeprefix("pairs/") not in unusable]
        if owner in unusable:
            continue
        hint = f"if it has left: isthmus ledger retire {owner}"
        if owner != SHARED and owner not in federation.sites:
            yield Finding(scan.where(owner), "E305", f"the federation has no site '{owner}'", hint)
            continue
        for path in paths:
            kind, _, name = path.partition("/")
            subject = "the federation" if owner == SHARED else f"site '{owner}'"
            what = _THINGS[kind]
            yield Finding(scan.where(owner, path), "E305", f"{subject} has no {what} '{name}' in the model", hint)


def _edited(scan: Scan) -> Iterator[Finding]:
    """Numbers that are not what was approved."""
    approvals = {SHARED: scan.ledger.approved, **{name: entry.approved for name, entry in scan.ledger.sites.items()}}
    for owner, path, value in scan.ledger.values():
        approved = approvals[owner].get(path)
        if approved is not None and approved != str(value):
            yield Finding(
                scan.where(owner, path),
                "E308",
                f"'{path}' of {owner} is {value}, and {approved} was approved",
                f"write {approved} back, or approve the new value: isthmus ledger approve {owner}",
            )


def moved_paths(federation: Federation, ledger: Ledger) -> Iterator[tuple[str, str, Value, Value]]:
    """What the model fixes to another value than the ledger holds: (owner, path, recorded, fixed)."""
    for segment in federation.shared.overlay.segments:
        recorded = ledger.vnis.get(segment.name)
        if segment.vni is not None and recorded is not None and recorded != segment.vni:
            yield SHARED, f"vnis/{segment.name}", recorded, segment.vni
    for name, entry in ledger.sites.items():
        if name not in federation.sites:
            continue
        networks = federation.sites[name].networks
        if networks.projects is not None and networks.projects != entry.block:
            yield name, "block", entry.block, networks.projects
        if networks.management is not None and networks.management != entry.management:
            yield name, "management", entry.management, networks.management


def _moved(federation: Federation, scan: Scan) -> Iterator[Finding]:
    for owner, path, recorded, fixed in moved_paths(federation, scan.ledger):
        yield Finding(
            scan.where(owner, path),
            "E309",
            f"'{path}' of {owner} is {recorded} in the ledger, and the model fixes {fixed}",
            f"fix {recorded} in the model, or move it on purpose: isthmus ledger release {owner} --entry {path}",
        )


def _outside(federation: Federation, scan: Scan) -> Iterator[Finding]:
    for name, entry in scan.ledger.sites.items():
        if name in federation.sites:
            for path, pool, shown in _strays(federation, entry):
                yield Finding(scan.where(name, path), "E303", f"{shown} ('{path}') lies outside {pool}", _grow(pool))
    low, high = federation.shared.pools.vni
    fixed = {segment.name for segment in federation.shared.overlay.segments if segment.vni is not None}
    for segment, vni in scan.ledger.vnis.items():
        if segment not in fixed and not low <= vni <= high:
            pool = f"pools.vni ({low}-{high})"
            yield Finding(
                scan.where(SHARED, f"vnis/{segment}"),
                "E303",
                f"VNI {vni} ('{segment}') lies outside {pool}",
                _grow(pool),
            )


def _grow(pool: str) -> str:
    if pool.startswith("pools."):
        return f"pools may grow, never shrink: widen {pool.split()[0]} in federation.yaml again"
    return "subnets are cut from the site's block: undo the edit with git checkout"


def _strays(federation: Federation, entry: SiteEntry) -> Iterator[tuple[str, str, str]]:
    """(path, pool, number) of what no longer lies where it was taken from."""
    pools = federation.shared.pools
    networks = federation.sites[entry.site].networks
    ranges: list[tuple[str, str, IPNetwork, IPNetwork]] = []
    if networks.projects is None:
        ranges.append(("block", "sites", entry.block, pools.sites))
    if networks.management is None:
        ranges.append(("management", "sites", entry.management, pools.sites))
    for cluster, given in entry.clusters.items():
        ranges.append((f"clusters/{cluster}", "pods", given.pods, pools.pods))
        ranges.append((f"clusters/{cluster}", "services", given.services, pools.services))
    for peer, pair in entry.pairs.items():
        ranges.append((f"pairs/{peer}", "links", pair.link, pools.links))
    for path, name, network, pool in ranges:
        if not inside(network, pool):
            yield path, f"pools.{name} ({pool})", str(network)
    for gateway, address in entry.loopbacks.items():
        if not inside(address, pools.loopbacks):
            yield f"loopbacks/{gateway}", f"pools.loopbacks ({pools.loopbacks})", str(address)
    for segment, subnet in entry.subnets.items():
        if not inside(subnet, entry.block):
            yield f"subnets/{segment}", f"the site's block ({entry.block})", str(subnet)
    yield from _stray_numbers(federation, entry)


def _stray_numbers(federation: Federation, entry: SiteEntry) -> Iterator[tuple[str, str, str]]:
    low, high = federation.shared.pools.asn
    if not low <= entry.asn <= high:
        yield "asn", f"pools.asn ({low}-{high})", f"ASN {entry.asn}"
    low, high = federation.shared.pools.ports
    for peer, pair in entry.pairs.items():
        if not low <= pair.port <= high:
            yield f"pairs/{peer}", f"pools.ports ({low}-{high})", f"port {pair.port}"
