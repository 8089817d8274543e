"""Giving numbers: a pure function from a federation and its ledger to the next ledger.

What is recorded never moves. What is missing is searched from a start that a
hash of its name decides, on to the next free number, in the order of names: so
one batch gives the same numbers whatever order it is written in, and two
branches that add different sites rarely give one number twice. Numbers that
people fixed in the model are recorded as they are.
"""

from dataclasses import replace

from isthmus.errors import BadInput, Finding, Location
from isthmus.ledger.entries import SHARED, Ledger, Resolved, SiteEntry, Value, site_entry
from isthmus.ledger.giver import Giver
from isthmus.ledger.numbers import span
from isthmus.ledger.used import used_numbers
from isthmus.ledger.wanted import own_peers, wanted_paths
from isthmus.model.federation import Federation

NEXT_STEP = "isthmus ledger allocate"


def allocate(federation: Federation, ledger: Ledger) -> Ledger:
    """The ledger with a number for everything `federation` needs; equal to `ledger` where nothing is missing.

    Raises BadInput, with all findings, where a pool is used up or a number
    that people fixed is already taken.
    """
    return allocate_anew(federation, ledger, {})


def allocate_anew(federation: Federation, ledger: Ledger, dropped: dict[str, set[str]]) -> Ledger:
    """Like `allocate`, after the numbers at `dropped` (paths by site or 'federation') are given back.

    Only decisions of people (`isthmus.ledger.settle`) drop numbers.
    """
    sites = {name: _kept(federation, entry, dropped.get(name, set())) for name, entry in ledger.sites.items()}
    vnis = {name: vni for name, vni in ledger.vnis.items() if f"vnis/{name}" not in dropped.get(SHARED, set())}
    own = own_peers(federation)
    missing = {name: _missing(federation, name, sites.get(name, {}), own[name]) for name in sorted(federation.sites)}
    segments = [s for s in federation.shared.overlay.segments if s.name not in vnis]
    if not segments and not any(missing.values()) and not dropped:
        return ledger
    used = used_numbers(ledger, sites, vnis)
    giver = Giver(federation, used)
    giver.fixed_first(missing, {s.name for s in segments})
    for segment in sorted(segments, key=lambda s: s.name):
        giver.give_vni(segment.name, vnis)
    result = dict(ledger.sites)
    for name, paths in missing.items():
        values = sites.get(name, {})
        for path in paths:
            giver.give(name, path, values)
        if (paths or name in dropped) and not giver.findings:
            result[name] = _entry(name, values, ledger)
    if giver.findings:
        raise BadInput(
            "the ledger cannot give every number; nothing was changed",
            findings=tuple(giver.findings),
            next_step="make room as each finding says, then isthmus ledger allocate",
        )
    approved = {path: text for path, text in ledger.approved.items() if path not in dropped.get(SHARED, set())}
    departed = {name: items for name, items in ledger.departed.items() if name not in result}
    return replace(
        ledger,
        sites=dict(sorted(result.items())),
        vnis=dict(sorted(vnis.items())),
        approved=approved,
        departed=departed,
    )


def missing_numbers(federation: Federation, ledger: Ledger) -> dict[str, list[str]]:
    """Paths the ledger lacks, by site or 'federation'; a site without any entry has the one path ''."""
    own = own_peers(federation)
    lacking = [f"vnis/{s.name}" for s in federation.shared.overlay.segments if s.name not in ledger.vnis]
    found = {SHARED: lacking} if lacking else {}
    for name in sorted(federation.sites):
        entry = ledger.sites.get(name)
        if entry is None:
            found[name] = [""]
            continue
        have = entry.paths()
        if paths := [path for path in wanted_paths(federation, name, own[name]) if path not in have]:
            found[name] = paths
    return found


def resolve_federation(federation: Federation, ledger: Ledger) -> Resolved:
    """The federation with every number known. Raises BadInput that names each missing entry: nothing is given here."""
    missing = missing_numbers(federation, ledger)
    if missing:
        findings = tuple(missing_finding(name, path) for name, paths in missing.items() for path in paths)
        raise BadInput(
            f"{len(findings)} {'entry is' if len(findings) == 1 else 'entries are'} missing in the ledger",
            findings=findings,
            why="numbers are given in one place only, so that they never move",
            next_step=NEXT_STEP,
        )
    return Resolved(federation, ledger)


def missing_finding(owner: str, path: str, where: Location | None = None) -> Finding:
    """What is said about one missing entry."""
    lacking = f"'{path}'" if path else "any number"
    subject = "the federation" if owner == SHARED else f"site '{owner}'"
    return Finding(
        where or Location(f"ledger/{owner}.yaml"), "E304", f"{subject} has no entry for {lacking}", f"run {NEXT_STEP}"
    )


def _missing(federation: Federation, site: str, have: dict[str, Value], own: list[str]) -> list[str]:
    """Missing paths in the order of giving: what others are cut from first, then by name."""
    first = {"block": 0, "asn": 1, "management": 2}
    return sorted(
        (path for path in wanted_paths(federation, site, own) if path not in have),
        key=lambda path: (first.get(path, 3), path),
    )


def _kept(federation: Federation, entry: SiteEntry, dropped: set[str]) -> dict[str, Value]:
    """The entry's numbers without the dropped ones; what was cut from a dropped block goes with it."""
    values = dict(entry.values())
    if "block" in dropped:
        low, high = span(entry.block)
        cut = [path for path in values if path == "management" or path.startswith("subnets/")]
        inside = {path for path in cut if low <= span(values[path])[0] <= high}  # type: ignore[arg-type]
        dropped = dropped | inside
    return {path: value for path, value in values.items() if path not in dropped}


def _entry(site: str, values: dict[str, Value], ledger: Ledger) -> SiteEntry:
    before = ledger.sites.get(site)
    approved = {p: text for p, text in before.approved.items() if str(values.get(p)) == text} if before else {}
    return site_entry(site, values, approved, before.retired if before else ledger.departed.get(site, ()))
