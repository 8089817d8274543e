"""What every check looks at: the federation, where its values stand, and what is declared where."""

from collections.abc import Iterable, Iterator
from functools import cached_property

from isthmus.derive.hardware import Pool, node_classes
from isthmus.derive.hardware import pools as pools_of
from isthmus.errors import Finding, Location
from isthmus.load import Loaded
from isthmus.load.words import listed, nearest
from isthmus.load.yaml12 import Path_
from isthmus.model.cloud import Cloud
from isthmus.model.federation import Federation
from isthmus.model.hardware import NodeClass


class View:
    """A loaded federation as checks see it. Positions are looked up only when a finding needs one."""

    def __init__(self, loaded: Loaded, federation: Federation) -> None:
        self.loaded = loaded
        self.federation = federation
        self.shared = federation.shared
        self.sites = federation.sites
        self._pools: dict[str, tuple[Pool, ...]] = {}

    def where(self, site: str | None, *path: str | int, key: bool = False) -> Location:
        """Where a value stands; `site` None means federation.yaml."""
        return self.loaded.where(site, *path, key=key)

    @cached_property
    def site_names(self) -> frozenset[str]:
        """Every site somebody named: a folder, usable or not, or an entry of a cloud."""
        return self.loaded.folders | {name for cloud in self.shared.clouds for name in cloud.sites}

    @cached_property
    def _clouds(self) -> dict[str, Cloud | None]:
        found: dict[str, Cloud | None] = {}
        for cloud in self.shared.clouds:
            for site in cloud.sites:
                found[site] = None if site in found else cloud
        return found

    def cloud_of(self, site: str) -> Cloud | None:
        """The site's cloud; None where it is in none, or in two (which is told elsewhere)."""
        return self._clouds.get(site)

    @cached_property
    def classes(self) -> dict[str, NodeClass]:
        return node_classes(self.federation)

    @cached_property
    def circular(self) -> frozenset[str]:
        """Classes that cannot be composed: they extend themselves, or one that does or is not declared."""
        broken: set[str] = set()
        sound: set[str] = set()

        def visit(name: str, trail: tuple[str, ...]) -> bool:
            if name in sound:
                return True
            if name in trail or name in broken or name not in self.classes:
                return False
            if all(visit(parent, (*trail, name)) for parent in self.classes[name].extends):
                sound.add(name)
                return True
            broken.add(name)
            return False

        for name in self.classes:
            visit(name, ())
        return frozenset(broken)

    def pools(self, site: str) -> tuple[Pool, ...]:
        """The site's pools, composed; those of unknown or circular classes are left out."""
        if site not in self._pools:
            described = self.sites[site]
            usable = tuple(p for p in described.nodes if p.node_class in self.classes.keys() - self.circular)
            if len(usable) != len(described.nodes):
                described = described.model_copy(update={"nodes": usable})
            self._pools[site] = pools_of(self.federation, described)
        return self._pools[site]


def declared_twice(
    view: View, site: str | None, what: str, names: Iterable[tuple[str, Path_]], code: str = "E201"
) -> Iterator[Finding]:
    """A finding for each name that is given again in one list."""
    first: dict[str, Path_] = {}
    for name, path in names:
        if name in first:
            earlier = view.where(site, *first[name])
            yield Finding(
                view.where(site, *path),
                code,
                f"{what} '{name}' is given twice",
                f"the first is in line {earlier.line}; rename or remove one",
            )
        else:
            first[name] = path


def not_declared(what: str, name: str, declared: dict[str, Location] | Iterable[str]) -> tuple[str, str]:
    """Message and hint for a name nobody declares: the nearest right one, and where it is declared."""
    right = nearest(name, declared)
    if right and isinstance(declared, dict):
        hint = f"did you mean '{right}' ({declared[right].file}:{declared[right].line})?"
    elif right:
        hint = f"did you mean '{right}'?"
    else:
        known = sorted(declared)
        hint = f"declared: {listed(known)}" if known else f"no {what} is declared"
    return f"{what} '{name}' is not declared", hint
