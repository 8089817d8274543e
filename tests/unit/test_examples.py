"""The example federations load, pass every check, and still say what their sources say."""

import hashlib
import ipaddress
import re
from datetime import date
from itertools import combinations
from pathlib import Path

import pytest

from isthmus.check import check_federation
from isthmus.load.federation import load_federation
from isthmus.model.federation import Federation

SITES = Path(__file__).parents[2] / "sites"
EXAMPLES = {
    "itineris": {"bari", "lecce", "infn-3", "regional-1", "regional-2"},
    "perugia": {"physics", "chemistry", "chieti", "rome"},
    "cloudskin": {"murcia", "queretaro", "castelloli"},
}
DOCUMENTATION = [
    ipaddress.ip_network(n) for n in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
]


def written(name: str) -> list[Path]:
    """The files people wrote: the ledger's are made."""
    return sorted([SITES / name / "federation.yaml", *(SITES / name).glob("*/site.yaml")])


@pytest.fixture(params=sorted(EXAMPLES))
def example(request: pytest.FixtureRequest) -> Federation:
    return load_federation(SITES / request.param)


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_example_passes_every_check(name: str) -> None:
    assert check_federation(SITES / name, today=date(2026, 1, 1)).findings == ()


def test_it_has_the_sites_of_its_report(example: Federation) -> None:
    assert set(example.sites) == EXAMPLES[example.name]
    assert set(example.cloud_by_site) == set(example.sites)


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_each_file_names_its_schema_first(name: str) -> None:
    for path in written(name):
        first = path.read_text().splitlines()[0]
        match = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
        assert match, path
        kind = "federation" if path.name == "federation.yaml" else "site"
        expected = SITES.parent / "docs/reference/schema" / f"{kind}.schema.json"
        assert (path.parent / match[1]).resolve() == expected.resolve(), path


def test_public_addresses_are_for_documentation(example: Federation) -> None:
    for site in example.sites.values():
        public = [g.public_ip for g in site.gateways if g.public_ip]
        if site.networks.public:
            public.append(site.networks.public.network_address)
        for address in public:
            assert any(address in network for network in DOCUMENTATION), (site.site, address)


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_every_host_and_mailbox_is_below_example_org(name: str) -> None:
    for path in written(name):
        text = path.read_text()
        found = re.findall(r"[\w.-]+@([\w.-]+\w)", text) + re.findall(r"https?://([^/:\s\"]+)", text)
        assert all(host == "example.org" or host.endswith(".example.org") for host in found), (path, found)


def test_pools_and_public_ranges_are_disjoint(example: Federation) -> None:
    pools = example.shared.pools
    ranges = [pools.sites, pools.loopbacks, pools.links, pools.pods, pools.services]
    ranges += [s.networks.public for s in example.sites.values() if s.networks.public]
    assert not [(a, b) for a, b in combinations(ranges, 2) if a.version == b.version and a.overlaps(b)]


def test_images_are_the_files_their_digests_name(example: Federation) -> None:
    for image in (i for cloud in example.shared.clouds for i in cloud.images):
        content = (SITES / example.name / image.source).read_bytes()
        assert image.digest == "sha256:" + hashlib.sha256(content).hexdigest()


def test_itineris_shows_every_way_to_a_gpu() -> None:
    federation = load_federation(SITES / "itineris")
    ways = {
        pool.gpu_access
        for site in federation.sites.values()
        for pool in site.nodes
        if pool.node_class == "gpu" and pool.serves == "openstack"
    }
    assert ways == {"passthrough", "resource-class", "vgpu"}


def test_perugia_keeps_the_papers_network() -> None:
    federation = load_federation(SITES / "perugia")
    overlay = federation.shared.overlay
    assert [s.vlan for s in overlay.segments] == [402, 1016, 1065]
    assert (overlay.tunnels, overlay.loops) == ("mesh", "rstp")
    assert len(federation.shared.clouds) == 1
    assert {n: s.gateways[0].uplink for n, s in federation.sites.items() if n in ("chieti", "rome")} == {
        "chieti": 100_000_000,
        "rome": 1_000_000_000,
    }


def test_cloudskin_drives_no_cloud_and_has_one_plus_three() -> None:
    federation = load_federation(SITES / "cloudskin")
    assert {c.platform for c in federation.shared.clouds} == {"vcloud-director", "none"}
    (cluster,) = federation.sites["murcia"].kubernetes
    assert cluster.workers is not None
    assert (cluster.control_planes, cluster.workers.count) == (1, 3)
