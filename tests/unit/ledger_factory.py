"""Small federations for the ledger's tests."""

from typing import Any

from isthmus.model.federation import Federation, FederationFile
from isthmus.model.site import Site

POOLS = {
    "sites": "10.0.0.0/8",
    "site_prefix": 20,
    "loopbacks": "100.64.0.0/16",
    "links": "100.80.0.0/12",
    "pods": "172.16.0.0/12",
    "pod_prefix": 22,
    "services": "192.168.0.0/16",
    "service_prefix": 27,
}


def make_site(name: str, **changes: Any) -> Site:
    gateway = {
        "name": "gw1",
        "uplink": "10Gb",
        "nics": {"management": "eno1", "projects": "eno2", "public": "eno3"},
    }
    storage = ({"name": "fast", "provisioner": "cinder-csi", "default": True},)
    given: dict[str, Any] = {
        "site": name,
        "institution": "Example Institute",
        "country": "IT",
        "owners": {"operations": f"operations@{name}.example.org"},
        "gateways": (gateway,),
        "kubernetes": ({"name": f"k8s-{name}", "storage": storage},),
    }
    return Site.model_validate(given | changes)


def make_federation(
    *names: str,
    tunnels: Any = "mesh",
    root: str | None = None,
    segments: tuple[Any, ...] = ("blue", "green"),
    sites: dict[str, dict[str, Any]] | None = None,
    pools: dict[str, Any] | None = None,
) -> Federation:
    """A federation of `names`; `segments` are names or mappings, `sites` holds what differs by site."""
    told = tuple({"name": s, "vlan": 100 + i} if isinstance(s, str) else s for i, s in enumerate(segments))
    shared = FederationFile.model_validate(
        {
            "federation": "example",
            "requires": "isthmus >= 0.1",
            "domain": "example.org",
            "owner": "federation@example.org",
            "clouds": ({"name": "one", "sites": names or ("none",)},),
            "overlay": {"tunnels": tunnels, "root": root, "segments": told},
            "pools": POOLS | (pools or {}),
        }
    )
    return Federation(shared=shared, sites={n: make_site(n, **(sites or {}).get(n, {})) for n in names})
